import dataclasses
import subprocess
import sys

from matplotlib.colors import to_rgba

from kit import plots
from kit.plots.searches.search_marks import QUIET
from kit.search.results.search_figures import figures
from kit.search.results.search_findings import Findings
from kit.search.space import read_space
from kit.search.trials import Trial


def found(texts, count=4, status="complete"):
    space = read_space(texts)
    trials = tuple(
        Trial(
            number,
            1,
            {one.name: one.value((number + 0.5) / count) for one in space},
            1,
            2,
            tuple({"epoch": e, "val_accuracy": number / 10, "cpu_seconds": 1.0} for e in (1, 2)),
            status,
        )
        for number in range(count)
    )
    return Findings("val_accuracy", space, (space,), trials)


def test_the_map_shows_the_two_ranges_in_the_logarithm(tmp_path):
    drawn = figures(
        found(["optimizer=adam,sgd", "dropout=0:0.6", "l2=1e-7:1", "learning_rate=1e-6:1"])
    )

    assert list(drawn) == ["settings", "map", "cost", "curves"]
    axes = drawn["map"].axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("l2", "learning_rate")
    assert drawn["curves"].axes[1].get_ylabel() == "learning_rate"
    for name, figure in drawn.items():
        plots.save(figure, tmp_path / f"{name}.png", dpi=40)


def test_a_trial_without_a_score_has_no_color_of_one():
    findings = found(["l2=1e-7:1", "learning_rate=1e-6:1"])
    unmeasured = dataclasses.replace(findings.trials[0], rows=(), status="stopped")
    findings = dataclasses.replace(findings, trials=(unmeasured, *findings.trials[1:]))

    _, hollow, _ = figures(findings)["map"].axes[0].collections

    assert hollow.get_edgecolors().tolist() == [list(to_rgba(QUIET))]


def test_one_setting_has_no_map():
    assert list(figures(found(["seed=1:9"], status="infeasible"))) == ["settings", "cost", "curves"]


def test_no_trial_has_no_figure():
    assert figures(found(["dropout=0:0.6"], status="waiting", count=0)) == {}


def test_what_a_search_gives_is_read_without_keras():
    code = (
        "import sys\n"
        "from kit.search.showing import display\n"
        "from kit.search.results import importance, search_figures\n"
        "from kit.search.results import search_sentences, trial_tables\n"
        "sys.exit(bool({'tensorflow', 'keras', 'keras_tuner', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
