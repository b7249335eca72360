"""The help of a program: a page of what most people need, and the whole."""

import inspect
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter
from typing import Any

import docstring_parser

from kit.setting_names import as_flags, flag
from kit.settings import Joined, values

__all__ = ["page"]

WIDEST, COLUMN = 100, 28  # characters; where the sentences begin
FEW = 10  # flags on the short page where a program does not name them
MORE = (
    ("--config FILE", "Settings in a file, as in models/RUN/run.yaml; flags go before them."),
    ("--help, --help-all", "The flags that most people need; all of them."),
    ("--version", "The version of the toolkit."),
)
Row = tuple[str, str]


def page(command: Callable[..., object], program: str, *, every: bool) -> str:
    """Return the help as it is printed, not wider than the terminal.

    Args:
        command: Its settings are the flags, their docstrings the sentences.
        program: Its name.
        every: Whether every flag is told, in titled groups, or those that most people need.
    """
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    kind = getattr(command, "kind", command)
    told = docstring_parser.parse(inspect.getdoc(kind) or "")
    parameters = inspect.signature(command).parameters.values()
    places = [one for one in parameters if one.kind is not one.KEYWORD_ONLY]
    flags = {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}
    sentences = _sentences(kind)
    often = getattr(kind, "often", ()) or tuple(flags)[:FEW]
    lines = [*_paragraphs(told.short_description, width), ""]
    lines += [f"  {' '.join([program, *map(_place, places), '[FLAGS]'])}", ""]
    if every:
        lines += [*_paragraphs(told.long_description, width), ""]
    lines += _rows([(_word(one), sentences.get(one.name, "")) for one in places], width)
    if examples := getattr(kind, "examples", ()):
        lines += ["", "Examples:", *(f"  {program} {words}" for words in examples)]
    titles = dict(_titles(kind, tuple(flags)))
    chosen = titles if every else {_short_title(often, flags): often}
    for title, names in chosen.items():
        rows = [(_label(flags[one]), _sentence(flags[one], sentences)) for one in names]
        lines += ["", f"{title}:", *_rows(rows, width)]
    lines += ["", "Every program has:" if every else "Also:", *_rows(MORE, width)]
    if not every and len(titles) > 1:
        lines += ["", f"All {len(flags)} flags, by {program} --help-all:"]
        lines += [f"  {title}" for title in titles]
    return "\n".join(line.rstrip() for line in lines)


def _short_title(often: Sequence[str], flags: Mapping[str, Parameter]) -> str:
    return "Flags" if len(often) == len(flags) else "The flags that most people need"


def _titles(kind: Any, flags: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the groups of flags, with the sentence that names each."""
    if not (isinstance(kind, type) and issubclass(kind, Joined)):
        yield "Flags", flags
        return
    for group, names in kind.groups().items():
        if own := [name for name in names if name in flags]:
            title = "Flags" if group is kind else (inspect.getdoc(group) or "").split("\n")[0]
            yield title.removesuffix("."), own


def _sentences(kind: Any) -> dict[str, str]:
    """Return what is said of each setting."""
    if not (isinstance(kind, type) and issubclass(kind, Joined)):
        params = docstring_parser.parse(inspect.getdoc(kind) or "").params
    else:
        told = map(docstring_parser.parse_from_object, kind.groups())
        params = [one for group in told for one in group.params]
    said = {one.arg_name: " ".join((one.description or "").split()) for one in params}
    return said | dict(getattr(kind, "instead", {}))


def _sentence(parameter: Parameter, sentences: Mapping[str, str]) -> str:
    said, default = sentences.get(parameter.name, ""), parameter.default
    unsaid = default is Parameter.empty or default is None or default is False
    if unsaid or default in ((), {}) or "by default" in said.lower():
        return said
    shown = "yes" if default is True else default
    shown = " ".join(map(str, shown)) if isinstance(shown, tuple) else shown
    return f"{said.removesuffix('.')} (default {shown})."


def _place(parameter: Parameter) -> str:
    name = _word(parameter)
    return name if parameter.default is Parameter.empty else f"[{name}]"


def _word(parameter: Parameter) -> str:
    name = parameter.name.upper()
    return f"{name} ..." if values.several(parameter.annotation) else name


def _label(parameter: Parameter) -> str:
    name = flag(parameter.name)
    if values.is_switch(parameter.annotation):
        return name if parameter.default is False else f"--[no-]{name[2:]}"
    return f"{name} {values.metavar(parameter.annotation)}"


def _paragraphs(text: str | None, width: int) -> list[str]:
    return textwrap.wrap(as_flags(" ".join((text or "").split())), width)


def _rows(rows: Sequence[Row], width: int) -> list[str]:
    """Return two columns; a label that is too long has its line alone."""
    lines = []
    for label, text in rows:
        beside = textwrap.wrap(as_flags(text), width - COLUMN) or [""]
        if len(label) > COLUMN - 4:
            lines += textwrap.wrap(
                label, width - 2, initial_indent="  ", subsequent_indent="      "
            )
        else:
            lines.append(f"  {label:{COLUMN - 2}}{beside.pop(0)}")
        lines += [" " * COLUMN + line for line in beside]
    return lines
