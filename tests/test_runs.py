import json
from pathlib import Path

import pytest

from kit import runs
from kit.errors import SettingError

FACTS = {"class_names": ["a", "b"], "image_size": [8, 8], "color": "rgb", "aspect": "stretch"}


def a_run(folder: Path, facts: object = FACTS) -> Path:
    folder.mkdir()
    (folder / runs.MODEL).write_bytes(b"old")
    (folder / runs.SETTINGS).write_text("epochs: 3\n")
    (folder / runs.FACTS).write_text(json.dumps(facts))
    return folder


def test_a_run_reads_back(tmp_path: Path) -> None:
    run = runs.load(a_run(tmp_path / "one"))

    assert run.settings == {"epochs": 3}
    assert run.facts == FACTS


@pytest.mark.parametrize("name", [runs.MODEL, runs.SETTINGS, runs.FACTS])
def test_an_incomplete_run_names_what_is_missing(name: str, tmp_path: Path) -> None:
    (a_run(tmp_path / "one") / name).unlink()

    with pytest.raises(SettingError, match=name):
        runs.load(tmp_path / "one")


@pytest.mark.parametrize("facts", [[], {}, FACTS | {"class_names": "ab"}])
def test_facts_of_another_shape_are_refused(facts: object, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"run\.json has no usable"):
        runs.load(a_run(tmp_path / "one", facts))


def test_damaged_facts_are_named(tmp_path: Path) -> None:
    (a_run(tmp_path / "one") / runs.FACTS).write_text('{"class_names": ["a"')

    with pytest.raises(SettingError, match="damaged"):
        runs.load(tmp_path / "one")


def test_a_run_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    a_run(tmp_path / "one")

    with pytest.raises(SettingError, match="holds: one"):
        runs.load(tmp_path / "two")


def test_a_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    with pytest.raises(SettingError, match="--overwrite"), runs.create(folder):
        pass

    assert (folder / runs.MODEL).read_bytes() == b"old"


def test_a_folder_that_is_no_run_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").touch()

    with pytest.raises(SettingError, match="not a run"), runs.create(tmp_path / "holiday", True):
        pass

    assert (tmp_path / "holiday" / "photo.jpg").exists()


def test_overwriting_keeps_the_old_run_until_the_new_one_is_complete(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    with runs.create(folder, overwrite=True) as new:
        assert (tmp_path / "one.previous" / runs.MODEL).read_bytes() == b"old"
        (new / runs.MODEL).write_bytes(b"new")

    assert (folder / runs.MODEL).read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_failure_before_there_is_a_model_brings_the_old_run_back(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    with pytest.raises(KeyboardInterrupt), runs.create(folder, overwrite=True):
        raise KeyboardInterrupt

    assert (folder / runs.MODEL).read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    a_run(tmp_path / "pets")
    a_run(tmp_path / "pets-2")

    assert runs.next_folder(tmp_path, "pets") == tmp_path / "pets-3"


def test_a_damaged_model_is_named_without_a_traceback_of_keras(tmp_path: Path) -> None:
    run = runs.load(a_run(tmp_path / "one"))

    with pytest.raises(SettingError, match=r"model\.keras cannot be loaded"):
        runs.load_model(run)
