"""The help of a program: a page of what most people need, and the whole."""

import inspect
import shutil
import textwrap
from collections.abc import Sequence
from inspect import Parameter

import docstring_parser

from kit.setting_names import as_flags, flag
from kit.settings import Joined, values

WIDEST, COLUMN = 100, 28  # characters; where the sentences begin
MOST = "The flags that most people need"
MORE = (
    ("--config FILE", "Settings in a file, as in models/RUN/run.yaml; flags go before them."),
    ("--help, --help-all", "The flags that most people need; all of them."),
    ("--version", "The version of the toolkit."),
)
Row = tuple[str, str]


def page(kind: type[Joined], program: str, *, every: bool) -> str:
    """Return the help as it is printed, not wider than the terminal.

    Args:
        kind: Its fields are the flags, their docstrings the sentences.
        program: Its name.
        every: Whether every flag is told, in titled groups, or those that most people need.
    """
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    told = docstring_parser.parse(inspect.getdoc(kind) or "")
    parameters = kind.signature().parameters
    places = [one for one in parameters.values() if one.kind is not one.KEYWORD_ONLY]
    titles = {_title(group): names for group, names in kind.groups().items() if group is not kind}
    count, sentences = sum(map(len, titles.values())), _sentences(kind)
    lines = [*_paragraphs(told.short_description, width), ""]
    lines += [f"  {' '.join([program, *map(_place, places), '[FLAGS]'])}", ""]
    if every and told.long_description:
        lines += [*_paragraphs(told.long_description, width), ""]
    lines += _rows([(_word(one), sentences[one.name]) for one in places], width)
    if kind.examples:
        lines += ["", "Examples:", *(f"  {program} {words}" for words in kind.examples)]
    short = not every and bool(kind.often)
    for title, names in {MOST: kind.often}.items() if short else titles.items():
        flags = [parameters[name] for name in names]
        rows = [(_label(one), _sentence(one, sentences[one.name])) for one in flags]
        lines += ["", f"{title}:", *_rows(rows, width)]
    lines += ["", "Also:", *_rows(MORE, width)]
    if short:
        lines += ["", f"All {count} flags, by {program} --help-all:"]
        lines += [f"  {title}" for title in titles]
    return "\n".join(line.rstrip() for line in lines)


def _title(group: type) -> str:
    return (inspect.getdoc(group) or "").split("\n")[0].removesuffix(".")


def _sentences(kind: type[Joined]) -> dict[str, str]:
    """Return what is said of each setting."""
    told = map(docstring_parser.parse_from_object, kind.groups())
    params = [one for group in told for one in group.params]
    said = {one.arg_name: " ".join((one.description or "").split()) for one in params}
    return said | dict(kind.instead)


def _sentence(parameter: Parameter, said: str) -> str:
    """Return what is said of a setting, and its default where that is not said."""
    default = parameter.default
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
    name = values.place(parameter)
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
