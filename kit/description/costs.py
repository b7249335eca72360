"""What each kind of layer makes of its input, and what that costs, from its configuration alone.

One formula for each kind: what ``get_config()`` of the layer says and the input's shape give the
output's shape, the number of parameters, the multiply-adds and the receptive field. Nothing here
needs Keras, whose own numbers are what the tests compare with.

Multiply-adds are counted as papers count them: those of convolutions and dense layers. What
pooling, normalization and activation do is a few operations for each value, far less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from kit.description.reshapes import REARRANGING
from kit.description.windows import Call, Formula, Outcome, Pair, Signal, Window, axes_of

__all__ = ["outcome"]


def outcome(
    kind: str,
    config: Mapping[str, Any],
    inputs: Sequence[Signal],
    arguments: Sequence[Any] = (),
) -> Outcome | None:
    """Return what a layer makes of its inputs.

    Args:
        kind: Its Keras class, as in ``"Conv2D"``, or that of an operation, as in ``"GetItem"``.
        config: What its ``get_config()`` returns.
        inputs: What it reads, for one image.
        arguments: The serialized arguments of the call, for operations.

    Returns:
        None if there is no formula for this kind, or for these settings of it.
    """
    formula = WEIGHING.get(kind) or REARRANGING.get(kind)
    turned = config.get("data_format") == "channels_first" and kind not in ANY_AXES
    return None if formula is None or turned else formula(Call(config, inputs, arguments))


def _convolution(call: Call) -> Outcome:
    """(F * F * C_in / groups + bias) * C_out parameters, used once at each place."""
    config, filters = call.config, call.config["filters"]
    taps = prod(config["kernel_size"]) * call.image.shape[-1] // config["groups"]
    signal, note = _slid(call, config["kernel_size"], filters)
    parameters = (taps + config["use_bias"]) * filters
    work = taps * signal.values
    return Outcome((signal,), parameters, multiply_adds=work, note=note)


def _depthwise(call: Call) -> Outcome:
    """A kernel of its own for each channel: (F * F + bias) * C_in * multiplier."""
    config = call.config
    channels = call.image.shape[-1] * config["depth_multiplier"]
    taps = prod(config["kernel_size"])
    signal, note = _slid(call, config["kernel_size"], channels)
    parameters = (taps + config["use_bias"]) * channels
    work = taps * signal.values
    return Outcome((signal,), parameters, multiply_adds=work, note=note)


def _separable(call: Call) -> Outcome:
    """A kernel for each channel without a bias, then 1x1 over all of them."""
    config, filters = call.config, call.config["filters"]
    channels = call.image.shape[-1] * config["depth_multiplier"]
    taps = prod(config["kernel_size"])
    signal, note = _slid(call, config["kernel_size"], filters)
    parameters = taps * channels + (channels + config["use_bias"]) * filters
    work = signal.values // filters * channels * (taps + filters)
    return Outcome((signal,), parameters, multiply_adds=work, note=note)


def _pooling(call: Call) -> Outcome:
    signal, note = _slid(call, call.config["pool_size"])
    return Outcome((signal,), note=note)


def _dense(call: Call) -> Outcome:
    """(C_in + bias) * units parameters; on a map it is a 1x1 convolution."""
    *places, channels = call.image.shape
    units = call.config["units"]
    signal = call.image.with_channels(units) if places else Signal((units,), "whole", None)
    parameters = (channels + call.config["use_bias"]) * units
    return Outcome((signal,), parameters, multiply_adds=channels * signal.values)


def _batch_normalization(call: Call) -> Outcome | None:
    """Scale and shift are trained; mean and variance of each channel are counted, not trained."""
    if call.config.get("renorm"):
        return None
    channels = prod(call.image.shape[axis] for axis in axes_of(call.image, call.config["axis"]))
    learned = channels * (call.config["scale"] + call.config["center"])
    return Outcome((call.image.plain(),), learned, measured=2 * channels)


def _normalization(call: Call) -> Outcome:
    """Mean and variance that were measured are weights, beside a count; given ones are none."""
    if call.config["mean"] is not None:
        return Outcome((call.image.plain(),))
    axes = axes_of(call.image, call.config["axis"] or ())
    values = prod(call.image.shape[axis] for axis in axes)
    return Outcome((call.image.plain(),), measured=2 * values + 1)


def _layer_normalization(call: Call) -> Outcome:
    config, signal = call.config, call.image.plain()
    axes = axes_of(call.image, config["axis"])
    if "groups" in config or set(axes) & {0, 1}:  # statistics over height and width
        signal = replace(signal, reach="whole" if len(signal.shape) > 1 else signal.reach)
    values = prod(call.image.shape[axis] for axis in axes)
    return Outcome((signal,), values * (config["scale"] + config["center"]))


def _prelu(call: Call) -> Outcome:
    shared = axes_of(call.image, call.config["shared_axes"] or ())
    slopes = prod(n for axis, n in enumerate(call.image.shape) if axis not in shared)
    return Outcome((call.image.plain(),), slopes)


def _slid(call: Call, size: Pair, channels: int | None = None) -> tuple[Signal, str]:
    """Return what a window of (height, width) makes, with its note.

    Read as channels first, the two sides are the map's width and channels.
    """
    config = call.config
    turned = config.get("data_format") == "channels_first"
    sizes, strides, dilation = (
        (1, first, second) if turned else (first, second, 1)
        for first, second in (size, config["strides"], config.get("dilation_rate", (1, 1)))
    )
    signal, note = Window(sizes, strides, config["padding"], dilation).over(call.image)
    return signal if channels is None else signal.with_channels(channels), note


# May be told to work along other axes than height and width.
ANY_AXES = {"AveragePooling2D", "Cropping2D", "MaxPooling2D", "ZeroPadding2D"}
WEIGHING: Mapping[str, Formula] = {
    "AveragePooling2D": _pooling,
    "BatchNormalization": _batch_normalization,
    "Conv2D": _convolution,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "GroupNormalization": _layer_normalization,
    "LayerNormalization": _layer_normalization,
    "MaxPooling2D": _pooling,
    "Normalization": _normalization,
    "PReLU": _prelu,
    "SeparableConv2D": _separable,
}
