"""Names of classes come from strangers: they forge no line and widen no table."""

import numpy as np
import pytest
from PIL import Image

from kit import auditing, data, evaluation, runs
from kit.commands import predict
from kit.commands.terminal import Command, next_steps, program
from kit.errors import DataError, KitError, SettingError
from kit.experiments import score_files
from kit.experiments.run import Run
from kit.experiments.trainings import folds, overview
from kit.settings import Joined

FORGED = "All is well"
NAMES = (f"cats\n{FORGED}", f"dogs{'s' * 200}", f"dogs{'s' * 200}!")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "photos"
    random = np.random.default_rng(0)
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        for number in range(4):
            pixels = random.integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def sound(text, width=110):
    lines = text.splitlines()
    forged = [line for line in lines if line.strip().startswith(FORGED)]
    return not forged and max(map(len, lines)) <= width


def test_tables_escape_names_and_cut_long_ones(photos):
    splits = data.load(photos, image_size=4)
    text = overview.parts_table(splits)
    assert sound(text)
    assert "cats\\nAll is well" in text
    assert "s!" in text, "names that differ at their end can be told apart"
    assert sound(folds.overview([splits]))
    answers = np.eye(3)[splits.labels]
    scores = evaluation.score(splits.labels, answers, splits.class_names)
    assert sound(score_files.class_table(scores))
    report = auditing.report(auditing.audit(photos))
    assert sound(report.partition("Shortcuts")[0].partition("Findings")[0])
    assert FORGED not in report.splitlines()


def test_the_path_of_a_prediction_is_cut_in_its_folders_only():
    shown = predict._shown(f"photos/{NAMES[1]}/{'1' * 90}\n.png")
    assert shown == f"photos/dogs{'s' * 16}…{'s' * 19}/{'1' * 90}\\n.png"


def test_what_follows_a_training_is_told_in_whole_lines(photos):
    run = Run(runs.Saved(photos / NAMES[0], {"folder": str(photos / NAMES[0])}, {}))

    assert len(str(next_steps(run)).split("\n")) == 4


@pytest.mark.parametrize("kind", [KitError, SettingError, DataError])
def test_a_line_break_in_an_error_is_spelt_out_and_its_lines_are_kept(kind, capsys):
    def command() -> None:
        """Fail."""
        raise kind(f"no file in {NAMES[0]}", "remove it.")

    with pytest.raises(SystemExit) as ended:
        program(Command(Joined, command), [])
    assert ended.value.code == kind.exit_code
    assert capsys.readouterr().err.splitlines() == [
        "Error: no file in cats\\nAll is well",
        "remove it.",
    ]


def test_notes_about_such_names_are_single_lines(photos, capsys):
    (photos / ".hidden\nAll is well").mkdir()
    data.load(photos, image_size=4)
    assert FORGED not in capsys.readouterr().err.splitlines()
