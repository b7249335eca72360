import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import tyro

from kit import commands
from kit.commands.terminal import Command, program, shown
from kit.errors import DataError, KitError, SettingError, reaching
from kit.progress import Lines
from kit.settings import Bare, Flat, Group, Joined
from kit.settings.stored import FLAGS_ALONE, read_settings, settings_text
from kit.settings.texts import assignments

calls: list[dict[str, object]] = []


@dataclass(frozen=True)
class Some(Group):
    """Some settings."""

    epochs: int | None = None
    schedule: Literal["step", "cosine"] = "step"
    image_size: tuple[int, ...] | None = None
    settings: Annotated[Mapping[str, Any], tyro.conf.arg(name="set", metavar="NAME=VALUE")] = field(
        default_factory=dict
    )
    cache: bool = True
    rate: float = 0.1
    flip: Annotated[Literal["auto", "yes", "no"], Bare("yes", negative="no")] = "auto"
    output: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Kind(Joined):
    """Record the settings."""

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    some: Flat[Some] = Some()


@partial(Command, Kind)
def command(folder: Path | None = None, **given: Any) -> None:
    calls.append(Kind().having(folder=folder, **given).flat())


def failing(work: Callable[[], None]) -> Command:
    return Command(Joined, work)


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def config(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "run.yaml"
    path.write_text(text, "utf-8")
    return ["--config", str(path)]


def test_flags_are_the_fields_of_settings() -> None:
    program(command, ["photos", "--epochs", "3", "--image-size", "224", "160", "--no-cache"])

    expected = {"folder": Path("photos"), "epochs": 3, "image_size": (224, 160), "cache": False}
    assert calls[0].items() >= expected.items()


@pytest.mark.parametrize(
    ("arguments", "flip"),
    [
        ([], "auto"),
        (["--flip", "photos"], "yes"),
        (["photos", "--flip"], "yes"),
        (["--flip", "--no-cache", "photos"], "yes"),
        (["--no-flip", "photos"], "no"),
        (["--flip", "no", "photos"], "no"),
        (["--flip=yes", "photos"], "yes"),
        (["--no-flip", "--flip", "auto"], "auto"),
    ],
)
def test_a_flag_of_three_words_may_stand_alone(
    arguments: list[str], flip: str, tmp_path: Path
) -> None:
    program(command, arguments)
    assert calls[0]["flip"] == flip
    assert calls[0]["folder"] == (Path("photos") if "photos" in arguments else None)
    earlier = {"auto": "null", "yes": "true", "no": "false"}[flip]
    for text in (flip, repr(flip), earlier):
        program(command, [*config(tmp_path, f"flip: {text}"), "--epochs=1"])
        assert calls.pop()["flip"] == flip


def test_a_settings_file_gives_settings_and_flags_go_before_it(tmp_path: Path) -> None:
    text = """
        folder: گربه ها
        epochs: null
        schedule: cosine
        image_size: [64, 48]
        settings: {filters: [8, 16], head: softmax}
        cache: false
        rate: 1e-3
        """
    program(command, [*config(tmp_path, text), "--schedule", "step", "--set", "head=sigmoid"])

    assert calls[0] == {
        "folder": Path("گربه ها"),
        "epochs": None,
        "schedule": "step",
        "image_size": (64, 48),
        "settings": {"filters": [8, 16], "head": "sigmoid"},
        "cache": False,
        "rate": 0.001,
        "flip": "auto",
        "output": None,
        "overwrite": False,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch: 3", 'no setting "epoch". Did you mean "epochs"?'),
        ("epochs: many", "epochs takes a whole number, not 'many'"),
        ("schedule: sine", "schedule takes step or cosine, not 'sine'"),
        ("cache: null", "cache needs a value"),
        ("- 1", "NAME: VALUE"),
        ("{", "not YAML"),
        ("epochs: {a: 1}", "epochs takes a whole number, not {'a': 1}"),
        ("schedule: {a: 1}", "schedule takes step or cosine, not {'a': 1}"),
        ("image_size: [[8]]", "image_size takes one or more whole numbers, not [[8]]"),
        ("image_size: {a: 1}", "image_size takes one or more whole numbers, not {'a': 1}"),
        ("epochs: --help", "epochs takes a whole number, not '--help'"),
        ("epochs: 2024-01-01", "epochs takes a whole number, not datetime.date"),
        ("1: 2", 'no setting "1"'),
        ("epochs: " + "[" * 5000, "nested deeper than 50"),
    ],
)
def test_a_wrong_settings_file_is_a_usage_error(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program(command, config(tmp_path, text))

    assert ended.value.code == 2
    said = capsys.readouterr()
    assert message in said.err
    assert str(tmp_path) in said.err
    assert not said.out
    assert not calls


PROGRAMS = [
    vars(importlib.import_module(f"kit.commands.{one.name}"))[one.name]
    for one in pkgutil.iter_modules(commands.__path__)
    if one.name in vars(importlib.import_module(f"kit.commands.{one.name}"))
]
# files that are only read
READ = {
    "folder",
    "run",
    "other",
    "paths",
    "image",
    "on",
    "within",
    "unlabelled",
    "split",
    "exclude",
}


@pytest.mark.parametrize("command", PROGRAMS, ids=lambda one: one.__name__)
def test_a_settings_file_never_says_what_is_written_or_replaced(
    command: Command, tmp_path: Path
) -> None:
    parameters = command.kind.signature().parameters
    alone = FLAGS_ALONE & set(parameters)
    paths = {name for name, one in parameters.items() if "Path" in str(one.annotation)}
    assert paths - READ <= alone

    for name in alone:
        for value in ("true", "other", "[a]", "0", "''", "{a: 1}"):
            path = Path(config(tmp_path, f"{name}: {value}")[1])
            with pytest.raises(SettingError, match=rf"{path}: {name} .* as a flag, --{name[:3]}"):
                read_settings(command.kind, path)
        for value in ("null", "false"):  # as runs of version 0.1 have them
            path = Path(config(tmp_path, f"{name}: {value}")[1])
            assert read_settings(command.kind, path) == {}
        assert settings_text({name: "x", "seed": 3}) == "seed: 3\n"


def test_a_settings_file_that_would_replace_a_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program(command, config(tmp_path, "epochs: 3\noutput: models/best\noverwrite: true"))

    assert ended.value.code == 2
    assert "output decides what this machine writes" in capsys.readouterr().err
    assert not calls


def test_a_settings_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program(command, ["--config", "nowhere.yaml"])

    assert ended.value.code == 2
    assert "nowhere.yaml: No such file" in capsys.readouterr().err


def test_an_unknown_flag_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program(command, ["--epoch", "3"])

    assert ended.value.code == 2
    assert "--epochs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(SettingError("x"), 2), (DataError("x"), 3), (KitError("x"), 1), (KeyboardInterrupt(), 130)],
)
def test_errors_end_with_their_exit_code_and_no_traceback(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        program(failing(fails), [])

    assert ended.value.code == code
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        program(failing(fails), [])


def test_a_full_disk_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise OSError(28, "No space left on device", "models/a\x1b[31m/model.keras")

    with pytest.raises(SystemExit) as ended:
        program(failing(fails), [])

    assert ended.value.code == 1
    expected = "Error: models/a\\x1b[31m/model.keras: No space left on device.\n"
    assert capsys.readouterr().err == expected


def test_assignments_are_yaml_values_and_the_last_counts() -> None:
    texts = ["filters=[16, 32]", "l2=1e-4", "head=softmax", "head=sigmoid", "dense=[]"]

    expected = {"filters": [16, 32], "l2": "1e-4", "head": "sigmoid", "dense": []}
    assert assignments(texts) == expected


@pytest.mark.parametrize("text", ["filters", "=3", "filters=[1"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="settings"):
        assignments([text])


@pytest.mark.parametrize(
    ("error", "told"),
    [(KitError("the disk is full"), "Error: the disk is full\n"), (KeyboardInterrupt(), "Interr")],
)
def test_what_was_reached_before_an_error_is_printed_before_it(
    error: BaseException, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def inner() -> None:
        with reaching(Lines(["validation: 0.9", "cats\n"])), reaching(Lines()):
            raise error

    def outer() -> None:
        with reaching(Lines(["searched"])):
            inner()

    with pytest.raises(SystemExit):
        program(failing(partial(shown, print, outer)), [])

    out, err = capsys.readouterr()
    assert out.splitlines() == ["validation: 0.9", "cats\\n", "searched"]
    assert err.startswith(told)
    assert error.__notes__ == ["validation: 0.9\ncats\\n", "searched"]
