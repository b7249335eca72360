"""What is wrong with the words of a command line, in one sentence."""

import contextlib
import inspect
import io
import itertools
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import tyro

from kit.errors import nearest

__all__ = ["flag_of", "is_switch", "mistake", "read", "takes"]

KINDS = {
    float: ("a number", "numbers"),
    int: ("a whole number", "whole numbers"),
    bool: ("true or false", "of true or false"),
    Path: ("a path", "paths"),
    str: ("a word", "words"),
}


def mistake(command: Callable[..., object], words: Sequence[str], program: str) -> str:
    """Return what is wrong with words that the parser refused; nothing where it cannot be told.

    Args:
        command: Its parameters are the flags.
        words: Of the command line, without the program.
        program: Its name.
    """
    parameters = inspect.signature(command).parameters.values()
    flags = {flag_of(each): each for each in parameters if each.kind is each.KEYWORD_ONLY}
    places = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    begins = [n for n, word in enumerate(words) if word.startswith("--")] + [len(words)]
    loose = list(words[: begins[0]])
    for begin, end in itertools.pairwise(begins):
        flag, equals, behind = words[begin].partition("=")
        values = [*([behind] if equals else []), *words[begin + 1 : end]]
        parameter = flags.get(flag) or flags.get(f"--{flag.removeprefix('--no-')}")
        if parameter is None:
            return f"There is no {flag}.{nearest(flag, flags)}"
        if is_switch(parameter) and parameter.annotation != bool | None:
            loose += values
            continue
        most = len(values) if _several(parameter.annotation) else 1
        loose += values[most:]
        if problem := _refused(parameter, flag, values[:most]):
            return problem
    return _out_of_place(places, loose, program)


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
    metavar = [each.metavar for each in _marks(annotation) if getattr(each, "metavar", None)]
    kind = _bare(annotation)
    if metavar:
        return str(metavar[0])
    if get_origin(kind) is Literal:
        *names, last = map(str, get_args(kind))
        return f"{', '.join(names)} or {last}" if names else last
    if get_origin(kind) is tuple:
        each = get_args(kind)[0]
        several = f"one or more {KINDS[each][1]}" if each in KINDS else f"some of {takes(each)}"
        return several if _several(annotation) else takes(each)
    return KINDS[kind][0]


def flag_of(parameter: inspect.Parameter) -> str:
    """Return the flag of a parameter."""
    names = [each.name for each in _marks(parameter.annotation) if getattr(each, "name", None)]
    return "--" + str(names[0] if names else parameter.name).replace("_", "-")


def is_switch(parameter: inspect.Parameter) -> bool:
    """Tell whether a flag says yes or no by itself."""
    return _bare(parameter.annotation) is bool


def _refused(parameter: inspect.Parameter, flag: str, values: Sequence[str]) -> str:
    kind = takes(parameter.annotation)
    if not values:
        return f"{flag} takes {kind}; nothing stands behind it."
    try:
        read(parameter.annotation, values)
    except ValueError:
        return f"{flag} takes {kind}, not {' '.join(values)!r}."
    return ""


def _out_of_place(places: Sequence[inspect.Parameter], loose: Sequence[str], program: str) -> str:
    """Say which word stands for nothing, or what is missing."""
    names = " ".join(each.name.upper() for each in places) or "only flags"
    many = any(_several(each.annotation) for each in places)
    if (dashed := [word for word in loose if word.startswith("-") and word != "-"]) and not many:
        return f"There is no {dashed[0]}. {program} --help lists the flags."
    if len(loose) > len(places) and not many:
        return f"{program} takes {names}; {loose[len(places)]!r} is one word too many."
    needed = [each.name.upper() for each in places if each.default is each.empty]
    if len(loose) < len(needed):
        missing = needed[len(loose) :]
        verb = "is" if len(missing) == 1 else "are"
        return f"{program} takes {names}; {' and '.join(missing)} {verb} missing."
    return ""


def _marks(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ())


def _bare(annotation: Any) -> Any:
    """Return a type without its marks and without None."""
    kind = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(kind) in (Union, types.UnionType):
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def _several(annotation: Any) -> bool:
    kind = _bare(annotation)
    repeated = any(each is tyro.conf.UseAppendAction for each in _marks(annotation))
    return get_origin(kind) is tuple and not repeated
