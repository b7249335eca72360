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


def with_fact(name: str, value: object) -> str:
    return json.dumps(FACTS | {name: value})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (runs.FACTS, "[]"),
        (runs.FACTS, "{}"),
        (runs.FACTS, '{"class_names": ["a"'),
        (runs.FACTS, "[" * 100_000),
        (runs.FACTS, '{"a": ' * 60 + "1" + "}" * 60),
        (runs.FACTS, r'{"class_names": ["a", "\ud800"]}'),
        *(
            (runs.FACTS, with_fact("class_names", value))
            for value in ("ab", [], ["a"], ["a", "a"], ["a", ""], ["a", 1], ["a", ["b"]], {"a": 1})
        ),
        *(
            (runs.FACTS, with_fact("image_size", value))
            for value in (8, [8], [8, 8, 3], [8, 0], [8, -1], [8, 1e9], [8, 10**9], [True, 8], "88")
        ),
        *((runs.FACTS, with_fact("color", value)) for value in ("auto", "blue", 3, None, ["rgb"])),
        *((runs.FACTS, with_fact("aspect", value)) for value in ("squeeze", None, {})),
        *((runs.FACTS, with_fact("equalization", value)) for value in ("much", None, 1)),
        (runs.SETTINGS, "- 1"),
        (runs.SETTINGS, "{"),
        (runs.SETTINGS, "{a: " * 60 + "1" + "}" * 60),
        (runs.SETTINGS, "a: !!timestamp x"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(name: str, text: str, tmp_path: Path) -> None:
    path = a_run(tmp_path / "one") / name
    path.write_text(text)

    with pytest.raises(SettingError) as raised:
        runs.load(tmp_path / "one")

    assert str(path) in str(raised.value)


@pytest.mark.parametrize("name", [runs.FACTS, runs.SETTINGS])
def test_a_file_of_a_run_that_is_no_text_is_named(name: str, tmp_path: Path) -> None:
    path = a_run(tmp_path / "one") / name
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingError, match="not UTF-8") as raised:
        runs.load(tmp_path / "one")

    assert str(path) in str(raised.value)


def test_the_images_of_a_run_are_those_of_its_parts(tmp_path: Path) -> None:
    run = runs.load(a_run(tmp_path / "one"))
    assert runs.images_of(run, ("train",)) == set()
    (run.folder / runs.SPLIT).write_text(
        "file,class,split,hash\nx,a,train,1\ny,a,validation,2\nz,a,test,3\n"
    )

    assert runs.images_of(run, ("train", "validation")) == {"1", "2"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"file,split\nx,train\n",
        b"file,split,hash,hash\nx,train,1,1\n",
        b"file,split,hash\nx,train\n",
        b"file,split,hash\n\xff,train,1\n",
        b"file,split,hash\n" + b"x" * 200_000 + b",train,1\n",
        b'file,split,hash\n"x,train,1\n',
    ],
)
def test_a_damaged_table_of_a_run_s_images_is_named(content: bytes, tmp_path: Path) -> None:
    run = runs.load(a_run(tmp_path / "one"))
    path = run.folder / runs.SPLIT
    path.write_bytes(content)

    with pytest.raises(SettingError) as raised:
        runs.images_of(run, ("train",))

    assert str(path) in str(raised.value)


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


@pytest.mark.parametrize(
    ("shape", "units", "facts"),
    [
        ((8, 8, 3), 3, FACTS),
        ((8, 8, 1), 2, FACTS),
        ((8, 9, 3), 2, FACTS),
        ((8, 8, 3), 2, FACTS | {"color": "grayscale"}),
        ((8, 8, 3), 1, FACTS | {"class_names": ["a", "b", "c"]}),
    ],
)
def test_a_model_that_does_not_fit_the_facts_of_its_run_is_refused(
    shape: tuple[int, int, int], units: int, facts: object, tmp_path: Path
) -> None:
    from keras import Input, Sequential, layers

    run = runs.load(a_run(tmp_path / "one", facts))
    Sequential([Input(shape), layers.Flatten(), layers.Dense(units)]).save(run.model_file)

    with pytest.raises(SettingError, match=r"run\.json") as raised:
        runs.load_model(run)

    assert str(run.folder) in str(raised.value)
