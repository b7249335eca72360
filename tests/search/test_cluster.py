"""Trials in processes of their own, on this machine or on those of a scheduler."""

import random
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dask
import dask.sizeof
import distributed
import made_up
import pandas as pd
import pytest

from kit import search
from kit.errors import DataError, SettingError
from kit.search import RunTrial, cluster
from kit.search.searching import Search

PLAN = search.plan(8, 4, 2, 1, 2, "geometric")
TIMES = ["seconds", "cpu_seconds"]


def prepared(folder: Path, **more: Any) -> Search:
    given = {"plan": PLAN, "chance": made_up.CHANCE, "seed": 1, **more}
    return search.prepare(made_up.SPACE, folder, **given)


def table(ready: Search) -> pd.DataFrame:
    return search.result(ready).table.drop(columns=TIMES)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    ready = prepared(tmp_path_factory.mktemp("alone") / "s")
    ready.work(search.here(made_up.landscape(), ready.report))
    return table(ready)


def test_two_processes_give_the_table_of_one_and_leave_ctrl_c_to_the_search(
    tmp_path: Path, alone: pd.DataFrame
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    ready = prepared(tmp_path / "s")
    heard: list[int] = []
    ready.on_change = lambda: heard.append(sum(len(rows) for rows in ready._rows.values()))
    with cluster.crew(partial(made_up.with_states, marks), 2, None) as hands:
        ready.work(hands)

    pd.testing.assert_frame_equal(table(ready), alone)
    assert len({path.name.split("-")[2] for path in marks.iterdir()}) == 2
    assert not list((tmp_path / "s" / "states").glob("*"))
    assert max(heard) > 0  # epochs are reported while a trial is trained


def test_what_dask_draws_at_random_leaves_the_seeds_of_trials_alone() -> None:
    with cluster.crew(made_up.landscape, 1, None) as hands:
        moved = hands.executor.submit(moves_random).result()
    assert not moved


def moves_random() -> bool:
    before = random.getstate()
    dask.sizeof.sizeof(dict.fromkeys(range(99), 0))
    return random.getstate() != before


@pytest.mark.proof
def test_a_killed_worker_s_job_goes_to_another_and_what_kills_three_fails(
    tmp_path: Path, alone: pd.DataFrame
) -> None:
    ready = prepared(tmp_path / "s")
    with cluster.crew(partial(made_up.deadly, tmp_path), 2, None) as hands:
        ready.work(hands)
    found = table(ready)

    assert found.status[3] == "failed"
    assert found.reason[3] == "three workers in a row died while training it"
    assert (tmp_path / "5").exists()
    pd.testing.assert_frame_equal(found[:8].drop(3), alone[:8].drop(3))
    assert search.result(ready).finished


@pytest.fixture(scope="module")
def scheduler() -> Iterator[tuple[str, distributed.Security]]:
    """Give the address and the certificate of a scheduler with a worker, in this process."""
    security = distributed.Security.temporary()
    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tls://",
            security=security,
            dashboard_address=None,
        ) as made,
    ):
        yield made.scheduler_address, security


def certified(security: distributed.Security, folder: Path) -> dict[str, str]:
    names = {
        "ca-file": "tls_ca_file",
        "client.cert": "tls_client_cert",
        "client.key": "tls_client_key",
    }
    for name, attribute in names.items():
        (folder / name).write_text(getattr(security, attribute))
    return {f"distributed.comm.tls.{name}": str(folder / name) for name in names}


def strange() -> RunTrial:
    raise DataError("These are other images.")


def test_the_workers_of_a_scheduler_train_and_their_other_images_end_the_search(
    scheduler: tuple[str, distributed.Security], tmp_path: Path, alone: pd.DataFrame
) -> None:
    address, security = scheduler
    with dask.config.set(certified(security, tmp_path)):
        ready = prepared(tmp_path / "s")
        with cluster.crew(made_up.landscape, 1, address) as hands:
            ready.work(hands)
        other = prepared(tmp_path / "t")
        with (
            pytest.raises(DataError, match="other images"),
            cluster.crew(strange, 1, address) as hands,
        ):
            other.work(hands)

    pd.testing.assert_frame_equal(table(ready), alone)


def test_two_searches_at_a_time_on_one_scheduler_are_each_trained_with_their_own(
    scheduler: tuple[str, distributed.Security], tmp_path: Path, alone: pd.DataFrame
) -> None:
    address, security = scheduler
    other = partial(made_up.landscape, best=1e-5)
    with dask.config.set(certified(security, tmp_path)):
        ready, second = prepared(tmp_path / "s"), prepared(tmp_path / "t")
        with (
            cluster.crew(made_up.landscape, 1, address) as hands,
            cluster.crew(other, 1, address) as others,
        ):
            second.work(others)
            ready.work(hands)

    pd.testing.assert_frame_equal(table(ready), alone)
    assert not table(second).equals(alone)
    assert not cluster.made  # whoever is gone leaves no images


def test_a_scheduler_is_called_with_its_own_certificate_only(
    scheduler: tuple[str, distributed.Security], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(address: str) -> str:
        with pytest.raises(SettingError) as raised, search.crew(strange, print, 1, address):
            pass
        return str(raised.value)

    monkeypatch.setattr(cluster, "PATIENCE", "1s")
    address, _ = scheduler
    assert "looks like tls://HOST:PORT" in refused(address.replace("tls://", "tcp://"))
    assert "needs a certificate" in refused(address)
    with dask.config.set(certified(distributed.Security.temporary(), tmp_path)):
        assert f"The scheduler {address} cannot be used" in refused(address)


UNGUARDED = """
import kit
def main():
    kit.tune(workers=2)
main()
"""


def test_a_script_that_its_workers_would_begin_anew_is_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    command = [sys.executable, str(tmp_path / "script.py")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith(
        'below the line  if __name__ == "__main__":  and indent it.'
    )
