"""What a model consists of, as plain data: a table of its layers and a graph to draw.

Both styles of an architecture give the same table and the same graph: a block that a Sequential
model nests is opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

__all__ = ["Layer", "graph", "heaviest", "layer_table"]

# Below this many parameters a lopsided network is no trouble; the smallest usual ones have more.
WORTH_A_WORD = 100_000
# Drawn with the layer that they follow.
FOLLOWERS = {"Activation", "BatchNormalization", "Dropout", "LeakyReLU"}


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


def layer_table(model: "keras.Model") -> list[Layer]:
    """Return one row for the input and for each layer, in the order of the data."""
    return [_row(layer) for layer, _ in _wiring(model)]


def heaviest(rows: Sequence[Layer]) -> str | None:
    """Name the dense layer that holds most of the parameters, and what helps; None without one.

    Convolutions are passed over: the last of a growing row holds most by nature, and few in all.

    Args:
        rows: Of :func:`layer_table`.

    Returns:
        A sentence if one dense layer holds more than half of 100,000 parameters or more.
    """
    total = sum(row.parameters for row in rows)
    if total < WORTH_A_WORD:
        return None
    place, row = max(enumerate(rows), key=lambda item: item[1].parameters)
    if row.kind != "Dense" or 2 * row.parameters <= total:
        return None
    share = f"{100 * row.parameters / total:.1f}".removesuffix(".0")
    sentence = f"{row.name} holds {row.parameters:,} of the {total:,} parameters ({share} %)"
    before = [earlier for earlier in rows[:place] if earlier.kind in ("Dense", "Flatten")]
    if before and before[-1].kind == "Flatten":
        values = prod(side or 1 for side in before[-1].output_shape)
        return (
            f"{sentence}: it is connected to each of the {values:,} values of the flattened map. "
            'features="average", another pooling or smaller images leave far fewer.'
        )
    return f"{sentence}; fewer units in it make the network smaller."


def graph(model: "keras.Model") -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
    """Return what a drawing of the network needs.

    Normalization, activation and dropout are told with the layer whose result they change.

    Returns:
        Nodes ``(name, text, kind)``, where the text has up to three lines (what it is; what
        follows; the shape of the result and the number of parameters) and the kind is the Keras
        class, and edges ``(from, to)`` between names, in the order of the data.
    """
    wiring = _wiring(model)
    readers = [source for _, sources in wiring for source in sources]
    groups: dict[str, list[Any]] = {}
    home: dict[str, str] = {}  # the node that a layer is drawn in
    edges = []
    for layer, sources in wiring:
        if type(layer).__name__ in FOLLOWERS and readers.count(sources[0]) == 1:
            home[layer.name] = home[sources[0]]
            groups[home[layer.name]].append(layer)
        else:
            home[layer.name] = layer.name
            groups[layer.name] = [layer]
            edges += [(home[source], layer.name) for source in sources]
    nodes = [(name, _text(group), type(group[0]).__name__) for name, group in groups.items()]
    return nodes, edges


def _wiring(model: Any) -> list[tuple[Any, list[str]]]:
    """Return each layer with the names of the layers it reads, blocks opened."""
    (image,) = model.inputs
    if type(model).__name__ != "Sequential":
        return list(_open(model, []))
    result: list[tuple[Any, list[str]]] = [(image._keras_history.operation, [])]
    for layer in model.layers:
        previous = [result[-1][0].name]
        result += _open(layer, previous) if _is_block(layer) else [(layer, previous)]
    return result


def _open(model: Any, outside: list[str]) -> Iterator[tuple[Any, list[str]]]:
    """Yield the layers of a Functional model; what reads its input reads ``outside``, if given."""
    config = model.get_config()  # the public account of which layer reads which
    entry = config["layers"][0]["name"]
    for item in config["layers"]:
        sources = list(dict.fromkeys(_histories(item["inbound_nodes"])))
        if item["name"] == entry and outside:
            continue
        replaced = outside if outside and sources == [entry] else sources
        yield model.get_layer(item["name"]), replaced


def _histories(node: Any) -> Iterator[str]:
    """Yield the names of the layers whose results a node of a model's configuration reads."""
    if isinstance(node, dict):
        if "keras_history" in node:
            yield node["keras_history"][0]
        else:
            yield from (name for value in node.values() for name in _histories(value))
    elif isinstance(node, list | tuple):
        yield from (name for value in node for name in _histories(value))


def _is_block(layer: Any) -> bool:
    """Tell a block from a network within the network, such as a backbone, which stays closed."""
    inner = getattr(layer, "layers", [])
    return bool(inner) and all(part.name.startswith(f"{layer.name}_") for part in inner)


def _row(layer: Any) -> Layer:
    kind = "Input" if type(layer).__name__ == "InputLayer" else type(layer).__name__
    return Layer(layer.name, kind, tuple(layer.output.shape[1:]), layer.count_params())


def _text(group: Sequence[Any]) -> str:
    shape = " × ".join(str(side) for side in group[-1].output.shape[1:])
    parameters = sum(layer.count_params() for layer in group)
    numbers = f"{shape} · {parameters:,} parameters" if parameters else shape
    first, *rest = (_phrase(layer) for layer in group)
    return "\n".join(line for line in (first, " · ".join(rest), numbers) if line)


def _phrase(layer: Any) -> str:
    """Say what a layer does in the words of a course."""
    match type(layer).__name__:
        case "InputLayer":
            return "image, pixels 0 to 255"
        case "Rescaling":
            low, high = layer.offset, 255 * layer.scale + layer.offset
            return f"scale to {low:g} … {high:g}"
        case "Conv2D":
            return _window(layer, layer.kernel_size, f"convolution, {layer.filters} filters")
        case "MaxPooling2D":
            return _window(layer, layer.pool_size, "max pooling")
        case "AveragePooling2D":
            return _window(layer, layer.pool_size, "mean pooling")
        case "GlobalAveragePooling2D":
            return "mean of each channel"
        case "Dense":
            activation = layer.activation.__name__
            return f"dense, {layer.units} units" + (
                "" if activation == "linear" else f" · {activation}"
            )
        case "Activation":
            return str(layer.activation.__name__)
        case "LeakyReLU":
            return "leaky_relu"
        case "BatchNormalization":
            return "batch norm"
        case "Dropout":
            return f"dropout {layer.rate:g}"
        case other:
            return other.lower()


def _window(layer: Any, size: tuple[int, int], what: str) -> str:
    step = layer.strides[0]
    return f"{size[0]}×{size[1]} {what}" + (f", stride {step}" if step != 1 else "")
