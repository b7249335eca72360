"""One list of stages, two models: the Functional and the Sequential assembler."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeAlias

import keras

P = ParamSpec("P")
Tensor: TypeAlias = keras.KerasTensor


class Block:
    """A named function of one tensor, usable as a stage.

    In a Functional model its layers lie open in the graph; in a Sequential model they are one
    nested model, which is a layer. Names in a Functional model share one namespace: the block
    called ``mixed1`` owns every name that starts with ``mixed1_``, and its function keeps to that.
    """

    def __init__(
        self,
        function: Callable[Concatenate[Tensor, P], Tensor],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Keep ``function`` and what it is called with besides the tensor; ``name`` is required."""
        self.name = str(kwargs["name"])
        self._apply: Callable[[Tensor], Tensor] = lambda x: function(x, *args, **kwargs)

    def __call__(self, x: Tensor) -> Tensor:
        """Add the block's layers to the graph that ``x`` belongs to."""
        return self._apply(x)

    def as_layer(self, input_shape: tuple[int | None, ...]) -> keras.Model:
        """Return the block as a model of its own, for inputs of ``(height, width, channels)``."""
        inputs = keras.Input(input_shape, name=f"{self.name}_input")
        return keras.Model(inputs, self(inputs), name=self.name)


Stage: TypeAlias = keras.layers.Layer | Block


def named(result: Tensor, name: str) -> Tensor:
    """Name the operation of ``keras.ops`` that has just made ``result``, and return that.

    Keras would count its names on from one network to the next in each process: divide_3.
    """
    result._keras_history.operation.name = name
    return result


def functional(
    stages: Sequence[Stage], input_shape: tuple[int, int, int], name: str
) -> keras.Model:
    """Chain the stages in the Functional style; the stages cannot be used for a second model."""
    inputs = x = keras.Input(input_shape, name="image")
    for stage in stages:
        x = stage(x)
    return keras.Model(inputs, x, name=name)


def sequential(
    stages: Sequence[Stage], input_shape: tuple[int, int, int], name: str
) -> keras.Sequential:
    """Stack the stages in the Sequential style; the stages cannot be used for a second model."""
    stack = [keras.Input(input_shape, name="image")]
    shape: tuple[int | None, ...] = (None, *input_shape)
    for stage in stages:
        layer = stage.as_layer(shape[1:]) if isinstance(stage, Block) else stage
        # Not layer(x).shape: a call would leave the layer connected to a graph that is thrown away.
        shape = layer.compute_output_shape(shape)
        stack.append(layer)
    return keras.Sequential(stack, name=name)
