"""Formulas of what has no weights: joins, reshapings, and the operations of ``keras.ops``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from kit.description.windows import (
    Call,
    Formula,
    Outcome,
    Signal,
    axes_of,
    joined_reach,
    joined_stride,
)

__all__ = ["ELEMENTWISE", "REARRANGING"]

# Kinds that compute each value from those at its place, layers and operations.
# They are told with the layer before them in a drawing.
ELEMENTWISE = frozenset(
    [
        *("Abs", "Absolute", "Activation", "ActivityRegularization", "Add", "AlphaDropout"),
        *("Average", "Cast", "Clip", "Divide", "Dropout", "ELU", "Elu", "Exp", "Expm1", "Flip"),
        *("GaussianDropout", "GaussianNoise", "Gelu", "HardSigmoid", "HardSilu", "Identity"),
        *("LeakyReLU", "LeakyRelu", "Log", "Log1p", "Maximum", "Minimum", "Mish", "Multiply"),
        *("Negative", "Power", "ReLU", "Reciprocal", "Relu", "Relu6", "Rsqrt", "Selu"),
        *("Sigmoid", "Sign", "Silu", "Softmax", "Softplus", "Softsign", "SpatialDropout2D"),
        *("Sqrt", "Square", "Subtract", "Tanh", "TrueDivide"),
    ]
)


def _input(call: Call) -> Outcome:
    _, *shape = call.config["batch_shape"]
    return Outcome((Signal(tuple(shape)),))


def _global_pooling(call: Call) -> Outcome:
    channels = call.image.shape[-1]
    shape = (1, 1, channels) if call.config["keepdims"] else (channels,)
    return Outcome((Signal(shape, "whole", None),))


def _flatten(call: Call) -> Outcome:
    return Outcome((Signal((call.image.values,), "whole", None),), stored=0)


def _reshape(call: Call) -> Outcome:
    """Keep the values in their order; they are a map no longer if its sides change."""
    target = call.config.get("target_shape")
    shape = list(call.config["newshape"][1:] if target is None else target)
    if -1 in shape:
        shape[shape.index(-1)] = call.image.values // -prod(shape)
    reach, stride = call.image.reach, call.image.stride
    if len(shape) == 1 and len(call.image.shape) > 1:
        reach, stride = "whole", None
    elif tuple(shape[:2]) != call.image.shape[:2]:
        stride = None
    return Outcome((Signal(tuple(shape), reach, stride),), stored=0)


def _padding(call: Call) -> Outcome:
    return _padded(call.image, _along(call, call.config["padding"]))


def _pad(call: Call) -> Outcome | None:
    amounts = call.config["pad_width"]
    if not isinstance(amounts, list | tuple) or len(amounts) != len(call.image.shape) + 1:
        return None
    return _padded(call.image, amounts[1:])


def _cropping(call: Call) -> Outcome:
    amounts = _along(call, call.config["cropping"])
    shape = tuple(n - sum(a) for n, a in zip(call.image.shape, amounts, strict=True))
    return Outcome((replace(call.image.plain(), shape=shape),))


def _along(call: Call, amounts: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Return amounts for all axes; read as channels first, they are for width and channels."""
    turned = call.config["data_format"] == "channels_first"
    return [(0, 0), *amounts] if turned else [*amounts, (0, 0)]


def _padded(signal: Signal, amounts: Sequence[Sequence[int]]) -> Outcome:
    shape = tuple(n + sum(a) for n, a in zip(signal.shape, amounts, strict=True))
    padded = replace(signal, shape=shape)
    if len(amounts) == 3:
        first, second, third = (after for _, after in amounts)
        padded = replace(padded, zeros=(first, second, third))
    return Outcome((padded,))


def _rescaling(call: Call) -> Outcome:
    """Scale and shift; what is multiplied by 0 depends on no pixel any more."""
    if call.config["scale"] == 0:
        return Outcome((Signal(call.image.shape, (0, 0), None),))
    return Outcome((call.image.plain(),))


def _concatenation(call: Call) -> Outcome:
    (axis,) = axes_of(call.image, call.config["axis"])
    shape = list(call.image.shape)
    shape[axis] = sum(signal.shape[axis] for signal in call.inputs)
    return Outcome((_joined(call.inputs, tuple(shape)),))


def _elementwise(call: Call) -> Outcome:
    """Compute each value from those at its place; a side of 1 serves all places."""
    shapes = [(1, *signal.shape) for signal in call.inputs]
    shapes += [_constant(argument) for argument in call.arguments]
    length = max(map(len, shapes))
    full = [(1,) * (length - len(shape)) + shape for shape in shapes]
    return Outcome(
        (_joined(call.inputs, tuple(max(sides) for sides in zip(*full, strict=True))[1:]),)
    )


def _reduction(call: Call) -> Outcome:
    """Sum, mean or maximum over some axes, the batch counted as axis 0."""
    rank = len(call.image.shape) + 1
    axis = call.config["axis"]
    given = range(1, rank) if axis is None else [axis] if isinstance(axis, int) else axis
    axes = {a % rank - 1 for a in given}
    keep = call.config["keepdims"]
    shape = tuple(
        1 if axis in axes else n
        for axis, n in enumerate(call.image.shape)
        if keep or axis not in axes
    )
    signal = replace(call.image.plain(), shape=shape)
    if rank > 3 and {0, 1} <= axes:
        signal = Signal(shape, "whole", None)
    elif rank > 3 and {0, 1} & axes:
        signal = Signal(shape, "whole" if signal.reach == "whole" else "unknown", None)
    return Outcome((signal,))


def _get_item(call: Call) -> Outcome | None:
    """Take a part of each axis, such as every second row and column."""
    key = call.arguments[1]
    parts = [_slice(part) for part in (key if isinstance(key, list | tuple) else [key])]
    rank = len(call.image.shape) + 1
    if None in parts:
        return None
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [slice(None)] * (rank - len(parts) + 1)
    parts += [slice(None)] * (rank - len(parts))
    taken = [range(n)[part] for n, part in zip(call.image.shape, parts[1:], strict=True)]
    signal = replace(call.image.plain(), shape=tuple(map(len, taken)))
    note = ""
    if rank > 3 and signal.stride:
        steps = (abs(taken[0].step), abs(taken[1].step))
        signal = replace(signal, stride=(signal.stride[0] * steps[0], signal.stride[1] * steps[1]))
        note = f"skips pixels: it takes {1 / prod(steps):.0%} of them" if prod(steps) > 1 else ""
    return Outcome((signal,), note=note)


def _division(call: Call) -> Outcome | None:
    count = call.config["indices_or_sections"]
    (axis,) = axes_of(call.image, call.config["axis"])
    if not isinstance(count, int) or axis < 0:
        return None
    shape = list(call.image.shape)
    shape[axis] //= count
    return Outcome((replace(call.image.plain(), shape=tuple(shape)),) * count)


def _slice(part: Any) -> Any:
    """Return a serialized slice as Python's own; None for what drops or adds an axis."""
    if not isinstance(part, Mapping):
        return None
    if part["class_name"] == "__ellipsis__":
        return Ellipsis
    if part["class_name"] != "__slice__":
        return None
    config = part["config"]
    return slice(config["start"], config["stop"], config["step"])


def _constant(argument: Any) -> tuple[int, ...]:
    """Return the shape of a constant of a call; () for a number, and for a tensor."""
    if isinstance(argument, Mapping):
        return _constant(argument["config"].get("value"))
    if isinstance(argument, list | tuple) and argument and not isinstance(argument[0], Mapping):
        return (len(argument), *_constant(argument[0]))
    return ()


def _joined(signals: Sequence[Signal], shape: tuple[int, ...]) -> Signal:
    return Signal(shape, joined_reach(signals), joined_stride(signals))


REARRANGING: Mapping[str, Formula] = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    "Amax": _reduction,
    "Amin": _reduction,
    "Concatenate": _concatenation,
    "Cropping2D": _cropping,
    "Flatten": _flatten,
    "GetItem": _get_item,
    "GlobalAveragePooling2D": _global_pooling,
    "GlobalMaxPooling2D": _global_pooling,
    "InputLayer": _input,
    "Max": _reduction,
    "Mean": _reduction,
    "Min": _reduction,
    "Pad": _pad,
    "Prod": _reduction,
    "Reshape": _reshape,
    "Split": _division,
    "Sum": _reduction,
    "ZeroPadding2D": _padding,
    "Rescaling": _rescaling,
}
