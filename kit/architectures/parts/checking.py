"""Settings against the annotations of an architecture's ``stages``, which are the rules."""

import inspect
from collections.abc import Callable, Mapping
from typing import Literal, get_args, get_origin, get_type_hints

from kit.errors import SettingError, nearest

__all__ = ["checked", "defaults"]


def defaults(stages: Callable[..., object]) -> dict[str, object]:
    """Return the settings of an architecture, its keyword-only parameters, with their defaults."""
    parameters = inspect.signature(stages).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def checked(
    name: str, stages: Callable[..., object], settings: Mapping[str, object]
) -> dict[str, object]:
    """Return ``settings`` as ``stages`` takes them: lists as tuples, numbers of the right type.

    Args:
        name: The architecture, for the messages.
        stages: Its function, whose annotations are the rules.
        settings: What the user gave.

    Raises:
        SettingError: A setting is unknown, of the wrong type or out of its range.
    """
    known = defaults(stages)
    hints = get_type_hints(stages, include_extras=True)
    values = {}
    for setting, value in settings.items():
        if setting not in known:
            raise SettingError(
                f'{name} has no setting "{setting}".{nearest(setting, known)} '
                f"Its settings: {', '.join(known)}."
            )
        values[setting] = _read(f"{name}: {setting}", value, hints[setting])
    return values


def _read(what: str, value: object, hint: object) -> object:
    if get_origin(hint) is Literal:
        return _choice(what, value, get_args(hint))
    _, rule = get_args(hint)
    try:
        return rule.read(value)
    except (OverflowError, TypeError, ValueError):
        raise SettingError(f"{what} must be {rule.must_be}; got {value!r}.") from None


def _choice(what: str, value: object, choices: tuple[str, ...]) -> str:
    text = str(value) if type(value) is int else value  # YAML reads 50 as a number
    if isinstance(text, str) and text in choices:
        return text
    hint = nearest(value, choices) if isinstance(value, str) else ""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    raise SettingError(f"{what} must be one of {listed}; got {value!r}.{hint}")
