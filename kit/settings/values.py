"""Values of settings: what a type takes, and the words that stand for one."""

import contextlib
import io
import random
import types
from collections.abc import Iterable, Mapping, Sequence, Set
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tyro

from kit.errors import SettingError
from kit.settings.texts import assignments

KINDS = {
    float: ("a number", "numbers", "NUMBER"),
    int: ("a whole number", "whole numbers", "N"),
    bool: ("true or false", "of true or false", ""),
    Path: ("a path", "paths", "PATH"),
    str: ("a word", "words", "NAME"),
}


def read(annotation: Any, words: Sequence[str]) -> Any:
    """Return the value that words stand for.

    Raises:
        ValueError: They stand for none of this type.
    """
    positional: Any = Annotated[annotation, tyro.conf.Positional]
    quiet = io.StringIO()
    state = random.getstate()  # under pytest tyro draws from it, and a network's weights follow
    try:
        with contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            return tyro.cli(positional, args=list(words))
    except SystemExit:
        raise ValueError from None
    finally:
        random.setstate(state)


def taken(name: str, annotation: Any, value: Any) -> Any:
    """Return a value of Python or YAML as a setting of this name and type takes it.

    Raises:
        SettingError: It takes no such value.
    """
    kind, refused = _bare(annotation), f"`{name}` takes {takes(annotation)}, not {value!r}."
    if is_mapping(annotation):
        if isinstance(value, str | list | tuple | Mapping):
            return assignments(value, name, takes(annotation), ranges=get_args(kind)[1] is str)
        raise SettingError(refused)
    if get_origin(kind) is Literal and (value is None or isinstance(value, bool)):
        word = {None: "auto", True: "yes", False: "no"}[value]  # as YAML and version 0.1 have them
        value = word if word in get_args(kind) else value
    if get_origin(kind) is tuple and not isinstance(value, str | Mapping):
        value = tuple(value) if isinstance(value, Iterable) else value
    if value is None:
        if type(None) in get_args(unmarked(annotation)):
            return None
        raise SettingError(f"`{name}` needs a value.")
    if _fits(kind, value):
        return value
    words = [*map(str, value)] if isinstance(value, tuple) else [str(value)]
    try:
        if "" in words or isinstance(value, bool | list | Mapping | Set):
            raise ValueError  # the text of one is no value
        return read(annotation, ["--", *words])  # they may begin with a dash
    except ValueError:
        raise SettingError(refused) from None


def takes(annotation: Any) -> str:
    """Say what a setting of this type takes, as in "a whole number"."""
    kind = _bare(annotation)
    if own := _own_metavar(annotation):
        return own
    if get_origin(kind) is Literal:
        *names, last = map(str, get_args(kind))
        return f"{', '.join(names)} or {last}" if names else last
    if get_origin(kind) is tuple:
        each = get_args(kind)[0]
        many = f"one or more {KINDS[each][1]}" if each in KINDS else f"some of {takes(each)}"
        return many if several(annotation) else takes(each)
    return KINDS[kind][0]


def metavar(annotation: Any) -> str:
    """Return what stands for a value of this type in the help."""
    kind = _bare(annotation)
    if own := _own_metavar(annotation):
        return own
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple:
        return metavar(get_args(kind)[0]) + (" ..." if several(annotation) else "")
    return KINDS[kind][2]


def begins(annotation: Any, word: str | None) -> bool:
    """Tell whether a word behind a flag that needs none can be its value."""
    names = get_args(_bare(annotation))
    return word is not None and (word in names if names else not word.startswith("-"))


def is_switch(annotation: Any) -> bool:
    """Tell whether a flag says yes or no by itself."""
    return _bare(annotation) is bool


def is_mapping(annotation: Any) -> bool:
    """Tell whether a flag takes NAME=VALUE."""
    return get_origin(_bare(annotation)) is Mapping


def several(annotation: Any) -> bool:
    """Tell whether one flag takes more than one word."""
    repeated = any(each is tyro.conf.UseAppendAction for each in marks(annotation))
    return get_origin(_bare(annotation)) is tuple and not repeated


def marks(annotation: Any) -> tuple[Any, ...]:
    """Return what an annotation says besides the type."""
    return getattr(annotation, "__metadata__", ())


def place(parameter: Parameter) -> str:
    """Return what stands for a word that belongs to no flag."""
    return _own_metavar(parameter.annotation) or parameter.name.upper()


def _own_metavar(annotation: Any) -> str:
    return next((str(one.metavar) for one in marks(annotation) if getattr(one, "metavar", 0)), "")


def _fits(kind: Any, value: Any) -> bool:
    """Tell whether a value is of a type already; what is not may stand for such a value."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(get_args(kind)[0], one) for one in value)
    return value != "" and (isinstance(value, Path) if kind is Path else type(value) is kind)


def unmarked(annotation: Any) -> Any:
    """Return a type without what an annotation says besides."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _bare(annotation: Any) -> Any:
    """Return a type without its marks and without None."""
    kind = unmarked(annotation)
    if get_origin(kind) in (Union, types.UnionType):
        return next(each for each in get_args(kind) if each is not type(None))
    return kind
