"""Networks described layer by layer, before they are built or afterwards.

Shapes and parameters are what Keras says where it builds a network without memory for its weights.
Only multiply-adds and receptive fields are calculated here.
"""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from kit import architectures
from kit.architectures.backbones.weightless import without_weights
from kit.description.layer_graph import graph
from kit.description.layers import FLOAT, Description, Layer, Row
from kit.description.receptive_fields import CONVOLUTIONS, View, channels_first, view
from kit.description.wiring import Step, size, wiring
from kit.errors import SettingError

if TYPE_CHECKING:
    import keras

__all__ = ["describe", "describe_model", "layer_table"]

# Shape and parameters of the row are right nevertheless.
NO_FORMULA = "unknown kind of layer: neither its receptive field nor its multiply-adds are known"


def describe(
    name: str,
    input_shape: tuple[int, int, int],
    num_classes: int,
    /,
    style: architectures.Style = "functional",
    **settings: Any,
) -> Description:
    """Describe an architecture layer by layer before it is built: no weights are made.

    The largest network takes well below a second.

    Args:
        name: One of :func:`names`.
        input_shape: ``(height, width, channels)`` in pixels.
        num_classes: Number of classes, at least 2.
        style: Both have the same rows.
        settings: See ``settings(name)``. Pretrained weights are neither needed nor fetched.

    Raises:
        SettingError: As :func:`build`.
    """
    known = {**architectures.settings(name), **settings}

    def described() -> Description:
        if "weights" not in known:
            return describe_model(
                architectures.build(name, input_shape, num_classes, style, **settings)
            )
        random = {**settings, "weights": "none"}
        model = architectures.build(name, input_shape, num_classes, style, **random)
        model.get_layer("backbone").trainable = known["weights"] == "none"
        return describe_model(model)

    return without_weights(described)


def describe_model(model: "keras.Model") -> Description:
    """Describe a built model with one input.

    Raises:
        SettingError: Its input has no fixed height and width.
    """
    if None in model.input_shape[1:]:
        raise SettingError(
            "Only a network with a fixed image size can be described, since its costs depend on "
            f"it. {model.name} takes images of {model.input_shape[1:]}. Build it with a height and "
            "a width."
        )
    nodes, edges = graph(model)
    rows, _ = _follow(wiring(model), View())
    return Description(tuple(rows), tuple(nodes), tuple(edges))


def layer_table(model: "keras.Model") -> list[Layer]:
    """Return one row for the input and for each layer, in the order of the data."""
    return [_layer(step) for step in wiring(model)]


def _layer(step: Step) -> Layer:
    return Layer(step.name, step.kind, step.output_shape, step.parameters)


def _follow(steps: Sequence[Step], image: View) -> tuple[list[Row], View]:
    """Return the rows of steps that an image goes through, and what the last result sees."""
    rows: list[Row] = []
    views: list[View] = []
    for step in steps:
        inputs = [views[at] for at in step.sources]
        if step.is_network:
            work, values, seen, note = _closed(step, inputs[0])
        else:
            work, values = _multiply_adds(step), size(step.node.outputs)
            unknown = View("unknown" if any(v.reach != "whole" for v in inputs) else "whole", None)
            seen, note = view(step, inputs) or (unknown, NO_FORMULA)
        if step.kind == "Input":
            seen = image
        if step.kind in ("Flatten", "Reshape"):
            values = 0
        views.append(seen)
        fixed = 0 if step.again else size(getattr(step.operation, "non_trainable_weights", ()))
        rows.append(
            Row(
                **vars(_layer(step)),
                fixed=fixed,
                multiply_adds=work,
                activation_bytes=values * FLOAT,
                receptive_field=seen.reach,
                stride=seen.stride,
                note=note,
            )
        )
    return rows, views[-1]


def _multiply_adds(step: Step) -> int:
    """Use each weight of a kernel once at each place of the result."""
    if step.kind not in (*CONVOLUTIONS, "Dense") or channels_first(step):
        return 0
    kernels = [weight for weight in step.operation.weights if weight.name.endswith("kernel")]
    return prod(side or 1 for side in step.output_shape[:-1]) * size(kernels)


def _closed(step: Step, image: View) -> tuple[int, int, View, str]:
    """Return the sums over a network within the network: its work, its values, what it sees."""
    import keras

    network = step.operation
    if None in network.input_shape[1:]:
        same = keras.Input(step.input_shape)
        network = without_weights(lambda: keras.models.clone_model(step.operation, same))
    rows, seen = _follow(wiring(network), image)
    values = sum(row.activation_bytes for row in rows[1:]) // FLOAT
    note = f"a network of {len(rows)} layers, all counted here"
    return sum(row.multiply_adds for row in rows), values, seen, note
