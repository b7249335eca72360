"""What is said of each setting: the text below its declaration."""

import ast
import functools
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Iterable
from inspect import Parameter

from kit.setting_names import as_names
from kit.settings.joined import Joined

WIDTH = 92  # characters of a docstring's line


def sentences(kind: type[Joined]) -> dict[str, str]:
    """Return what is said of each setting, with its default where the words do not tell it."""
    said: dict[str, str] = {}
    for group in kind.groups():
        said |= _below_fields(group.__module__).get(group.__name__, {})
    said |= kind.instead
    parameters = kind.signature().parameters
    return {name: _with_default(one, said.get(name, "")) for name, one in parameters.items()}


def documentation(kind: type[Joined], text: str, names: Iterable[str]) -> str:
    """Return the docstring of a function that takes settings as its keywords.

    Args:
        kind: Of settings.
        text: What the function says of itself besides.
        names: The settings that it takes.
    """
    said = sentences(kind)
    head, *sections = re.split(r"\n\n(?=Returns:|Raises:)", inspect.cleandoc(text), maxsplit=1)
    lines = [
        textwrap.fill(
            f"{name}: {as_names(said[name])}",
            WIDTH,
            initial_indent=" " * 4,
            subsequent_indent=" " * 8,
        )
        for name in names
    ]
    return "\n\n".join([head, "\n".join(["Args:", *lines]), *sections])


@functools.cache
def _below_fields(module: str) -> dict[str, dict[str, str]]:
    """Return the texts below the fields of a module's classes; its source is read once."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:  # a bundle without sources
        return {}
    classes = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    return {one.name: dict(_texts(one)) for one in classes}


def _texts(group: ast.ClassDef) -> Iterable[tuple[str, str]]:
    for field, below in itertools.pairwise(group.body):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            yield ast.unparse(field.target), " ".join(ast.literal_eval(below.value).split())


def _with_default(parameter: Parameter, said: str) -> str:
    default = parameter.default
    unsaid = default is Parameter.empty or default is None or default is False
    if unsaid or default in ("", (), {}) or "by default" in said.lower():
        return said
    shown = "yes" if default is True else default
    shown = " ".join(map(str, shown)) if isinstance(shown, tuple) else shown
    return f"{said.removesuffix('.')} (default {shown})."
