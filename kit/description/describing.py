"""An architecture described by name, before it is built."""

from typing import TYPE_CHECKING, Any

from kit import architectures
from kit.description.layers import Description, traced

if TYPE_CHECKING:
    import keras

__all__ = ["describe"]


def describe(
    name: str,
    input_shape: tuple[int, int, int],
    num_classes: int,
    /,
    style: architectures.Style = "functional",
    **settings: Any,
) -> Description:
    """Describe an architecture layer by layer before it is built: no weights are made.

    Shapes, parameters, multiply-adds, memory and receptive fields are calculated by formulas from
    the layers' settings. The largest network takes well below a second.

    Args:
        name: One of :func:`names`.
        input_shape: ``(height, width, channels)`` in pixels.
        num_classes: Number of classes, at least 2.
        style: Both have the same rows.
        settings: See ``settings(name)``. Pretrained weights are neither needed nor fetched.

    Raises:
        SettingError: As :func:`build`.
    """
    architectures.check(name, **settings)
    known = architectures.settings(name)
    if "weights" not in known:
        return traced(
            lambda: architectures.build(name, input_shape, num_classes, style, **settings)
        )
    frozen = {**known, **settings}["weights"] != "none"

    def without_weights() -> "keras.Model":
        model = architectures.build(
            name, input_shape, num_classes, style, **{**settings, "weights": "none"}
        )
        model.get_layer("backbone").trainable = not frozen
        return model

    return traced(without_weights)
