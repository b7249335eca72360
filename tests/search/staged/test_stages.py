"""A search goes its way: stages, rungs, kills, edges, finalists; it stops, goes on and refuses."""

import contextlib
import itertools
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pandas as pd
import pytest

from kit import search
from kit.errors import KitError, SettingError
from kit.search import Job, Outcome, Report, Result, records
from kit.search.executors import Crew, train
from kit.search.results import search_figures, trial_tables
from kit.search.searching import Search
from kit.search.tuner.oracle import SearchOracle

HERE = Path(__file__).parent
PLAN: dict[str, Any] = {"trials": 16, "epochs": 16, "stages": 3, "finalists": 2, "seeds": 2}
TIMES = ["seconds", "cpu_seconds"]


pytestmark = pytest.mark.usefixtures("sketched")


@pytest.fixture(scope="module", autouse=True)
def _no_figures() -> Iterator[None]:
    """Draw none, which takes longer than these searches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.search.results.result.figures", lambda findings: {})
        yield


def searched(folder: Path, run: Any = None, **more: Any) -> Result:
    given = {"chance": made_up.CHANCE, "seed": 1, "schedule": "geometric", **PLAN, **more}
    space = given.pop("space", made_up.SPACE)
    return search.run(run or made_up.landscape(), space, folder, **given)


def prepared(folder: Path, **more: Any) -> Search:
    plan = search.plan(**PLAN, schedule="geometric")
    given: dict[str, Any] = {"plan": plan, "chance": made_up.CHANCE, "seed": 1, **more}
    return search.prepare(given.pop("space", made_up.SPACE), folder, **given)


def rate(result: Result) -> float:
    assert result.best is not None
    return float(result.best.values["learning_rate"])


def trained(folder: Path) -> int:
    return len(list((folder / "trials").glob("*.json"))) if folder.exists() else 0


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.drop(columns=TIMES).equals(other.drop(columns=TIMES))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A search that ended, in its folder."""
    folder = tmp_path_factory.mktemp("usual") / "s"
    return folder, searched(folder)


@pytest.fixture
def whole(usual: tuple[Path, Result]) -> pd.DataFrame:
    return usual[1].table


@pytest.fixture
def ended(usual: tuple[Path, Result], tmp_path: Path) -> Path:
    """A copy of its folder, to be harmed."""
    return Path(shutil.copytree(usual[0], tmp_path / "s"))


def test_it_finds_the_rate_and_narrows_around_it(usual: tuple[Path, Result]) -> None:
    result = usual[1]
    stages = result.findings.stages
    widths = [math.log10(space[0].high / space[0].low) for space in stages]

    assert 3e-3 < rate(result) < 3e-2
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 2
    assert result.finished


def test_it_leaves_tables_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.search.results.result.figures", search_figures.figures)
    result = searched(tmp_path / "s", trials=4, stages=1, finalists=0)
    files = {path.name for path in (tmp_path / "s").rglob("*.[cp]*")}

    assert {"trials.csv", "curves.csv", "map.png", "settings.png", "cost.png"} <= files
    assert len(pd.read_csv(tmp_path / "s" / "trials.csv")) == len(result.table)


def test_its_epochs_are_those_of_the_plan(tmp_path: Path) -> None:
    asked: list[Job] = []
    run = made_up.landscape(best=1e-3)

    def counted(job: Job, report: Report) -> Outcome:
        asked.append(job)
        return run(job, report)

    result = searched(tmp_path / "s", counted)
    plan = search.plan(**PLAN, schedule="geometric")

    assert sum(job.last - job.first for job in asked) == result.table["epochs"].sum()
    assert not [one for one in result.findings.extensions if one.to is not None]
    assert result.table["epochs"].sum() == plan.epochs_at_most
    # no epoch twice: each trial's jobs follow on one another
    for number in {job.trial for job in asked}:
        spans = [(job.first, job.last) for job in asked if job.trial == number]
        assert spans == sorted(spans)
        assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_at_a_rung_the_worse_half_is_stopped_with_its_reason(whole: pd.DataFrame) -> None:
    last = whole[whole.stage == 3]
    stopped = last[last.status == "stopped"]

    assert len(stopped) >= len(last) / 2
    assert stopped.reason.str.contains("continue").all()
    assert (
        stopped.best_val_accuracy.max() <= last[last.status == "complete"].best_val_accuracy.max()
    )


def test_what_diverges_is_infeasible_and_never_best_and_most_of_a_range_is_said(
    tmp_path: Path, usual: tuple[Path, Result]
) -> None:
    space = search.read_space(["learning_rate=1e-6:1e9", "l2=1e-7:10"])
    result = searched(tmp_path / "s", space=space)
    bad = result.table[result.table.status == "infeasible"]

    assert len(bad) > 0
    assert (bad.learning_rate > 1).all()
    assert (bad.reason == "the loss became nan").all()
    assert 3e-3 < rate(result) < 3e-2
    assert "infeasible" in " ".join(result.sentences)
    assert "infeasible" not in " ".join(usual[1].sentences)


def test_where_all_diverge_it_says_so_and_ends(tmp_path: Path) -> None:
    space = search.read_space(["learning_rate=1e2:1e9", "l2=1e-7:10"])
    result = searched(tmp_path / "s", space=space)

    assert result.best is None
    assert len(result.table) == PLAN["trials"]
    assert "There is no feasible trial" in result.sentences[0]


@pytest.mark.parametrize("accuracy", [0.99, math.nan])
def test_a_trial_with_what_is_no_number_is_never_ranked(tmp_path: Path, accuracy: float) -> None:
    run = made_up.landscape()

    def lying(job: Job, report: Report) -> Outcome:
        if job.values["learning_rate"] < 1e-2:
            return run(job, report)
        for epoch in range(job.first + 1, job.last + 1):
            report({"epoch": epoch, "val_accuracy": accuracy, "val_data_loss": math.nan})
        return Outcome()  # it does not say that it diverged

    result = searched(tmp_path / "s", lying)

    assert rate(result) < 1e-2
    assert result.table[result.table.learning_rate >= 1e-2].status.eq("infeasible").all()


def test_an_optimum_above_the_range_is_found_by_extending_it(tmp_path: Path) -> None:
    space = search.read_space(["learning_rate=1e-6:1e-3", "l2=1e-7:10"])
    result = searched(tmp_path / "s", space=space)
    found = [(e.name, e.side, e.end, e.to) for e in result.findings.extensions]

    assert 3e-3 < rate(result) < 3e-2
    assert found[0] == ("learning_rate", "high", 1e-3, 1e-2)


def test_an_optimum_below_the_range_is_found_too(tmp_path: Path) -> None:
    space = search.read_space(["learning_rate=1e-1:1e2", "l2=1e-7:10"])

    assert 3e-3 < rate(searched(tmp_path / "s", made_up.landscape(diverges=10), space=space)) < 0.1


def test_rates_at_which_nothing_moves_are_too_low(tmp_path: Path) -> None:
    space = search.read_space(["learning_rate=1e-8:1e-5", "l2=1e-7:10"])
    result = searched(tmp_path / "s", made_up.landscape(best=1e-3), space=space)

    assert rate(result) > 1e-4


def test_one_seed_gives_the_same_values_and_another_gives_others(
    tmp_path: Path, whole: pd.DataFrame
) -> None:
    one, again = (searched(tmp_path / name, seed=0).table for name in ("a", "b"))

    assert same(one, again)
    assert not one.learning_rate[:16].isin(whole.learning_rate[:16]).any()


def test_finalists_have_fresh_seeds_and_the_winner_the_best_mean(
    usual: tuple[Path, Result],
) -> None:
    result = usual[1]
    finals = result.table[result.table.stage == 4]
    means = finals.groupby("learning_rate").best_val_accuracy.mean()

    assert sorted(finals.seed.unique()) == [2, 3]
    assert rate(result) == means.idxmax()
    assert result.best is not None
    assert np.mean(result.best.scores) == pytest.approx(means.max())


def test_a_finalist_that_diverged_with_one_start_is_behind_and_it_is_said(tmp_path: Path) -> None:
    run, first = made_up.landscape(), list[Any]()

    def shaky(job: Job, report: Report) -> Outcome:
        if job.seed == 2 and first in ([], [job.values]):
            first[:] = [job.values]
            return Outcome("the loss rose")
        return run(job, report)

    one = searched(tmp_path / "s", shaky, finalists=1)
    first.clear()
    two = searched(tmp_path / "t", shaky)

    assert "It diverged in 1 of 2 runs" in " ".join(one.sentences)
    assert two.best is not None
    assert two.best.values != first[0]
    assert "diverged" not in " ".join(two.sentences)


def test_of_finalists_that_are_not_all_trained_the_best_so_far_is_first(tmp_path: Path) -> None:
    run, finals = made_up.landscape(), list[Any]()

    def stops(job: Job, report: Report) -> Outcome:
        if job.seed != 1:
            finals.append(job.values)
        if len(finals) == 3:
            raise KeyboardInterrupt
        lower = len(finals) == 1  # the first of the stages is the worse one now
        change = {"val_accuracy": 0.3} if lower else {}
        return run(job, lambda row: report({**row, **change}))

    ready = prepared(tmp_path / "s")
    with pytest.raises(KeyboardInterrupt):
        ready.work(search.here(stops, ready.report))
    found = search.result(ready)

    assert found.best is not None
    assert found.best.values == finals[1] != finals[0]
    assert found.findings.finalists[0].mean > found.findings.finalists[1].mean


def test_a_trial_whose_objective_is_not_reported_fails(tmp_path: Path) -> None:
    run = made_up.landscape(best=1e-3, diverges=1e3)

    def silent(job: Job, report: Report) -> Outcome:
        hidden = () if job.trial % 2 else ("val_accuracy",)
        return run(job, lambda row: report({k: v for k, v in row.items() if k not in hidden}))

    table = searched(tmp_path / "s", silent, stages=1, trials=8, finalists=0).table

    assert table.status[::2].eq("failed").all()
    assert table.reason[0] == "val_accuracy was not reported in epoch 1"
    assert not table.status[1::2].eq("failed").any()


def test_the_same_is_not_trained_twice_in_a_space_of_few_choices(tmp_path: Path) -> None:
    space = search.read_space(["learning_rate=1e-3,1e-2", "l2=0,1e-4"])
    table = searched(tmp_path / "s", space=space, finalists=1, seeds=1).table

    assert not table.duplicated(["stage", "learning_rate", "l2"]).any()
    assert len(table[table.stage == 1]) == 4


def test_a_failing_trial_does_not_end_the_search(tmp_path: Path) -> None:
    run = made_up.landscape()

    def shaky(job: Job, report: Report) -> Outcome:
        if job.trial in (2, 3, 4, 5):
            raise RuntimeError("something broke")
        return run(job, report)

    table = searched(tmp_path / "s", shaky).table

    assert table.status[[2, 3, 4, 5]].eq("failed").all()
    assert table.reason[2] == "RuntimeError: something broke"
    assert len(table) > 16


def test_a_search_in_which_everything_fails_ends_with_the_reason(tmp_path: Path) -> None:
    def broken(job: Job, report: Report) -> Outcome:
        raise RuntimeError("nothing works")

    with pytest.raises(KitError, match="nothing works"):
        searched(tmp_path / "s", broken)
    assert len(records.load_all(tmp_path / "s", "val_accuracy")) == 3


def test_limits_are_kept(tmp_path: Path) -> None:
    few = searched(tmp_path / "s", max_epochs=100)
    space = search.read_space(["learning_rate=1e-6:1e-3", "l2=1e-7:10"])  # would be extended
    edge = searched(tmp_path / "t", space=space, max_trials=40)

    assert few.table["epochs"].sum() <= 100
    assert len(edge.table) <= 40


def test_the_time_limit_ends_it_with_what_there_is(tmp_path: Path) -> None:
    ready = prepared(tmp_path / "s", max_minutes=1)
    clock = iter(range(10_000))
    ready.clock = lambda: ready._started + 0.5 * next(clock)

    ready.work(search.here(made_up.landscape(), ready.report))
    result = search.conclude(ready)

    assert not result.finished
    assert result.best is not None
    assert "time limit" in " ".join(result.sentences)
    assert {"stopped"} <= set(result.table.status)


def test_keras_tuner_reads_its_project(tmp_path: Path) -> None:
    import keras_tuner

    space = search.read_space(["learning_rate=1e-6:1e2", "l2=1e-7:10", "units=[16,32],[8]"])
    run = made_up.landscape()
    result = searched(tmp_path / "s", run, space=space)
    tuner = keras_tuner.RandomSearch(
        lambda hp: None,
        objective=keras_tuner.Objective("val_accuracy", "max"),
        directory=tmp_path / "s",
        project_name="keras-tuner",
    )

    best = tuner.oracle.get_best_trials(1)[0]
    assert len(tuner.oracle.trials) == len(result.table)
    assert best.score == pytest.approx(result.table.best_val_accuracy.max(), abs=1e-6)
    assert best.hyperparameters.get("units") in ("[16, 32]", "[8]")


# Interruptions

KILLED = f"""
import sys, time
sys.path[:0] = [{str(HERE)!r}, {str(Path(made_up.__file__).parent)!r}]
from pathlib import Path
import made_up, test_stages
test_stages.searched(Path(sys.argv[1]), made_up.landscape(each=lambda *_: time.sleep(0.01)))
"""


@pytest.mark.proof
def test_killed_at_a_random_moment_and_resumed_it_gives_the_same_table(
    tmp_path: Path, whole: pd.DataFrame
) -> None:
    folder = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)])
    while not trained(folder) and process.poll() is None:  # wait until it works, then a little
        time.sleep(0.01)
    time.sleep(0.3 * np.random.default_rng(3).random())
    process.kill()

    assert process.wait() == -signal.SIGKILL
    assert same(whole, searched(folder, resume=True).table)


def test_interrupted_again_and_again_it_gives_the_same_table(
    tmp_path: Path, whole: pd.DataFrame
) -> None:
    random = np.random.default_rng(3)
    ready = prepared(tmp_path / "s")
    while True:
        left = itertools.count(int(random.integers(1, 60)), -1)

        def stops(job: Job, epoch: int, left: Any = left) -> None:
            if next(left) == 0:
                raise KeyboardInterrupt

        with contextlib.suppress(KeyboardInterrupt):
            ready.work(search.here(made_up.landscape(each=stops), ready.report))
            break
        ready = prepared(tmp_path / "s", resume=True)

    assert same(whole, search.result(ready).table)


def test_what_ended_is_not_trained_again(tmp_path: Path) -> None:
    asked: list[tuple[int, int]] = []

    def stops(job: Job, epoch: int) -> None:
        asked.append((job.trial, epoch))
        if len(asked) == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "s", made_up.landscape(each=stops))
    assert (tmp_path / "s" / "trials.csv").exists()
    searched(tmp_path / "s", made_up.landscape(each=stops), resume=True)

    again = [one for one in set(asked) if asked.count(one) > 1]
    assert len({trial for trial, _ in again}) <= 1


DAMAGE = [
    b"",
    b'{"version": 2, "tri',
    b"garbage",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"version": 99}',
]


def test_damaged_trials_are_put_aside_and_trained_again(
    ended: Path, whole: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted((ended / "trials").glob("*.json"))
    known = json.loads(paths[0].read_text())
    first = {**known["rows"][0]}
    del first["val_accuracy"]
    lies = [{"until": 1e400}, {"rows": [first]}, {"rows": [{**known["rows"][0], "loss": 10**400}]}]
    lies += [{"rows": [{**known["rows"][0], "val_accuracy": "nan"}]}, {"seed": None}]
    texts = DAMAGE + [json.dumps({**known, "trial": 7 + n, **one}).encode()
                      for n, one in enumerate(lies)]  # fmt: skip
    for path, text in zip(paths, texts, strict=False):
        path.write_bytes(text)

    again = searched(ended, resume=True).table
    said = capsys.readouterr().err

    assert same(whole, again)
    for path, text in zip(paths, texts, strict=False):
        assert f"{path.name} is damaged" in said
        assert path.with_suffix(".damaged").read_bytes() == text


def test_a_damaged_setup_is_said_in_a_line(tmp_path: Path) -> None:
    prepared(tmp_path / "s")
    for damage in DAMAGE:
        (tmp_path / "s" / records.SETUP).write_bytes(damage)

        with pytest.raises(SettingError, match=r"search\.json is damaged"):
            searched(tmp_path / "s", resume=True)


def test_a_search_of_version_0_1_is_refused_in_a_sentence(tmp_path: Path) -> None:
    prepared(tmp_path / "s")
    path = tmp_path / "s" / records.SETUP
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 1}))

    with pytest.raises(SettingError, match=r"version 0\.1, which drew other .* kit-tune --config"):
        prepared(tmp_path / "s", resume=True)


def test_damage_to_keras_tuners_project_is_no_loss(ended: Path, whole: pd.DataFrame) -> None:
    for path in (ended / "keras-tuner").rglob("*.json"):
        path.write_text("")

    assert same(whole, searched(ended, resume=True).table)
    assert json.loads((ended / "keras-tuner" / "oracle.json").read_text())["seed"]


def test_drift_is_refused_with_what_changed(tmp_path: Path) -> None:
    prepared(tmp_path / "s", fingerprint={"data": "these"})
    before = sorted(path.name for path in (tmp_path / "s").rglob("*"))
    drifts: dict[str, dict[str, Any]] = {
        "space.learning_rate": {"space": search.read_space(["learning_rate=1e-6:1", "l2=1e-7:10"])},
        "space.l2": {"space": search.read_space(["learning_rate=1e-6:1e-1"])},
        "objective": {"objective": "val_data_loss"},
        "seed": {"seed": 2},
        "plan.stages": {"trials": 20},
        "plan.epochs": {"epochs": 12},
        "oracle": {"oracle": "random"},
        "chance.images": {"chance": search.Chance(900, 0.1)},
        "fingerprint.data": {"fingerprint": {"data": "other"}},
        "fingerprint.image_size": {"fingerprint": {"data": "these", "image_size": 64}},
    }
    for said, more in drifts.items():
        with pytest.raises(SettingError, match=rf"\n  {said}"):
            searched(tmp_path / "s", resume=True, **{"fingerprint": {"data": "these"}, **more})
    assert sorted(path.name for path in (tmp_path / "s").rglob("*")) == before


@pytest.mark.parametrize("kept", [{}, {"error": None}, {"error": 0.02}])
def test_a_search_goes_on_whatever_its_setup_holds_of_the_error_of_guessing(
    tmp_path: Path, kept: dict[str, Any]
) -> None:
    chance = search.Chance(200, 0.5, 0.08)
    prepared(tmp_path / "s", chance=chance)
    path = tmp_path / "s" / records.SETUP
    setup = json.loads(path.read_text())
    setup["chance"] = {"images": 200, "score": 0.5, **kept}
    path.write_text(json.dumps(setup))

    assert prepared(tmp_path / "s", chance=chance, resume=True).settings.chance == chance


def test_a_search_is_not_overwritten_and_none_cannot_go_on(tmp_path: Path) -> None:
    prepared(tmp_path / "s")

    with pytest.raises(SettingError, match="already contains a search"):
        searched(tmp_path / "s")
    with pytest.raises(SettingError, match="no search"):
        searched(tmp_path / "t", resume=True)


def test_a_trial_from_another_search_is_not_believed(ended: Path, whole: pd.DataFrame) -> None:
    path = ended / "trials" / "0005.json"
    known = json.loads(path.read_text())
    known["values"]["learning_rate"] *= 2
    path.write_text(json.dumps(known))

    assert same(whole, searched(ended, resume=True).table)


def test_a_full_disk_ends_it_with_a_reason_and_it_goes_on_later(
    tmp_path: Path, whole: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, written = records.save, itertools.count()

    def full(folder: Path, number: int, facts: Any) -> None:
        if next(written) >= 7:
            raise OSError(28, "No space left on device")
        save(folder, number, facts)

    monkeypatch.setattr(records, "save", full)
    with pytest.raises(KitError, match="No space left on device"):
        searched(tmp_path / "s")
    monkeypatch.setattr(records, "save", save)

    assert trained(tmp_path / "s") == 7
    assert same(whole, searched(tmp_path / "s", resume=True).table)

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trial_tables, "save", no_room)
    with pytest.raises(KitError, match="Free some space and continue"):
        searched(tmp_path / "s", resume=True)


def test_a_disk_without_room_for_what_a_trial_goes_on_from_is_no_fault_of_the_trial() -> None:
    def run(job: Job, report: Report) -> Outcome:
        raise OSError(28, "No space left on device", "state.npz")

    with pytest.raises(KitError, match=r"state\.npz: No space left on device\. Nothing is lost"):
        train(run, lambda *_: None, Job(0, {}, 1, 0, 1, 2), None)


def test_without_finalists_the_best_trial_is_named(tmp_path: Path) -> None:
    result = searched(tmp_path / "s", finalists=0)

    assert result.finished
    assert 3e-3 < rate(result) < 3e-2
    assert set(result.table.stage) == {1, 2, 3}


def test_several_at_a_time_give_the_same_table_as_one(tmp_path: Path, whole: pd.DataFrame) -> None:
    ready = prepared(tmp_path / "four")
    run = made_up.landscape(each=lambda *_: time.sleep(0.001))
    with ThreadPoolExecutor(4) as threads:
        submitted = partial(train, run, lambda *_: None)
        ready.work(Crew(threads, submitted, places=lambda: 4))

    assert same(whole, search.conclude(ready).table)


def test_every_job_is_created_updated_and_ended_by_the_oracle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def noted(name: str, original: Any) -> Any:
        def noting(*given: Any, **more: Any) -> Any:
            calls.append(name)
            return original(*given, **more)

        return noting

    for name in ("create_trial", "update_trial", "end_trial"):
        monkeypatch.setattr(SearchOracle, name, noted(name, getattr(SearchOracle, name)))
    asked: list[tuple[int, int]] = []
    run = made_up.landscape(each=lambda job, epoch: asked.append((job.trial, job.first)))
    searched(tmp_path / "s", run)

    assert calls.count("update_trial") == len(asked)
    assert [name for name, _ in itertools.groupby(calls)] == [
        *("create_trial", "update_trial", "end_trial") * len(set(asked)),
        "create_trial",
    ]


def test_a_bayesian_search_goes_through_the_same_space(tmp_path: Path) -> None:
    result = searched(tmp_path / "s", oracle="bayesian", stages=1, trials=7)

    assert result.finished
    assert result.best is not None
    assert result.table.learning_rate.between(1e-6, 1e-1).all()


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_keras_tuners_oracles_keep_the_limits(tmp_path: Path, oracle: str) -> None:
    given = {"oracle": oracle, "stages": 1, "trials": 8, "finalists": 1}

    few = searched(tmp_path / "t", max_trials=10, **given)
    short = searched(tmp_path / "e", max_epochs=130, **given)

    assert 5 < len(few.table) <= 10
    assert 60 < short.table["epochs"].sum() <= 130 + 30 * (oracle == "hyperband")  # those gone on


def test_the_time_of_epochs_that_are_gone_on_from_counts_once(tmp_path: Path) -> None:
    asked: list[tuple[int, int]] = []
    run = made_up.landscape(each=lambda job, epoch: asked.append((job.trial, epoch)))

    table = searched(tmp_path / "s", run, oracle="hyperband", stages=1, trials=8).table

    assert table["cpu_seconds"].sum() == pytest.approx(0.1 * len(asked))
    assert table["epochs"].sum() > len(asked)


def test_the_time_limit_ends_keras_tuners_oracles_and_they_go_on(tmp_path: Path) -> None:
    given: dict[str, Any] = {"oracle": "random", "plan": search.plan(8, 4, 1, 1, 2)}
    whole = prepared(tmp_path / "whole", **given)
    whole.work(search.here(made_up.landscape(), whole.report))
    ready = prepared(tmp_path / "s", max_minutes=1, **given)
    clock = itertools.count()
    ready.clock = lambda: ready._started + 2 * next(clock)
    ready.work(search.here(made_up.landscape(), ready.report))
    again = prepared(tmp_path / "s", resume=True, **given)
    again.work(search.here(made_up.landscape(), again.report))

    assert search.result(ready).findings.ended == "the time limit"
    assert not search.result(ready).finished
    assert same(search.result(whole).table, search.result(again).table)


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_a_search_by_keras_tuners_oracles_goes_on(tmp_path: Path, oracle: str) -> None:
    given = {"oracle": oracle, "stages": 1, "trials": 8}
    whole = searched(tmp_path / "whole", **given).table
    asked: list[int] = []

    def stops(job: Job, epoch: int) -> None:
        asked.append(epoch)
        if len(asked) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "s", made_up.landscape(each=stops), **given)

    assert same(whole, searched(tmp_path / "s", resume=True, **given).table)
