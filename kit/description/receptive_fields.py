"""Receptive fields: which part of the image a value of each layer depends on.

Shapes are Keras' own; what a window makes of the field is ``field + (F - 1) * stride``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Literal

import numpy as np

from kit.description.wiring import Step

__all__ = ["CONVOLUTIONS", "PLACEWISE", "Pair", "Reach", "View", "channels_first", "view"]

Pair = tuple[int, int]  # height and width
Reach = Pair | Literal["whole", "unknown"]

# Kinds that compute each value from those at its place, layers and operations.
PLACEWISE = frozenset(
    [
        *("Abs", "Absolute", "Activation", "ActivityRegularization", "Add", "AlphaDropout"),
        *("Average", "BatchNormalization", "Cast", "Clip", "Divide", "Dropout", "ELU", "Elu"),
        *("Exp", "Expm1", "Flip", "GaussianDropout", "GaussianNoise", "Gelu", "HardSigmoid"),
        *("HardSilu", "Identity", "LeakyReLU", "LeakyRelu", "Log", "Log1p", "Maximum", "Minimum"),
        *("Mish", "Multiply", "Negative", "PReLU", "Power", "ReLU", "Reciprocal", "Relu", "Relu6"),
        *("Rsqrt", "Selu", "Sigmoid", "Sign", "Silu", "Softmax", "Softplus", "Softsign"),
        *("SpatialDropout2D", "Sqrt", "Square", "Subtract", "Tanh", "TrueDivide"),
    ]
)
# The same, but told in a drawing's box of its own.
APART = frozenset(["Concatenate", "Cropping2D", "Dense", "Normalization", "Rescaling"])
POOLINGS = ("AveragePooling2D", "MaxPooling2D")
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")


@dataclass(frozen=True)
class View:
    """What the values of a result see.

    Attributes:
        reach: Receptive field: height and width in pixels of the part of the image that one value
            depends on; ``"whole"`` image; or ``"unknown"``.
        stride: How many pixels of the image lie between two neighbours, down and across; None where
            there are no neighbours.
        zeros: Rows, columns and channels at the end that a padding has just added.
    """

    reach: Reach = (1, 1)
    stride: Pair | None = (1, 1)
    zeros: tuple[int, int, int] = (0, 0, 0)


WHOLE = View("whole", None)


def view(step: Step, inputs: Sequence[View]) -> tuple[View, str] | None:
    """Return what a step's result sees, and a note if pixels are lost.

    Args:
        step: A call of a layer or of an operation.
        inputs: What the results that it reads see.

    Returns:
        None where this is not known of the kind.
    """
    layer, first_axes = step.operation, channels_first(step)
    match step.kind:
        case "Input":
            return View(), ""
        case kind if kind in POOLINGS:
            return _slid(layer, layer.pool_size, first_axes, step.input_shape, inputs[0])
        case kind if kind in CONVOLUTIONS and not first_axes:
            return _slid(layer, layer.kernel_size, False, step.input_shape, inputs[0])
        case "Flatten" | "GlobalAveragePooling2D" | "GlobalMaxPooling2D":
            return WHOLE, ""
        case "ZeroPadding2D":
            last = [after for _, after in layer.padding]
            rows, columns, channels = [0, *last] if first_axes else [*last, 0]
            return replace(inputs[0], zeros=(rows, columns, channels)), ""
        case "Rescaling" if not np.any(layer.scale):  # what is multiplied by 0 depends on no pixel
            return View((0, 0), None), ""
        case "Reshape":
            return _reshaped(step, inputs[0]), ""
        case "LayerNormalization" | "GroupNormalization":
            axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
            rank = len(step.input_shape) + 1
            spatial = step.kind[0] == "G" or any(axis % rank in (1, 2) for axis in axes)
            joined = _joined(inputs)
            return (replace(joined, reach="whole") if spatial and rank > 2 else joined), ""
        case kind if kind in PLACEWISE | APART:
            return _joined(inputs), ""
    return None


def channels_first(step: Step) -> bool:
    """Tell whether a layer reads the axis behind the batch as channels."""
    return getattr(step.operation, "data_format", "") == "channels_first"


def _slid(
    layer: Any, size: Pair, first_axes: bool, shape: tuple[int, ...], seen: View
) -> tuple[View, str]:
    """Return what a window that slides over a map sees, and what it leaves out.

    Read as channels first, its two sides are the map's width and channels.
    """
    sizes, strides, dilations = (
        (1, *sides) if first_axes else (*sides, 1)
        for sides in (size, layer.strides, getattr(layer, "dilation_rate", (1, 1)))
    )
    spans = [d * (f - 1) + 1 for f, d in zip(sizes, dilations, strict=True)]  # from end to end
    note = _left_out(shape, sizes, strides, spans, seen.zeros, layer.padding == "same")
    if seen.stride is None:
        kept = seen.reach == "whole" or prod(sizes) == 1
        return View(seen.reach if kept else "unknown", None), note
    reach = seen.reach
    if not isinstance(reach, str):
        grown = zip(reach, spans, seen.stride, strict=False)
        reach = _pair(field + (span - 1) * stride for field, span, stride in grown)
    return View(reach, _pair(s * j for s, j in zip(strides, seen.stride, strict=False))), note


def _left_out(
    shape: Sequence[int],
    sizes: Sequence[int],
    strides: Sequence[int],
    spans: Sequence[int],
    zeros: Sequence[int],
    padded: bool,
) -> str:
    """Say so if pixels are skipped between windows, or left over behind the last one."""
    seen, skipping, missed, reason = 1.0, "", [], ""
    axes = zip(("row", "column", "channel"), shape, sizes, strides, spans, zeros, strict=True)
    for what, length, window, stride, span, added in axes:
        if length > 1 and stride > window:
            seen *= window / stride
            skipping = f"a window of {window} that moves by {stride}"
        rest = (length - span) % stride - added  # of zeros, nothing is lost
        if rest > 0:
            missed.append(f"{rest} {what}{'s' if rest > 1 else ''}")
            reason = f"({length} - {span}) / {stride} is not a whole number"
    if skipping:
        return f"skips pixels: {skipping} sees {seen:.0%} of them"
    if missed and not padded:
        return f"leaves out {' and '.join(missed)} at the end: {reason}"
    return ""


def _reshaped(step: Step, seen: View) -> View:
    """Return what values in the same order see; they are a map no longer if its sides change."""
    before, after = step.input_shape, step.output_shape
    if len(after) == 1 < len(before):
        return WHOLE
    return View(seen.reach, seen.stride if after[:2] == before[:2] else None)


def _joined(inputs: Sequence[View]) -> View:
    """Return what a value sees that is made of one of each: the widest counts.

    A vector beside a map, as in a gate, has no stride.
    """
    fields = [each.reach for each in inputs]
    strides = [each.stride for each in inputs if each.stride]
    stride = _pair(map(max, zip(*strides, strict=True))) if strides else None
    if "unknown" in fields or "whole" in fields:
        return View("unknown" if "unknown" in fields else "whole", stride)
    pairs = [field for field in fields if not isinstance(field, str)]
    return View(_pair(map(max, zip(*pairs, strict=True))), stride)


def _pair(values: Iterable[int]) -> Pair:
    height, width = values
    return height, width
