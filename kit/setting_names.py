"""Names of settings in texts: words of Python to its callers, flags to the user of a program.

A text says a setting between backticks, alone or with a value: "`learning_rate` must be above 0",
"take `augmentation=light`".
"""

import contextlib
import re
from collections.abc import Callable, Iterator

MARKED = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`\n]*))?`")
FLAGS = {
    "settings": "set",
    "list_names": "list",
    "within": "in",
}  # the others are called as their settings
_voice: Callable[[str], str]


def flag(name: str) -> str:
    """Return the flag of a setting."""
    return "--" + FLAGS.get(name, name).replace("_", "-")


def as_names(text: str) -> str:
    """Return a text as Python has its settings: learning_rate=0.1."""
    return MARKED.sub(_name_and_value, text)


def as_flags(text: str) -> str:
    """Return a text as a program has its settings: --learning-rate 0.1, --no-cache."""
    return MARKED.sub(_flag_and_value, text)


def said(text: str) -> str:
    """Return a text as whoever reads it has its settings."""
    return _voice(text)


@contextlib.contextmanager
def flags_spoken() -> Iterator[None]:
    """Let :func:`said` speak of flags, as a program does."""
    global _voice
    before, _voice = _voice, as_flags
    try:
        yield
    finally:
        _voice = before


def _name_and_value(found: re.Match[str]) -> str:
    if found[1] in ("settings", "search") and found[2]:
        key, _, value = found[2].partition("=")
        return f'{found[1]}={{"{key}": "{value}"}}'
    return found[0][1:-1]


def _flag_and_value(found: re.Match[str]) -> str:
    name, value = flag(found[1]), found[2]
    if value in (None, "True", "yes"):
        return name
    return f"--no-{name[2:]}" if value in ("False", "no") else f"{name} {value}"


_voice = as_names
