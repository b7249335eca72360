"""The help of a program: a page of what most people need, and the whole."""

import inspect
import shutil
import textwrap
from collections.abc import Sequence
from inspect import Parameter

from kit.setting_names import as_flags, flag
from kit.settings import Joined, values
from kit.settings.sentences import sentences

WIDEST, COLUMN = 100, 28  # characters; where the sentences begin
MOST = "The flags that most people need"
MORE = (
    ("--config FILE", "Settings from a file such as models/RUN/run.yaml; flags override them."),
    ("--help, --help-all", "The most used flags; all flags."),
    ("--version", "The version of the toolkit."),
)
Row = tuple[str, str]


def page(kind: type[Joined], program: str, *, every: bool) -> str:
    """Return the help as wide as the terminal: ``every`` flag in groups, or the usual ones."""
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    summary, _, more = (inspect.getdoc(kind) or "").partition("\n\n")
    parameters = kind.signature().parameters
    places = [one for one in parameters.values() if one.kind is not one.KEYWORD_ONLY]
    titles = {_title(group): names for group, names in kind.groups().items() if group is not kind}
    count, said = sum(map(len, titles.values())), sentences(kind)
    lines = [*_paragraphs(summary, width), ""]
    lines += [f"  {' '.join([program, *map(_place, places), '[FLAGS]'])}", ""]
    if every and more:
        lines += [*_paragraphs(more, width), ""]
    lines += _rows([(_word(one), said[one.name]) for one in places], width)
    if kind.examples:
        lines += ["", "Examples:", *(f"  {program} {words}" for words in kind.examples)]
    short = not every and bool(kind.often)
    for title, names in {MOST: kind.often}.items() if short else titles.items():
        flags = [parameters[name] for name in names]
        rows = [(_label(one), said[one.name]) for one in flags]
        lines += ["", f"{title}:", *_rows(rows, width)]
    lines += ["", "Also:", *_rows(MORE, width)]
    if short:
        lines += ["", f"All {count} flags, by {program} --help-all:"]
        lines += [f"  {title}" for title in titles]
    return "\n".join(line.rstrip() for line in lines)


def _title(group: type) -> str:
    return (inspect.getdoc(group) or "").split("\n")[0].removesuffix(".")


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


def _paragraphs(text: str, width: int) -> list[str]:
    return textwrap.wrap(as_flags(" ".join(text.split())), width)


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
