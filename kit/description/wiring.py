"""Which layer of a model reads which, blocks opened, by the public account that Keras gives of it.

Layers are not all: ``keras.ops`` adds operations to a Functional model that are no layers and
mostly have no name of their own. Both are steps here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

__all__ = ["Source", "Step", "wiring"]

Source = tuple[int, int]  # number of a step, and which of its results, mostly 0


@dataclass(frozen=True)
class Step:
    """One call of a layer, or of an operation that is no layer.

    Attributes:
        name: The layer's name; for an operation without one its kind, numbered within the network,
            as in ``"pad_1"``. No two steps share one.
        operation: Keras' layer or operation.
        sources: What it reads, in the order of its arguments.
        arguments: Serialized arguments of the call, the tensors among them.
        again: Whether an earlier step is a call of the same layer, whose weights are shared.
    """

    name: str
    operation: Any
    sources: tuple[Source, ...] = ()
    arguments: tuple[Any, ...] = field(default=(), compare=False)
    again: bool = False

    @property
    def kind(self) -> str:
        """Return the Keras class, as in ``"Conv2D"``."""
        name = type(self.operation).__name__
        return "Input" if name == "InputLayer" else name

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """Return the shape of the first result by Keras' account, without the batch axis."""
        if self.again:  # Keras keeps the first call's only
            read = [tuple(tensor["shape"]) for tensor in _tensors(self.arguments)]
            return tuple(
                self.operation.compute_output_shape(read if len(read) > 1 else read[0])[1:]
            )
        output = self.operation.output
        return tuple((output[0] if isinstance(output, list | tuple) else output).shape[1:])

    @property
    def parameters(self) -> int:
        """Return how many numbers the weights hold, by Keras' account."""
        has_weights = hasattr(self.operation, "count_params") and not self.again
        return int(self.operation.count_params()) if has_weights else 0


def wiring(model: Any) -> tuple[list[Step], Source]:
    """Return the steps of a built model with one input, and which of them is the output.

    Each step stands behind those that it reads. Both styles of an architecture give the same steps;
    a network within the network, such as a backbone, is one step.
    """
    steps: list[Step] = []
    output = _walk(model, None, steps)
    return _named(steps), output


def _walk(model: Any, outside: Source | None, steps: list[Step]) -> Source:
    """Append the steps of a model that reads ``outside``, or an image; return its result."""
    if type(model).__name__ != "Sequential":
        return _walk_graph(model, outside, steps)
    if outside is None:
        entry = model.inputs[0]._keras_history.operation
        outside = _append(steps, Step("", entry))
    for layer in model.layers:
        if _is_block(layer):
            outside = _walk_graph(layer, outside, steps)
        else:
            outside = _append(steps, Step("", layer, (outside,)))
    return outside


def _walk_graph(model: Any, outside: Source | None, steps: list[Step]) -> Source:
    config = model.get_config()
    operations = {operation.name: operation for operation in model.operations}
    places: dict[tuple[str, int], Source] = {}  # by the layer's name and the call's number
    waiting: list[tuple[str, int, Any]] = []
    for item in config["layers"]:
        for number, node in enumerate(item["inbound_nodes"] or [None]):
            waiting.append((item["name"], number, node))
    while waiting:
        # Mostly the first: a layer that is called twice stands before what its second call reads.
        ready = next(
            at
            for at, (_, _, node) in enumerate(waiting)
            if all((name, call) in places for name, call, _ in _histories(node))
        )
        name, number, node = waiting.pop(ready)
        if node is None and outside is not None:
            places[name, number] = outside
            continue
        sources = tuple(
            _result(places[source, call], result) for source, call, result in _histories(node)
        )
        arguments = (*node["args"], *node["kwargs"].values()) if node else ()
        step = Step("", operations[name], sources, arguments, again=number > 0)
        places[name, number] = _append(steps, step)
    name, call, result = _first(config["output_layers"])
    if hasattr(operations[name], "operations"):  # Keras counts a nested model's own graph as a call
        call -= 1
    return _result(places[name, call], result)


def _append(steps: list[Step], step: Step) -> Source:
    steps.append(step)
    return len(steps) - 1, 0


def _result(place: Source, number: int) -> Source:
    """Return a result of a step; what a block reads may itself be a later result of one."""
    return place[0], place[1] + number  # one of the two is 0


def _first(outputs: Any) -> tuple[str, int, int]:
    """Return the history of the first output; Keras nests them differently for one and several."""
    while not isinstance(outputs[0], str):
        outputs = next(iter(outputs.values())) if isinstance(outputs, Mapping) else outputs[0]
    name, call, result = outputs
    return name, call, result


def _histories(node: Any) -> Iterator[tuple[str, int, int]]:
    """Yield (layer, number of its call, number of its result) that a serialized call reads."""
    for tensor in _tensors(node):
        name, call, result = tensor["keras_history"]
        yield name, call, result


def _tensors(node: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the tensors of a serialized call."""
    if isinstance(node, Mapping):
        if "keras_history" in node:
            yield node
        else:
            for value in node.values():
                yield from _tensors(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _tensors(value)


def _is_block(layer: Any) -> bool:
    """Tell a block from a network within the network, such as a backbone, which stays closed."""
    inner = getattr(layer, "layers", [])
    return bool(inner) and all(part.name.startswith(f"{layer.name}_") for part in inner)


def _named(steps: list[Step]) -> list[Step]:
    """Give each step a name of its own, the same in both styles and in every process."""
    import keras

    automatic = []  # names that Keras counts on from one network to the next: pad_3
    for step in steps:
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", step.kind).lower()
        is_layer = isinstance(step.operation, keras.layers.Layer)
        found = not is_layer and re.fullmatch(rf"{snake}(_\d+)?", step.operation.name)
        automatic.append(snake if found else None)
    taken = {s.operation.name for s, kind in zip(steps, automatic, strict=True) if not kind}
    used: set[str] = set()
    named = []
    for step, kind in zip(steps, automatic, strict=True):
        names = (f"{kind}_{n}" if n else kind for n in count()) if kind else _calls(step)
        name = next(n for n in names if n not in used and not (kind and n in taken))
        used.add(name)
        named.append(replace(step, name=name))
    return named


def _calls(step: Step) -> Iterator[str]:
    name = step.operation.name
    return (f"{name} (call {n})" if n > 1 else name for n in count(1))
