"""What a setting may be. The annotations of an architecture's ``stages`` are the rules.

A signature such as ``filters: Counts = (32, 64)`` is the only place that says what ``filters`` is:
its default, its type and, through the names below, its range. Values may come from a YAML file or a
command line, so a list stands for a tuple and a whole number for a float.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from kit.errors import SettingError

INITIALIZATIONS = (
    *("auto", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform"),
    *("lecun_normal", "lecun_uniform", "small_gaussian"),
)
CALLED = {  # other names of them
    "he": "he_normal",
    "glorot": "glorot_uniform",
    "xavier": "glorot_uniform",
    "lecun": "lecun_normal",
}


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


def _counts(least: int, most: float = math.inf) -> Callable[[object], tuple[int, ...]]:
    def read(value: object) -> tuple[int, ...]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise ValueError
        return tuple(map(_count, value))

    return read


def _number(holds: Callable[[float], bool]) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)  # type: ignore[arg-type]  # text too: YAML 1.1 reads 1e-4 as a text
        if not 0 <= number < math.inf or not holds(number):
            raise ValueError
        return number

    return read


def _initialization(value: object) -> str | float:
    name = CALLED.get(value, value) if isinstance(value, str) else value
    return str(name) if name in INITIALIZATIONS else _number(bool)(value)


AutoCounts = Annotated[
    tuple[int, ...] | None,
    Rule(
        "a list of one or more whole numbers, each at least 1, such as [32, 64], or None (null) to "
        "choose by the image size",
        lambda value: None if value is None else _counts(1)(value),
    ),
]
Count = Annotated[int, Rule("a whole number of at least 1", _count)]
Counts = Annotated[
    tuple[int, ...],
    Rule("a list of one or more whole numbers, each at least 1, such as [32, 64]", _counts(1)),
]
OptionalCounts = Annotated[
    tuple[int, ...],
    Rule("a list of whole numbers, each at least 1, or an empty list, []", _counts(0)),
]
Pair = Annotated[
    tuple[int, int],
    Rule("a list of two whole numbers, each at least 1, such as [16, 32]", _counts(2, 2)),
]
Part = Annotated[float, Rule("a number above 0 and at most 1", _number(lambda n: 0 < n <= 1))]
Share = Annotated[float, Rule("a number from 0 to below 1", _number(lambda n: n < 1))]
Strength = Annotated[float, Rule("a finite number of at least 0", _number(lambda n: n >= 0))]

Activation = Literal[
    "elu",
    "flexible_sigmoid",
    "flexible_tanh",
    "gelu",
    "leaky_relu",
    "maxout",
    "mish",
    "prelu",
    "rbf",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "tanh",
]
Downsampling = Literal["max", "mean", "stride"]
Features = Literal["average", "flatten", "max"]
Head = Literal["softmax", "sigmoid", "scores"]
Initialization = Annotated[
    str | float,
    Rule(
        f"one of {', '.join(INITIALIZATIONS)} (glorot_uniform is also called Xavier), or a number "
        "above 0 that scales a Gaussian",
        _initialization,
    ),
]
Normalization = Literal["after", "before", "none"]
Scale = Literal[
    "unit", "symmetric", "minmax", "zscore", "mean_image", "mean_channel", "channel_zscore"
]
Stem = Literal["auto", "strided", "pooled", "plain", "none"]


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
        SettingError: A side would be used up before.
    """
    first = f"a stem divides the image's sides by {stem} and " if stem > 1 else ""
    why = f"{first}{halvings} {what} halve the sides"
    require_side(name, input_shape, stem * (2**halvings - 1) + 1, why, f"fewer {what}")


def require_side(
    name: str, input_shape: tuple[int, int, int], smallest: int, why: str, instead: str = ""
) -> None:
    """Refuse images too small for a network whose number of poolings is fixed.

    Args:
        name: The architecture.
        input_shape: ``(height, width, channels)`` in pixels.
        smallest: Pixels that the shorter side must have.
        why: What asks for them, as in "its five poolings halve the sides".
        instead: What else to do than take larger images, as in 'padding="same"'.

    Raises:
        SettingError: The shorter side is smaller.
    """
    height, width, _ = input_shape
    if min(height, width) < smallest:
        raise SettingError(
            f"{name}: {why}, so the shorter side of the images must have at least {smallest} "
            f"pixels, but the images are {height}x{width}. Take larger images "
            f"(image_size){instead and f' or {instead}'}."
        )
