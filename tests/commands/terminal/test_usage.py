from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import tyro
from PIL import Image

from kit import runs
from kit.commands.check import check
from kit.commands.terminal import Command, program, programs
from kit.commands.train import train
from kit.commands.tune import tune
from kit.errors import SettingError
from kit.experiments import places
from kit.experiments.searches import steps
from kit.settings import Bare, Flat, Group, Joined


@dataclass(frozen=True)
class Some(Group):
    """Some settings."""

    learning_rate: float | None = None
    epochs: int = 3
    style: Literal["functional", "sequential", "both"] = "functional"
    image_size: tuple[int, ...] | None = None
    settings: Annotated[Mapping[str, Any], tyro.conf.arg(name="set", metavar="NAME=VALUE")] = field(
        default_factory=dict
    )
    cache: bool = True
    flip: Annotated[Literal["auto", "yes", "no"], Bare("yes", negative="no")] = "auto"
    group: str | None = None
    methods: tuple[Literal["knn", "svm"], ...] = ()
    fix: Annotated[tuple[Literal["copy", "dark"], ...], tyro.conf.UseAppendAction] = ()


@dataclass(frozen=True)
class Kind(Joined):
    """Do nothing."""

    run: Annotated[Path, tyro.conf.Positional]
    folder: Annotated[Path | None, tyro.conf.Positional] = None
    some: Flat[Some] = Some()


command = Command(Kind, lambda *places, **settings: None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["r", "--learning-rate", "fast"], "--learning-rate takes a number, not 'fast'."),
        (["r", "--learning-rate=fast"], "--learning-rate takes a number, not 'fast'."),
        (["r", "--epochs", "2.5"], "--epochs takes a whole number, not '2.5'."),
        (["r", "--flip", "--epochs", "x"], "--epochs takes a whole number, not 'x'."),
        (["r", "--epochs"], "--epochs takes a whole number, but nothing follows it."),
        (["r", "--style", "x"], "--style takes functional, sequential or both, not 'x'."),
        (["r", "--image-size", "a"], "--image-size takes one or more whole numbers, not 'a'."),
        (["--no-cache", "r", "--set"], "--set takes NAME=VALUE, but nothing follows it."),
        (["r", "--epoch", "3"], 'There is no flag --epoch. Did you mean "--epochs"?'),
        (["r", "f", "g"], "takes RUN FOLDER; 'g' is one argument too many."),
        ([], "takes RUN FOLDER; RUN is missing."),
        (["r", "-x"], "There is no flag -x."),
        ([""], "is empty. For the current folder, write a dot: ."),
        (["r", "--set", ""], "The text after --set is empty."),
        (["r", "--epochs="], "The text after --epochs is empty."),
        (["r", "--config="], "The text after --config is empty."),
        (["r", "--methods", "knn", "x"], "--methods takes some of knn or svm, not 'knn x'."),
        (["r", "--fix", "dark", "--fix", "x"], "--fix takes copy or dark, not 'x'."),
        (["r", "--flip=true"], "--flip takes auto, yes or no, not 'true'."),
        (["r", "--no-flip=no"], "--no-flip takes no value."),
        (["r", "--config", "a", "--config=b"], "--config may be given only once. Put all"),
        (["r", "--config"], "--config takes a file"),
        (["r", "--no-cache=true"], "--no-cache takes no value."),
        (["r", "--flip", "f", "g"], "takes RUN FOLDER; 'g' is one argument too many."),
    ],
)
def test_a_mistake_in_the_words_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        program(command, words)

    said = capsys.readouterr().err
    assert end.value.code == 2
    assert sentence in said
    assert said.count("\n") == 1


def test_a_settings_file_is_answered_in_the_same_voice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.yaml").write_text("epochs: fast", "utf-8")

    with pytest.raises(SystemExit):
        program(command, ["r", "--config", str(tmp_path / "s.yaml")])

    assert "epochs takes a whole number, not 'fast'." in capsys.readouterr().err


def test_a_word_of_a_settings_file_may_begin_with_dashes(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("group: --right", "utf-8")

    known = programs.read_settings(Kind, tmp_path / "s.yaml")

    assert known == {"group": "--right"}


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    program(command, ["--version"])

    assert capsys.readouterr().out.split()[-1] == programs.metadata.version(programs.PACKAGE)


def test_a_process_that_reads_names_as_ascii_starts_again_in_utf_8(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def replace(path: str, words: list[str]) -> None:
        assert path == words[0]
        assert words[1:3] == ["-X", "utf8"]
        raise SystemExit

    monkeypatch.setattr(programs.sys, "getfilesystemencoding", lambda: "ascii")
    monkeypatch.setattr(programs.os, "execv", replace)
    with pytest.raises(SystemExit):
        program(command)


def test_swapped_arguments_are_noticed(tmp_path: Path) -> None:
    photos, run = tmp_path / "photos", tmp_path / "run"
    photos.mkdir()
    run.mkdir()
    (run / runs.FACTS).touch()

    with pytest.raises(SettingError, match=f"{run} is a run and {photos} is not"):
        places.trained_run(photos, [run])


def test_an_output_below_a_file_is_refused_before_tensorflow_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "LOG.md").touch()
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "photos" / name / "1.png")
    words = [str(tmp_path / "photos"), "--output", str(tmp_path / "LOG.md" / "x")]
    for begin in (train, tune, check):
        with pytest.raises(SystemExit) as end:
            program(begin, [*words, "--architecture", "linear"])
        said = capsys.readouterr().err
        assert end.value.code == 2
        assert "LOG.md is a file" in said
        assert "Starting TensorFlow" not in said


def test_numbers_of_a_search_are_refused_before_tensorflow_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "photos" / name / "1.png")
    monkeypatch.setattr(steps, "start_keras", lambda: pytest.fail("TensorFlow starts"))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingError, match="trials must be at least"):
        tune(tmp_path / "photos", trials=0, architecture="linear")


@pytest.mark.parametrize("words", [["--schedule", "step"], ["--decay=0.5"]])
def test_a_check_has_no_flag_that_would_change_nothing(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        program(check, words)

    assert f"There is no flag {words[0].partition('=')[0]}." in capsys.readouterr().err
