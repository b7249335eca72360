"""Networks by name, each from one declaration in two styles.

This folder is the registry: a file without a leading underscore is an architecture. It has a
function ``stages(input_shape, num_classes, *, ...) -> list[Stage]``, whose keyword-only parameters
are the settings, and ``EXAMPLE``, the settings and the input shape of a small network for the
tests. Listing the names needs no TensorFlow.
"""

import importlib
import operator
import pkgutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from kit.architectures._describe import Layer, graph, heaviest, layer_table
from kit.architectures._settings import checked, defaults
from kit.errors import SettingError, nearest

if TYPE_CHECKING:
    import keras

__all__ = [
    "Layer",
    "Style",
    "build",
    "check",
    "check_name",
    "graph",
    "heaviest",
    "layer_table",
    "names",
    "settings",
]

Style = Literal["functional", "sequential"]


def names() -> tuple[str, ...]:
    """Return the names of all architectures, sorted."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def settings(name: str) -> Mapping[str, object]:
    """Return the settings of an architecture with their defaults, in the order of its signature.

    Raises:
        SettingError: There is no architecture of this name.
    """
    return MappingProxyType(defaults(_stages(name)))


def check(name: str, **settings: Any) -> None:
    """Check settings before there are images to build the network for.

    Raises:
        SettingError: As :func:`build`, but for what depends on the images.
    """
    checked(name, _stages(name), settings)


def check_name(name: str) -> None:
    """Check that there is an architecture of this name; this needs no TensorFlow.

    Raises:
        SettingError: There is none.
    """
    if name not in names():
        raise SettingError(
            f'There is no architecture "{name}".{nearest(name, names())} '
            f"There are: {', '.join(names())}."
        )


def build(
    name: str,
    input_shape: tuple[int, int, int],
    num_classes: int,
    style: Style = "functional",
    **settings: Any,
) -> "keras.Model":
    """Build an architecture by name; the model is not compiled.

    Both styles have the same layers with the same names and, in the same order, weights of the same
    shapes: ``one.set_weights(other.get_weights())`` makes them equal functions.

    Args:
        name: One of :func:`names`; the model is called so.
        input_shape: ``(height, width, channels)`` in pixels, with 3 channels (RGB) or 1 (gray). The
            model takes ``(batch, height, width, channels)`` with values in [0, 255].
        num_classes: Number of classes, at least 2. The model returns ``(batch, num_classes)``
            probabilities, or ``(batch, 1)``, that of the second class, with ``head="sigmoid"``.
        style: A Functional model, in which the layers of all blocks lie open, or a Sequential one,
            in which each block is a nested model.
        settings: See ``settings(name)``. A list stands for a tuple, as in a YAML file.

    Raises:
        SettingError: A name is unknown, or a value of the wrong type or out of its range.
    """
    stages = _stages(name)
    if style not in get_args(Style):
        raise SettingError(
            f'The style must be "functional" or "sequential"; got {style!r}.'
            f"{nearest(str(style), get_args(Style))}"
        )
    shape = _image_shape(input_shape)
    classes = _class_count(num_classes)
    values = checked(name, stages, settings)

    from kit.architectures import _assemble  # brings TensorFlow, which names() does without

    assemble = {"functional": _assemble.functional, "sequential": _assemble.sequential}[style]
    return assemble(stages(shape, classes, **values), shape, name)


def _stages(name: str) -> Callable[..., Any]:
    check_name(name)
    stages: Callable[..., Any] = importlib.import_module(f"{__name__}.{name}").stages
    return stages


def _image_shape(input_shape: object) -> tuple[int, int, int]:
    try:
        height, width, channels = map(operator.index, input_shape)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        height = width = channels = 0
    if min(height, width) < 1 or channels not in (1, 3):
        raise SettingError(
            "input_shape must be (height, width, channels), sides of at least 1 pixel and 3 "
            f"channels (RGB) or 1 (gray); got {input_shape!r}."
        )
    return height, width, channels


def _class_count(num_classes: object) -> int:
    if isinstance(num_classes, bool) or not hasattr(num_classes, "__index__"):
        raise SettingError(f"num_classes must be a whole number; got {num_classes!r}.")
    count = operator.index(num_classes)
    if count < 2:
        raise SettingError(
            f"There must be at least 2 classes to tell apart; got {count}. Two classes are 2 with "
            'head="sigmoid" too.'
        )
    return count
