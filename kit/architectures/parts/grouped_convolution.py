"""Convolutions in groups: a filter sees a part of the channels only, at a part of the work."""

import keras
from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Tensor
from kit.architectures.parts.kernels import kernel
from kit.architectures.parts.traits import Traits


def grouped_convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    reach_the_edge: bool = False,
    groups: int = 1,
    bias: float = 0.0,
    traits: Traits = Traits(normalization="none"),
    name: str,
) -> Tensor:
    """Convolve each group of channels by filters of its own and join the results.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Channels of the result, all groups together.
        kernel_size: Side of the square kernels in pixels.
        strides: Step in pixels; the result is ``ceil(side / strides)`` pixels wide and high.
        reach_the_edge: Pad by so little that the last step just reaches the last pixel: the result
            has ``ceil((side - kernel_size) / strides) + 1`` pixels a side.
        groups: Number of groups; it divides the channels and the filters.
        bias: The initial bias.
        traits: How the layers are.
        name: Prefix of the layers' names.
    """
    if reach_the_edge:
        missing = [-(side - kernel_size) % strides for side in x.shape[1:3]]
        pad = tuple((count // 2, count - count // 2) for count in missing)
        x = layers.ZeroPadding2D(pad, name=f"{name}_pad")(x)
    parts = []
    for group in range(groups):
        suffix = f"{group + 1}" if groups > 1 else ""
        # Not Conv2D(groups=): on a CPU Keras hands it to XLA, at ten times the processor time.
        part = layers.Conv2D(
            filters // groups,
            kernel_size,
            strides=strides,
            padding="valid" if reach_the_edge else "same",
            use_bias=traits.normalization != "before",  # which subtracts any bias again
            bias_initializer=keras.initializers.Constant(bias),
            **kernel(traits),
            name=f"{name}_conv{suffix}",
        )
        parts.append(part(_share(x, group, groups, name=f"{name}_part{suffix}")))
    x = layers.Concatenate(name=f"{name}_join")(parts) if groups > 1 else parts[0]
    for stage in normalized(traits.activation, traits.normalization, name):
        x = stage(x)
    return x


def _share(x: Tensor, group: int, groups: int, name: str) -> Tensor:
    """Return the channels of one group."""
    if groups == 1:
        return x
    size = x.shape[-1] // groups
    cut = (0, (group * size, (groups - 1 - group) * size))
    # A cropping that takes channels for columns: Keras has no layer that cuts channels.
    return layers.Cropping2D(cut, data_format="channels_first", name=name)(x)
