"""A network as boxes and arrows: what is written in each box, in the words of a course."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kit.description.receptive_fields import PLACEWISE
from kit.description.wiring import Step, wiring

if TYPE_CHECKING:
    import keras

__all__ = ["graph"]

PHRASES = {
    "Add": "sum",
    "BatchNormalization": "batch norm",
    "Concatenate": "joined channels",
    "Cropping2D": "cut to a part",
    "Flatten": "all values in a row",
    "GetItem": "a part",
    "GlobalAveragePooling2D": "mean of each channel",
    "GlobalMaxPooling2D": "maximum of each channel",
    "InputLayer": "image, pixels 0 to 255",
    "LayerNormalization": "layer norm",
    "LeakyReLU": "leaky_relu",
    "Multiply": "product",
    "Normalization": "by statistics of the images",
    "ZeroPadding2D": "zeros around",
}


Graph = tuple[list[tuple[str, str, str]], list[tuple[str, str]]]  # as `graph` returns it


def graph(model: "keras.Model") -> Graph:
    """Return what a drawing of the network needs.

    Normalization, activation and dropout are told with the layer whose result they change.

    Returns:
        Nodes ``(name, text, kind)``, where the text has up to three lines (what it is; what
        follows; the shape of the result and the number of parameters) and the kind is the Keras
        class, and edges ``(from, to)`` between names, in the order of the data.
    """
    steps = wiring(model)
    sources = [list(dict.fromkeys(step.sources)) for step in steps]
    readers = [at for read in sources for at in read]
    groups: dict[int, list[Step]] = {}
    home: list[int] = []  # the node that each step is drawn in
    edges: list[tuple[str, str]] = []
    for number, (step, read) in enumerate(zip(steps, sources, strict=True)):
        # Told with the layer before, if that is read by nothing else and nothing is joined.
        if step.kind in PLACEWISE and len(read) == 1 and readers.count(read[0]) == 1:
            home.append(home[read[0]])
            groups[home[number]].append(step)
        else:
            home.append(number)
            groups[number] = [step]
            edges += [(steps[home[at]].name, step.name) for at in read]
    nodes = [
        (steps[number].name, _text(group), type(steps[number].operation).__name__)
        for number, group in groups.items()
    ]
    return nodes, list(dict.fromkeys(edges))


def _text(group: Sequence[Step]) -> str:
    shape = " × ".join(str(side) for side in group[-1].output_shape)
    parameters = sum(step.parameters for step in group)
    numbers = f"{shape} · {parameters:,} parameters" if parameters else shape
    first, *rest = (_phrase(step.operation) for step in group)
    return "\n".join(line for line in (first, " · ".join(rest), numbers) if line)


def _phrase(layer: Any) -> str:
    """Say what a layer does in the words of a course."""
    match type(layer).__name__:
        case "Rescaling" if isinstance(layer.scale, int | float):
            low, high = layer.offset, 255 * layer.scale + layer.offset
            named = layer.name == "scale"
            return f"scale to {low:g} … {high:g}" if named else _line(layer.scale, layer.offset)
        case "Conv2D":
            return _window(layer, layer.kernel_size, f"convolution, {layer.filters} filters")
        case "DepthwiseConv2D":
            return _window(layer, layer.kernel_size, "convolution, channel by channel")
        case "SeparableConv2D":
            return _window(layer, layer.kernel_size, f"separable, {layer.filters} filters")
        case "MaxPooling2D":
            return _window(layer, layer.pool_size, "max pooling")
        case "ZeroPadding2D" if layer.data_format == "channels_first":
            return "channels of zeros behind"  # read so, the last axis is that of the channels
        case "AveragePooling2D":
            return _window(layer, layer.pool_size, "mean pooling")
        case "Dense":
            activation = layer.activation.__name__
            return f"dense, {layer.units} units" + (
                "" if activation == "linear" else f" · {activation}"
            )
        case "Activation":
            return str(layer.activation.__name__)
        case "Dropout" | "SpatialDropout2D":
            return f"dropout {layer.rate:g}"
        case "Functional" | "Sequential":
            return f"network of {len(layer.layers)} layers"
        case other:
            return PHRASES.get(other, other.lower())


def _line(scale: float, offset: float) -> str:
    return f"times {scale:g}" + (f", plus {offset:g}" if offset else "")


def _window(layer: Any, size: tuple[int, int], what: str) -> str:
    step = layer.strides[0]
    return f"{size[0]}×{size[1]} {what}" + (f", stride {step}" if step != 1 else "")
