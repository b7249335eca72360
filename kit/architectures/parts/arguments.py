"""Checks of what a network is built from: its settings, by the annotations of its ``stages``."""

import dataclasses
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from kit.architectures.parts.traits import Traits, Without
from kit.errors import SettingError, nearest


def defaults(stages: Callable[..., object]) -> dict[str, object]:
    """Return the settings of an architecture with their defaults.

    They are the keyword-only parameters, and those of the traits that are settings of it.
    """
    return {name: default for name, (default, _) in _settings(stages).items()}


def arguments(
    name: str, stages: Callable[..., object], settings: Mapping[str, object]
) -> dict[str, Any]:
    """Return ``settings`` as ``stages`` takes them: lists as tuples, numbers of the right type.

    Args:
        name: The architecture, for the messages.
        stages: Its function, whose annotations are the rules.
        settings: What the user gave.

    Raises:
        SettingError: A setting is unknown, of the wrong type or out of its range.
    """
    known = _settings(stages)
    values = {}
    for setting, value in settings.items():
        if setting not in known:
            raise SettingError(
                f'{name} has no setting "{setting}".{nearest(setting, known)} Its settings are: '
                f"{', '.join(known)}."
            )
        values[setting] = _read(f"{name}: {setting}", value, known[setting][1])
    parameters = inspect.signature(stages).parameters
    own = {setting: value for setting, value in values.items() if setting in parameters}
    if "traits" not in parameters:
        return own
    shared = {setting: value for setting, value in values.items() if setting not in own}
    return {**own, "traits": dataclasses.replace(parameters["traits"].default, **shared)}


def image_shape(input_shape: object) -> tuple[int, int, int]:
    """Return the shape of the images, checked.

    Raises:
        SettingError: It is none of gray or RGB images.
    """
    try:
        height, width, channels = map(operator.index, input_shape)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        height = width = channels = 0
    if min(height, width) < 1 or channels not in (1, 3):
        raise SettingError(
            "input_shape must be (height, width, channels), with sides of at least 1 pixel and 3 "
            f"channels (RGB) or 1 (gray); got {input_shape!r}."
        )
    return height, width, channels


def class_count(num_classes: object) -> int:
    """Return the number of classes, checked.

    Raises:
        SettingError: It is no whole number of at least 2.
    """
    if isinstance(num_classes, bool) or not hasattr(num_classes, "__index__"):
        raise SettingError(f"num_classes must be a whole number; got {num_classes!r}.")
    count = operator.index(num_classes)
    if count < 2:
        raise SettingError(
            f"There must be at least 2 classes; got {count}. Two classes count as 2 with "
            'head="sigmoid" too.'
        )
    return count


def _settings(stages: Callable[..., object]) -> dict[str, tuple[object, object]]:
    """Return the default and the annotation of every setting."""
    hints = get_type_hints(stages, include_extras=True)
    of_traits = get_type_hints(Traits, include_extras=True)
    found: dict[str, tuple[object, object]] = {}
    for one in inspect.signature(stages).parameters.values():
        if isinstance(one.default, Traits):
            marks = getattr(hints[one.name], "__metadata__", ())
            left_out = {name for mark in marks if isinstance(mark, Without) for name in mark.names}
            found |= {
                name: (getattr(one.default, name), hint)
                for name, hint in of_traits.items()
                if name not in left_out
            }
        elif one.kind is one.KEYWORD_ONLY:
            found[one.name] = (one.default, hints[one.name])
    return found


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
