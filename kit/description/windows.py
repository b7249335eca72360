"""What flows through a network, and the formulas of windows that slide over it.

Plain numbers; nothing here needs Keras.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Literal, TypeAlias

__all__ = [
    "Call",
    "Formula",
    "Outcome",
    "Pair",
    "Reach",
    "Signal",
    "Triple",
    "Window",
    "axes_of",
    "joined_reach",
    "joined_stride",
    "pair",
    "side",
]

Pair = tuple[int, int]  # height and width
Triple = tuple[int, int, int]
Reach = Pair | Literal["whole", "unknown"]


@dataclass(frozen=True)
class Signal:
    """A result of a layer, for one image.

    Attributes:
        shape: Without the batch axis, as in ``(height, width, channels)``.
        reach: Receptive field: height and width in pixels of the part of the image that one value
            depends on; ``"whole"`` image; or ``"unknown"``.
        stride: How many pixels of the image lie between two neighbours, down and across; None where
            there are no neighbours.
        zeros: Rows, columns and channels at the end that a padding has just added.
    """

    shape: tuple[int, ...]
    reach: Reach = (1, 1)
    stride: Pair | None = (1, 1)
    zeros: Triple = field(default=(0, 0, 0), compare=False)

    @property
    def values(self) -> int:
        """Return how many numbers it holds."""
        return prod(self.shape)

    def plain(self) -> "Signal":
        """Return the same, what was padding counted as any other value."""
        return replace(self, zeros=(0, 0, 0))

    def with_channels(self, count: int) -> "Signal":
        """Return the same places with so many channels."""
        return replace(self.plain(), shape=(*self.shape[:-1], count))


@dataclass(frozen=True)
class Outcome:
    """What a layer makes of its input, and what that costs.

    Attributes:
        outputs: Its results, mostly one.
        learned: Parameters that training changes, unless the layer is frozen.
        measured: Parameters that it never changes, such as the means of batch normalization.
        multiply_adds: Multiplications, each with the addition that follows it, for one image.
        note: What deserves a remark.
        stored: Numbers that are kept, if not those of the outputs.
    """

    outputs: tuple[Signal, ...]
    learned: int = 0
    measured: int = 0
    multiply_adds: int = 0
    note: str = ""
    stored: int | None = None

    @property
    def kept(self) -> int:
        """Return how many numbers the layer writes for one image."""
        return sum(s.values for s in self.outputs) if self.stored is None else self.stored


@dataclass(frozen=True)
class Call:
    """A layer's configuration, and what it is called with."""

    config: Mapping[str, Any]
    inputs: Sequence[Signal]
    arguments: Sequence[Any] = ()

    @property
    def image(self) -> Signal:
        """Return the first input, for most kinds the only one."""
        return self.inputs[0]


Formula: TypeAlias = Callable[[Call], Outcome | None]


@dataclass(frozen=True)
class Window:
    """A window that slides over a map, its three tuples in the order of the map's axes.

    Attributes:
        size: Values that it reads along each axis; 1 along the channels, which a convolution reads
            all at once and a pooling one by one.
        strides: By how many values it moves.
        padding: ``"valid"`` or ``"same"``, see :func:`side`.
        dilation: Distance of the values that it reads.
    """

    size: Triple
    strides: Triple
    padding: str = "valid"
    dilation: Triple = (1, 1, 1)

    def over(self, signal: Signal) -> tuple[Signal, str]:
        """Return the map of one value for each place, and a note if pixels are left out."""
        shape = tuple(
            side(length, f, s, self.padding, d)
            for length, f, s, d in zip(
                signal.shape, self.size, self.strides, self.dilation, strict=True
            )
        )
        reach, stride = signal.reach, signal.stride
        if stride is None:
            reach = reach if reach == "whole" or prod(self.size) == 1 else "unknown"
        else:
            if not isinstance(reach, str):
                grown = zip(reach, self.size, self.dilation, stride, strict=False)
                reach = pair(r + (span(f, d) - 1) * j for r, f, d, j in grown)
            stride = pair(j * s for j, s in zip(stride, self.strides, strict=False))
        return Signal(shape, reach, stride), self._left_out(signal)

    def _left_out(self, signal: Signal) -> str:
        """Say so if pixels are skipped between windows, or left over behind the last one."""
        zipped = zip(
            ("row", "column", "channel"),
            signal.shape,
            self.size,
            self.strides,
            self.dilation,
            signal.zeros,
            strict=True,
        )
        seen, skipping, missed, reason = 1.0, "", [], ""
        for what, length, window, stride, dilation, zeros in zipped:
            if length > 1 and stride > window:
                seen *= window / stride
                skipping = f"a window of {window} that moves by {stride}"
            covered = span(window, dilation)
            rest = (length - covered) % stride - zeros  # of zeros, nothing is lost
            if rest > 0:
                missed.append(f"{rest} {what}{'s' if rest > 1 else ''}")
                reason = f"({length} - {covered}) / {stride} is no whole number"
        if skipping:
            return f"skips pixels: {skipping} sees {seen:.0%} of them"
        if missed and self.padding != "same":
            return f"leaves out {' and '.join(missed)} at the end: {reason}"
        return ""


def span(window: int, dilation: int) -> int:
    """Return how many values from end to end a window covers that reads every ``dilation``-th."""
    return dilation * (window - 1) + 1


def side(length: int, window: int, stride: int, padding: str | int, dilation: int = 1) -> int:
    """Return the length of a side behind a window: (W - F + 2P) / S + 1, rounded down.

    Args:
        length: W, of the side before it.
        window: F, how many values the window reads along it.
        stride: S, by how many the window moves.
        padding: P, zeros at both ends; ``"valid"`` is 0, ``"same"`` as many as give W / S, rounded
            up.
        dilation: Distance of the values that the window reads.
    """
    if padding == "same":
        return -(-length // stride)
    zeros = padding if isinstance(padding, int) else 0
    return (length - span(window, dilation) + 2 * zeros) // stride + 1


def axes_of(signal: Signal, axis: int | Sequence[int]) -> tuple[int, ...]:
    """Return which axes of a signal's shape are meant where the batch is counted as axis 0.

    The batch itself is -1.
    """
    rank = len(signal.shape) + 1
    return tuple(a % rank - 1 for a in ([axis] if isinstance(axis, int) else axis))


def joined_reach(signals: Sequence[Signal]) -> Reach:
    """Return what a value depends on that is made of one of each signal: their greatest field."""
    fields = []
    for signal in signals:
        if signal.reach == "unknown":
            return "unknown"
        fields.append(signal.reach)
    if "whole" in fields:
        return "whole"
    return pair(max(f[axis] for f in fields if f != "whole") for axis in (0, 1))


def joined_stride(signals: Sequence[Signal]) -> Pair | None:
    """Return the stride of a join: a vector beside a map, as in a gate, has none."""
    strides = [signal.stride for signal in signals if signal.stride]
    return pair(max(s[axis] for s in strides) for axis in (0, 1)) if strides else None


def pair(values: Iterable[int]) -> Pair:
    """Return two numbers as a tuple of two."""
    height, width = values
    return height, width
