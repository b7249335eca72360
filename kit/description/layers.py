"""What a model consists of, as plain data: Keras' own account, and one by arithmetic.

Both styles of an architecture give the same tables: a block that a Sequential model nests is
opened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from kit.architectures.backbones.weightless import without_weights
from kit.description.costs import outcome
from kit.description.layer_graph import graph
from kit.description.windows import Outcome, Pair, Reach, Signal
from kit.description.wiring import Step, wiring
from kit.errors import SettingError

if TYPE_CHECKING:
    import keras
    import pandas as pd

__all__ = [
    "Description",
    "Layer",
    "Row",
    "describe_model",
    "layer_table",
    "traced",
]

FLOAT = 4  # bytes of a float32
# Keras' own shape and parameters are there in its place; its work is not counted.
NO_FORMULA = "no formula for this kind; shape and parameters are as Keras says, work is not counted"


@dataclass(frozen=True)
class Layer:
    """One row of the layer table.

    Attributes:
        name: The layer's name.
        kind: Its Keras class, as in ``"Conv2D"``.
        output_shape: Without the batch axis, as in ``(height, width, channels)``.
        parameters: Numbers in its weights, those that are not trained included.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True)
class Row(Layer):
    """One layer and what it costs, for one image.

    Attributes:
        fixed: How many of the parameters training does not change.
        multiply_adds: Of convolutions and dense layers, as papers count them; what other layers do
            is a few operations for each value.
        activation_bytes: What the result takes in float32; 0 where only the shape changes.
        receptive_field: Height and width in pixels of the part of the image that one value depends
            on, what lies beyond the image's edges counted; or ``"whole"`` or ``"unknown"``.
        stride: How many pixels of the image lie between two neighbours of the map, down and across;
            None where there is no map.
        note: What deserves a remark, such as pixels that a window leaves out.
    """

    fixed: int
    multiply_adds: int
    activation_bytes: int
    receptive_field: Reach
    stride: Pair | None
    note: str = ""


@dataclass(frozen=True)
class Description:
    """What a network consists of and costs, for one image of a fixed size.

    Attributes:
        rows: One for the image and for each layer, in the order of the data. A network within the
            network, such as a backbone, is one row with the sums over its layers.
        nodes: Of a drawing, see :func:`kit.description.graph`.
        edges: Of a drawing.
    """

    rows: tuple[Row, ...]
    nodes: tuple[tuple[str, str, str], ...]
    edges: tuple[tuple[str, str], ...]

    @property
    def parameters(self) -> int:
        """Return the number of all parameters."""
        return sum(row.parameters for row in self.rows)

    @property
    def fixed(self) -> int:
        """Return how many parameters training does not change."""
        return sum(row.fixed for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Return the multiply-adds for one image, forwards."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Return the bytes of all results for one image, forwards, if all are kept."""
        return sum(row.activation_bytes for row in self.rows)

    def training_bytes(self, batch_size: int) -> int:
        """Estimate the memory of training with Adam in float32.

        The results of a batch and as many gradients, and each trained parameter four times: itself,
        its gradient and Adam's two moments. Only an estimate: a framework frees some results
        early, and needs room to work in beside them.
        """
        trained = self.parameters - self.fixed
        return 2 * batch_size * self.activation_bytes + (4 * trained + self.fixed) * FLOAT

    def table(self) -> "pd.DataFrame":
        """Return the rows as a table, a column for each attribute of :class:`Row`."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows])


def layer_table(model: "keras.Model") -> list[Layer]:
    """Return one row for the input and for each layer, in the order of the data."""
    steps, _ = wiring(model)
    return [Layer(step.name, step.kind, step.output_shape, step.parameters) for step in steps]


def describe_model(model: "keras.Model") -> Description:
    """Describe a built model with one input.

    Raises:
        SettingError: Its input has no fixed height and width.
    """
    if None in model.input_shape[1:]:
        raise SettingError(
            "Only a network for images of one size can be described, since all that it costs "
            f"depends on it; {model.name} takes images of {model.input_shape[1:]}. Build it with a "
            "height and a width."
        )
    steps, _ = wiring(model)
    rows = [
        Row(
            step.name,
            step.kind,
            result.outputs[0].shape,
            result.learned + result.measured,
            result.measured,
            result.multiply_adds,
            result.kept * FLOAT,
            result.outputs[0].reach,
            result.outputs[0].stride,
            result.note,
        )
        for step, result in zip(steps, _follow(steps), strict=True)
    ]
    nodes, edges = graph(model)
    return Description(tuple(rows), tuple(nodes), tuple(edges))


def traced(build: Callable[[], "keras.Model"]) -> Description:
    """Describe a model that is built without its weights, which takes neither time nor memory."""
    return without_weights(lambda: describe_model(build()))


def _follow(steps: Sequence[Step], image: Signal | None = None) -> list[Outcome]:
    """Return what each step makes of the image, or of what stands in its place."""
    results: list[Outcome] = []
    for step in steps:
        if step.kind == "Input" and image is not None:
            results.append(Outcome((image,), stored=0))
        else:
            results.append(_result(step, [results[at].outputs[n] for at, n in step.sources]))
    return results


def _result(step: Step, inputs: Sequence[Signal]) -> Outcome:
    import keras

    layer = step.operation
    if type(layer).__name__ in ("Functional", "Model", "Sequential") and len(inputs) == 1:
        result = _closed(layer, inputs[0])
    else:
        found = outcome(type(layer).__name__, layer.get_config(), inputs, step.arguments)
        result = found or _unknown(step, layer, inputs)
    if step.again:
        return replace(result, learned=0, measured=0)
    if isinstance(layer, keras.layers.Layer) and not layer.trainable:
        return replace(result, learned=0, measured=result.learned + result.measured)
    return result


def _closed(network: Any, image: Signal) -> Outcome:
    """Return the sums over a network within the network."""
    steps, (last, number) = wiring(network)
    inner = _follow(steps, image)
    return Outcome(
        (inner[last].outputs[number],),
        sum(each.learned for each in inner),
        sum(each.measured for each in inner),
        sum(each.multiply_adds for each in inner),
        note=f"a network of {len(steps)} layers, all of them counted",
        stored=sum(each.kept for each in inner),
    )


def _unknown(step: Step, layer: Any, inputs: Sequence[Signal]) -> Outcome:
    output = layer.output
    shapes = [t.shape[1:] for t in (output if isinstance(output, list | tuple) else [output])]
    reach: Reach = "whole" if all(s.reach == "whole" for s in inputs) else "unknown"
    fixed = sum(prod(w.shape) for w in getattr(layer, "non_trainable_weights", ()))
    return Outcome(
        tuple(Signal(tuple(side or 1 for side in shape), reach, None) for shape in shapes),
        step.parameters - fixed,
        fixed,
        note=NO_FORMULA,
    )
