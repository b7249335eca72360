"""Networks by name, each from one declaration in two styles.

This folder is the registry: each file is an architecture, and a folder is none. It has a
function ``stages(input_shape, num_classes, *, ...) -> list[Stage]``, whose keyword-only parameters
are the settings, with each of its :class:`kit.architectures.parts.traits.Traits` as one, and
``EXAMPLE``, the settings and the input shape of a small network for the tests. Listing the names
needs no TensorFlow.
"""

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

from kit.architectures import backbones
from kit.architectures.backbones.model_files import load_file
from kit.architectures.parts.arguments import arguments, class_count, defaults, image_shape
from kit.errors import SettingError, nearest

if TYPE_CHECKING:
    import keras

    from kit.architectures.parts.scaling import adapt, copy_weights, needs_data

__all__ = [
    "Style",
    "adapt",
    "backbones",
    "build",
    "build_head",
    "check",
    "check_name",
    "copy_weights",
    "head",
    "learning_rate",
    "load_file",
    "names",
    "needs_data",
    "settings",
    "summary",
]

Style = Literal["functional", "sequential"]


def names() -> tuple[str, ...]:
    """Return the names of all architectures, sorted."""
    return tuple(sorted(each.name for each in pkgutil.iter_modules(__path__) if not each.ispkg))


def summary(name: str) -> str:
    """Return the first sentence of an architecture's docstring; this needs no TensorFlow.

    Raises:
        SettingError: There is no architecture of this name.
    """
    check_name(name)
    spec = importlib.util.find_spec(f"{__name__}.{name}")
    path = Path(str(spec and spec.origin))
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return docstring.partition("\n")[0]


def settings(name: str) -> Mapping[str, object]:
    """Return the settings of an architecture with their defaults, in the order of its signature.

    Raises:
        SettingError: There is no architecture of this name.
    """
    return MappingProxyType(defaults(_stages(name)))


def check(name: str, /, **settings: Any) -> None:
    """Check settings before there are images to build the network for.

    Raises:
        SettingError: As :func:`build`, but for what depends on the images.
    """
    arguments(name, _stages(name), settings)


def check_name(name: str) -> None:
    """Check that there is an architecture of this name; this needs no TensorFlow.

    Raises:
        SettingError: There is none.
    """
    if name not in names():
        raise SettingError(
            f'There is no architecture "{name}".{nearest(name, names())} Choose from: '
            f"{', '.join(names())}."
        )


def build(
    name: str,
    /,
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
            'style must be "functional" or "sequential"; got '
            f"{style!r}.{nearest(str(style), get_args(Style))}"
        )
    shape = image_shape(input_shape)
    classes = class_count(num_classes)
    values = arguments(name, stages, settings)

    from kit.architectures.parts import assembling  # brings TensorFlow, which names() does without

    assemble = {"functional": assembling.functional, "sequential": assembling.sequential}[style]
    return assemble(stages(shape, classes, **values), shape, name)


def build_head(num_features: int, num_classes: int, /, **settings: Any) -> "keras.Model":
    """Build what the architecture "pretrained" has behind its layer "features", and only that.

    Args:
        num_features: Length of the vectors that the model takes, as the backbone gave them.
        num_classes: Number of classes, at least 2.
        settings: Those of "pretrained"; what concerns the backbone makes no difference.

    Raises:
        SettingError: As :func:`build`.
    """
    values = arguments("pretrained", _stages("pretrained"), settings)
    import keras

    from kit.architectures.parts import heads

    inputs = x = keras.Input((num_features,), name="features")
    for stage in heads.classifier(class_count(num_classes), values["traits"])[1:]:
        x = stage(x)
    return keras.Model(inputs, x, name="head")


def learning_rate(name: str) -> float | None:
    """Return the highest rate of Adam that an architecture wants, None where any usual one does.

    Networks that are deep and have no batch normalization learn nothing at a rate that suits
    others; their files say so in ``LEARNING_RATE``.
    """
    check_name(name)
    rate: float | None = getattr(
        importlib.import_module(f"{__name__}.{name}"), "LEARNING_RATE", None
    )
    return rate


def head(model: "keras.Model") -> Literal["softmax", "sigmoid", "scores"]:
    """Return what a model answers with: probabilities of all classes, of one of two, or scores.

    Scores are what a last layer called "scores" gives: the largest is the answer, and they are no
    probabilities.
    """
    if model.layers[-1].name == "scores":
        return "scores"
    return "sigmoid" if model.output_shape[-1] == 1 else "softmax"


def __getattr__(name: str) -> Any:
    if name not in ("adapt", "copy_weights", "needs_data"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kit.architectures.parts import scaling  # brings Keras

    return getattr(scaling, name)


def _stages(name: str) -> Callable[..., Any]:
    check_name(name)
    stages: Callable[..., Any] = importlib.import_module(f"{__name__}.{name}").stages
    return stages
