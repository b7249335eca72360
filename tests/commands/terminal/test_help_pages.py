import importlib
import inspect
import pkgutil
from typing import Any

import pytest

from kit import commands
from kit.commands.terminal import program
from kit.commands.terminal.help_pages import page
from kit.setting_names import flag
from kit.settings import Training, Tuning

PROGRAMS = [
    vars(importlib.import_module(f"kit.commands.{one.name}"))[one.name]
    for one in pkgutil.iter_modules(commands.__path__)
    if one.name in vars(importlib.import_module(f"kit.commands.{one.name}"))
]
every_program = pytest.mark.parametrize("command", PROGRAMS, ids=lambda one: one.__name__)


def flags_of(command: Any) -> list[str]:
    parameters = inspect.signature(command).parameters.values()
    return [flag(one.name) for one in parameters if one.kind is one.KEYWORD_ONLY]


@every_program
def test_the_short_page_is_one_screen_and_the_long_one_has_every_flag(command: Any) -> None:
    short, long = (page(command.kind, "kit-it", every=every) for every in (False, True))

    assert len(short.splitlines()) <= 50
    for text in (short, long):
        assert max(map(len, text.splitlines())) <= 100
        assert not any(word in text for word in ("`", "None", "{}", "()", "  \n"))
        assert all(f" {name}" in text for name in ("--config", "--version", "--help-all"))
    labels = [line.strip() for line in long.splitlines() if line.startswith("  -")]
    for name in flags_of(command):
        shown = (name, f"--[no-]{name[2:]}")
        assert sum(label.split()[0] in shown for label in labels) == 1


@every_program
def test_a_kind_of_settings_says_its_ten_flags_and_its_groups(command: Any) -> None:
    kind = command.kind
    short, long = (page(kind, "kit-it", every=every) for every in (False, True))

    assert set(kind.often) <= set(inspect.signature(command).parameters)
    assert set(kind.instead) <= set(inspect.signature(command).parameters)
    assert len(kind.often) <= 10
    assert set(kind.examples)
    assert all(f"  {flag(name)}" in short for name in kind.often)
    for group in kind.groups():
        if group is not kind:
            title = str(inspect.getdoc(group)).split("\n")[0].removesuffix(".")
            assert f"\n{title}:\n" in long


def test_a_default_is_said_once_and_choices_stand_behind_the_flag() -> None:
    text = page(Training, "kit", every=True)

    for said in (
        "--batch-size N            Images per step (default 32).",
        "--[no-]cache              Keep decoded images in the user's cache folder (default yes).",
        "--color auto|rgb|grayscale",
        "--augment LAYER=VALUE",
        "--last-epoch epochs",  # a setting in a sentence
    ):
        assert said in text
    assert "(default auto" not in text.partition("--color")[2].partition("--aspect")[0]


def test_what_holds_for_a_training_alone_is_not_said_of_a_search() -> None:
    text = page(Tuning, "kit", every=True)

    assert "by default 0.003" not in text
    assert "Searched unless it or --search is given." in " ".join(text.split())


def test_a_narrow_terminal_gets_narrow_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = page(PROGRAMS[0].kind, "kit-it", every=False)

    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize("asked", [["photos", "--help"], ["-h"], ["--help-all", "--epochs", "x"]])
def test_help_is_printed_whatever_else_is_said(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    program(PROGRAMS[0], asked)

    said = capsys.readouterr()
    assert "--help-all" in said.out
    assert not said.err
