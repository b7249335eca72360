"""Which layer of a model reads which, blocks opened.

Layers are not all: ``keras.ops`` adds operations to a Functional model that are no layers and
mostly have no name of their own. Both are steps here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

__all__ = ["Step", "wiring"]


@dataclass(frozen=True)
class Step:
    """One call of a layer, or of an operation that is no layer.

    Attributes:
        name: The layer's name, or the operation's without Keras' number; no two steps share one.
        node: Keras' record of the call.
        sources: Numbers of the steps that it reads, in the order of its arguments.
        again: Whether an earlier step is a call of the same layer, whose weights are shared.
    """

    name: str
    node: Any
    sources: tuple[int, ...]
    again: bool

    @property
    def operation(self) -> Any:
        """Return Keras' layer or operation."""
        return self.node.operation

    @property
    def kind(self) -> str:
        """Return the Keras class, as in ``"Conv2D"``."""
        return type(self.operation).__name__.replace("InputLayer", "Input")

    @property
    def is_network(self) -> bool:
        """Tell whether this is a network within the network, whose layers are known."""
        return hasattr(_graph(self.operation), "_nodes_by_depth")

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Return the shape of what it reads first, without the batch axis."""
        return tuple(self.node.input_tensors[0].shape[1:])

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Return the shape of the first result, without the batch axis."""
        return tuple(self.node.outputs[0].shape[1:])

    @property
    def parameters(self) -> int:
        """Return how many numbers its weights hold."""
        return 0 if self.again else size(getattr(self.operation, "weights", ()))


def size(variables: Any) -> int:
    """Return how many numbers variables or tensors hold, an open side counted as 1."""
    return sum(prod(side or 1 for side in one.shape) for one in variables)


def wiring(model: Any) -> list[Step]:
    """Return the steps of a built model with one input and one output, which is the last.

    Each step stands behind those that it reads. Both styles of an architecture give the same steps;
    a network within the network, such as a backbone, is one step.
    """
    steps: list[Step] = []
    _walk(model, None, steps)
    return list(_named(steps))


def _walk(model: Any, outside: int | None, steps: list[Step]) -> int:
    """Append the steps of a model that reads ``outside``, or an image; return the last one."""
    graph = _graph(model)
    order = {operation: number for number, operation in enumerate(graph.operations)}
    called = {id(step.operation) for step in steps}
    places: dict[tuple[Any, int], int] = {}  # by the operation and the number of its call
    for _, nodes in sorted(graph._nodes_by_depth.items(), reverse=True):
        for node in sorted(nodes, key=lambda node: order[node.operation]):
            sources = tuple(places[tensor._keras_history[:2]] for tensor in node.input_tensors)
            if node.is_input and outside is not None:
                place = outside
            elif _is_block(node.operation):
                place = _walk(node.operation, sources[0], steps)
            else:
                place = len(steps)
                steps.append(Step("", node, sources, id(node.operation) in called))
                called.add(id(node.operation))
            places[node.outputs[0]._keras_history[:2]] = place
    return places[graph.outputs[0]._keras_history[:2]]


def _graph(model: Any) -> Any:
    return getattr(model, "_functional", model)  # a Sequential model keeps its graph inside


def _is_block(layer: Any) -> bool:
    """Tell a block from a network within the network, such as a backbone, which stays closed."""
    inner = getattr(layer, "layers", [])
    return bool(inner) and all(part.name.startswith(f"{layer.name}_") for part in inner)


def _named(steps: list[Step]) -> Iterator[Step]:
    """Give each step a name of its own, the same in both styles and in every process."""
    import keras

    calls = Counter[str]()
    for step in steps:
        name = step.operation.name
        if not isinstance(step.operation, keras.layers.Layer):
            name = re.sub(r"_\d+$", "", name)  # Keras counts on from one network to the next
        calls[name] += 1
        yield replace(step, name=f"{name} ({calls[name]})" if calls[name] > 1 else name)
