import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit import runs
from kit.errors import SettingError
from kit.runs import folders

FACTS = {"class_names": ["a", "b"], "image_size": [8, 8], "color": "rgb", "aspect": "stretch"}


def a_run(folder: Path, model: bytes = b"old", facts: object = FACTS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / runs.MODEL).write_bytes(model)
    (folder / runs.SETTINGS).write_text("epochs: 3\n")
    (folder / runs.FACTS).write_text(json.dumps(facts))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_reads_back(tmp_path: Path) -> None:
    run = runs.load(a_run(tmp_path / "one"))

    assert run.settings == {"epochs": 3}
    assert run.facts == FACTS


@pytest.mark.parametrize("name", [runs.MODEL, runs.SETTINGS, runs.FACTS])
def test_an_incomplete_run_names_what_is_missing(name: str, tmp_path: Path) -> None:
    (a_run(tmp_path / "one") / name).unlink()

    with pytest.raises(SettingError, match=name):
        runs.load(tmp_path / "one")


def test_a_run_is_named_by_its_model_too(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    assert runs.load(folder / runs.MODEL) == runs.load(folder)


def test_what_is_no_run_is_not_called_an_unfinished_one(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=f"{tmp_path} is not a run"):
        runs.load(tmp_path)
    (a_run(tmp_path / "one") / runs.FACTS).unlink()
    with pytest.raises(SettingError, match="one is not finished"):
        runs.load(tmp_path / "one")
    with pytest.raises(SettingError, match=r"is a file\. Give the run's folder"):
        runs.load(tmp_path / "one" / runs.SETTINGS)


def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "LOG.md").touch()
    with pytest.raises(SettingError, match=r"LOG.md is a file"):
        runs.check_possible(tmp_path / "LOG.md" / "x")
    runs.check_possible(tmp_path / "new" / "x")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SettingError, match="is not writable"):
        runs.check_possible(tmp_path / "new" / "x")


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

    with pytest.raises(SettingError, match=r"The runs in .* are: one"):
        runs.load(tmp_path / "two")


def test_a_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    with pytest.raises(SettingError, match="or overwrite to replace"), runs.create(folder):
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
        (new / runs.MODEL).write_bytes(b"new")
        assert (folder / runs.MODEL).read_bytes() == b"old"
        assert runs.load(folder).facts == FACTS
        assert runs.names(tmp_path) == ["one"]

    assert (folder / runs.MODEL).read_bytes() == b"new"
    assert names(tmp_path) == ["one"]


def test_a_new_run_grows_where_it_will_be(tmp_path: Path) -> None:
    with runs.create(tmp_path / "models" / "one") as new:
        assert new == tmp_path / "models" / "one"


def test_a_run_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    a_run(tmp_path / "disk" / "run")
    link = tmp_path / "one"
    link.symlink_to(tmp_path / "disk" / "run")

    with runs.create(link, overwrite=True) as new:
        (new / runs.MODEL).write_bytes(b"new")

    assert link.is_symlink()
    assert (tmp_path / "disk" / "run" / runs.MODEL).read_bytes() == b"new"
    assert names(tmp_path / "disk") == ["run"]


def test_an_interruption_leaves_the_old_run_and_no_other(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")

    with pytest.raises(KeyboardInterrupt), runs.create(folder, overwrite=True):
        raise KeyboardInterrupt

    assert (folder / runs.MODEL).read_bytes() == b"old"
    assert names(tmp_path) == ["one"]


def interrupted(folder: Path) -> None:
    with runs.create(folder, overwrite=True) as new:
        a_run(new, b"better")
        raise KeyboardInterrupt


def test_an_interruption_leaves_the_best_model_so_far_beside_the_old_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_run(tmp_path / "one")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            interrupted(folder)

    assert (folder / runs.MODEL).read_bytes() == b"old"
    assert names(tmp_path) == ["one", "one.partial", "one.partial-2"]
    assert runs.load(tmp_path / "one.partial").model_file.read_bytes() == b"better"
    assert f"{tmp_path / 'one.partial'} has the best model" in capsys.readouterr().err


def test_an_interruption_leaves_the_best_model_on_the_disk_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    folder, link = a_run(tmp_path / "disk" / "one"), tmp_path / "link"
    link.symlink_to(folder)
    monkeypatch.chdir(folder)
    for name in (link, Path()):
        with pytest.raises(KeyboardInterrupt):
            interrupted(name)

    assert names(tmp_path / "disk") == ["one", "one.partial", "one.partial-2"]


def test_a_swap_that_the_system_refuses_leaves_both_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, replace = a_run(tmp_path / "one"), folders.os.replace

    def refuse(source: Path, target: Path) -> None:
        if source.name.endswith(".new") and target == folder:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(folders.os, "replace", refuse)
    with pytest.raises(PermissionError), runs.create(folder, overwrite=True) as new:
        a_run(new, b"new")

    assert (folder / runs.MODEL).read_bytes() == b"old"
    assert (tmp_path / "one.partial" / runs.MODEL).read_bytes() == b"new"


KILLED = """
import os, signal, sys
from pathlib import Path
from kit import files
from kit.runs import folders

moment, folder = sys.argv[1], Path(sys.argv[2])
calls = []


def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def counted(name, function, limit):
    def call(*given, **more):
        calls.append(name)
        return kill() if calls.count(name) == limit else function(*given, **more)

    return call


with folders.create(folder, overwrite=True) as new:
    if moment == "at the start":
        kill()
    files.write_text(new / "run.yaml", "epochs: 9")
    if moment == "in a write":
        files.write(new / "model.keras", lambda path: (path.write_bytes(b"ne"), kill()))
    files.write_text(new / "model.keras", "new")
    (new / "run.json").write_text((folder / "run.json").read_text())
    if moment == "with a model":
        kill()
    os.replace = counted("replace", os.replace, {"before": 1, "between": 2}.get(moment, 0))
    folders.shutil.rmtree = counted("rmtree", None, 1)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills by a signal")
@pytest.mark.parametrize(
    ("moment", "model", "left"),
    [
        ("at the start", b"old", []),
        ("in a write", b"old", []),
        ("with a model", b"old", ["one.partial"]),
        ("before", b"old", ["one.partial"]),
        ("between", b"new", []),
        ("after", b"new", []),
    ],
)
def test_a_killed_process_hides_no_run_and_leaves_nothing_for_ever(
    moment: str, model: bytes, left: list[str], tmp_path: Path
) -> None:
    folder = a_run(tmp_path / "one")
    killed = subprocess.run([sys.executable, "-c", KILLED, moment, folder], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert runs.load(folder).model_file.read_bytes() == model
    with runs.create(folder, overwrite=True) as new:
        a_run(new, b"newer")
    assert runs.load(folder).model_file.read_bytes() == b"newer"
    assert names(tmp_path) == ["one", *left]


def test_a_run_has_one_writer(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "one")
    with runs.create(folder, overwrite=True) as new:
        a_run(new)
        with pytest.raises(SettingError, match=r"Another process is using .*one\."):
            runs.check_free(folder, overwrite=True)  # before any work
        with pytest.raises(SettingError), runs.create(folder, overwrite=True):
            pass

    runs.check_free(folder, overwrite=True)
    with runs.create(tmp_path / "two"):
        assert runs.next_folder(tmp_path, "two") == tmp_path / "two-2"
        with pytest.raises(SettingError, match="Another process"), runs.alone(tmp_path / "two"):
            pass


def test_half_written_files_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    (tmp_path / "search" / "trials").mkdir(parents=True)
    (tmp_path / "search" / "trials" / ".writing-1.json").touch()
    (tmp_path / "search" / "trials" / "0001.json").touch()

    with runs.alone(tmp_path / "search"):
        assert names(tmp_path / "search" / "trials") == ["0001.json"]


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

    run = runs.load(a_run(tmp_path / "one", facts=facts))
    Sequential([Input(shape), layers.Flatten(), layers.Dense(units)]).save(run.model_file)

    with pytest.raises(SettingError, match=r"run\.json") as raised:
        runs.load_model(run)

    assert str(run.folder) in str(raised.value)
