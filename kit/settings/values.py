"""Values of settings: what a type takes, and the words that stand for one."""

import contextlib
import inspect
import io
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tyro

__all__ = ["flag_of", "is_switch", "read", "several", "takes"]

KINDS = {
    float: ("a number", "numbers"),
    int: ("a whole number", "whole numbers"),
    bool: ("true or false", "of true or false"),
    Path: ("a path", "paths"),
    str: ("a word", "words"),
}


def read(annotation: Any, words: Sequence[str]) -> Any:
    """Return the value that words stand for.

    Raises:
        ValueError: They stand for none of this type.
    """
    positional: Any = Annotated[annotation, tyro.conf.Positional]
    quiet = io.StringIO()
    try:
        with contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            return tyro.cli(positional, args=list(words))
    except SystemExit:
        raise ValueError from None


def takes(annotation: Any) -> str:
    """Say what a setting of this type takes, as in "a whole number"."""
    metavar = [each.metavar for each in marks(annotation) if getattr(each, "metavar", None)]
    kind = _bare(annotation)
    if metavar:
        return str(metavar[0])
    if get_origin(kind) is Literal:
        *names, last = map(str, get_args(kind))
        return f"{', '.join(names)} or {last}" if names else last
    if get_origin(kind) is tuple:
        each = get_args(kind)[0]
        many = f"one or more {KINDS[each][1]}" if each in KINDS else f"some of {takes(each)}"
        return many if several(annotation) else takes(each)
    return KINDS[kind][0]


def flag_of(parameter: inspect.Parameter) -> str:
    """Return the flag of a parameter."""
    names = [each.name for each in marks(parameter.annotation) if getattr(each, "name", None)]
    return "--" + str(names[0] if names else parameter.name).replace("_", "-")


def is_switch(parameter: inspect.Parameter) -> bool:
    """Tell whether a flag says yes or no by itself."""
    return _bare(parameter.annotation) is bool


def marks(annotation: Any) -> tuple[Any, ...]:
    """Return what an annotation says besides the type."""
    return getattr(annotation, "__metadata__", ())


def _bare(annotation: Any) -> Any:
    """Return a type without its marks and without None."""
    kind = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(kind) in (Union, types.UnionType):
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def several(annotation: Any) -> bool:
    """Tell whether one flag takes more than one word."""
    kind = _bare(annotation)
    repeated = any(each is tyro.conf.UseAppendAction for each in marks(annotation))
    return get_origin(kind) is tuple and not repeated
