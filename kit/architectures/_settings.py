"""What a setting may be. The annotations of an architecture's ``stages`` are the rules.

A signature such as ``filters: Counts = (32, 64)`` is the only place that says what ``filters`` is:
its default, its type and, through the names below, its range. Values may come from a YAML file or a
command line, so a list stands for a tuple and a whole number for a float.
"""

import inspect
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from kit.errors import SettingError, nearest

__all__ = [
    "Activation",
    "AnyStem",
    "AutoCounts",
    "Count",
    "Counts",
    "Downsampling",
    "Features",
    "Head",
    "Normalization",
    "OptionalCounts",
    "Pair",
    "Part",
    "Scale",
    "Share",
    "Stem",
    "Strength",
    "checked",
    "defaults",
    "require_room",
    "room",
]


@dataclass(frozen=True)
class Rule:
    """What must hold for a value, in words and as a function that raises ValueError."""

    must_be: str
    read: Callable[[object], object]


def _count(value: object) -> int:
    if isinstance(value, bool):  # an int to Python; a YAML "yes" is no number of filters
        raise ValueError
    number = operator.index(value)  # type: ignore[arg-type]  # its TypeError is the test
    if number < 1:
        raise ValueError
    return number


def _counts(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError
    return tuple(_count(item) for item in value)


def _one_or_more(value: object) -> tuple[int, ...]:
    counts = _counts(value)
    if not counts:
        raise ValueError
    return counts


def _auto_counts(value: object) -> tuple[int, ...] | None:
    return None if value is None else _one_or_more(value)


def _pair(value: object) -> tuple[int, ...]:
    counts = _counts(value)
    if len(counts) != 2:
        raise ValueError
    return counts


def _strength(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError
    number = float(value)  # type: ignore[arg-type]  # text too: YAML 1.1 reads 1e-4 as a text
    if not 0 <= number < math.inf:
        raise ValueError
    return number


def _share(value: object) -> float:
    number = _strength(value)
    if number >= 1:
        raise ValueError
    return number


def _part(value: object) -> float:
    number = _strength(value)
    if not 0 < number <= 1:
        raise ValueError
    return number


AutoCounts = Annotated[
    tuple[int, ...] | None,
    Rule(
        "a list of one or more whole numbers, each at least 1, as in [32, 64], or None (null), "
        "which leaves it to the size of the images",
        _auto_counts,
    ),
]
Count = Annotated[int, Rule("a whole number of at least 1", _count)]
Counts = Annotated[
    tuple[int, ...],
    Rule("a list of one or more whole numbers, each at least 1, as in [32, 64]", _one_or_more),
]
OptionalCounts = Annotated[
    tuple[int, ...],
    Rule("a list of whole numbers, each at least 1; it may be empty, as in []", _counts),
]
Pair = Annotated[
    tuple[int, int], Rule("a list of two whole numbers, each at least 1, as in [16, 32]", _pair)
]
Part = Annotated[float, Rule("a number above 0 and at most 1", _part)]
Share = Annotated[float, Rule("a number from 0 to below 1", _share)]
Strength = Annotated[float, Rule("a finite number of at least 0", _strength)]

Activation = Literal[
    "elu", "gelu", "leaky_relu", "mish", "relu", "selu", "sigmoid", "silu", "softplus", "tanh"
]
Downsampling = Literal["max", "mean", "stride"]
Features = Literal["average", "flatten"]
Head = Literal["softmax", "sigmoid"]
Normalization = Literal["after", "before", "none"]
Scale = Literal["unit", "symmetric"]
Stem = Literal["auto", "strided", "none"]
AnyStem = Literal["auto", "strided", "pooled", "plain"]


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


def room(input_shape: tuple[int, int, int], *, stem: int = 1) -> int:
    """Return how often the sides of an image can be halved, rounding down, before one is 0.

    Args:
        input_shape: ``(height, width, channels)`` in pixels.
        stem: What a stem before the halvings divides the sides by, rounding up.
    """
    side = -(-min(input_shape[:2]) // stem)
    return side.bit_length() - 1


def require_room(
    name: str, input_shape: tuple[int, int, int], halvings: int, what: str, *, stem: int = 1
) -> None:
    """Refuse images too small to be halved so often, a halving that rounds up counted as any.

    Args:
        name: The architecture.
        input_shape: ``(height, width, channels)`` in pixels.
        halvings: How often the sides are halved behind the stem.
        what: What halves them, in the plural, as in "blocks".
        stem: What the stem divides the sides by, rounding up.

    Raises:
        SettingError: There is less :func:`room`.
    """
    height, width, _ = input_shape
    if halvings > room(input_shape, stem=stem):
        smallest = stem * (2**halvings - 1) + 1
        first = f"a stem divides the sides of the image by {stem} and " if stem > 1 else ""
        raise SettingError(
            f"{name}: {first}{halvings} {what} halve the sides one after the other, so the shorter "
            f"side of the images must have at least {smallest} pixels, but they are "
            f"{height}x{width}. Take larger images (image_size) or fewer {what}."
        )


def _read(what: str, value: object, hint: object) -> object:
    if get_origin(hint) is Literal:
        return _choice(what, value, get_args(hint))
    _, rule = get_args(hint)
    try:
        return rule.read(value)
    except (TypeError, ValueError):
        raise SettingError(f"{what} must be {rule.must_be}; got {value!r}.") from None


def _choice(what: str, value: object, choices: tuple[str, ...]) -> str:
    if isinstance(value, str) and value in choices:
        return value
    hint = nearest(value, choices) if isinstance(value, str) else ""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    raise SettingError(f"{what} must be one of {listed}; got {value!r}.{hint}")
