"""What the first layer sees: judged on its mean, its spread and its shape."""

from collections.abc import Iterator
from dataclasses import asdict

from kit.checks.start.inputs_seen import Pixels, fits
from kit.checks.verdicts import Check, Verdict

NAME = "input"

# Standard deviation of what the first kernel multiplies. Photos in [0, 1] have 0.15 to 0.3,
# standardised ones 1, and those divided by 255 twice 0.001. A photo as dark as night has 0.02.
SMALL = 0.02
LARGE = 10.0  # photos in [0, 255] have 40 to 75
DOUBLE = 1 / 2000  # of the images' own standard deviation; once is 1/255, twice is 1/65,025
CONSTANT = 1e-6  # of the whole standard deviation; a channel below it holds nothing
# Roughness with the channels moved, as a share of that without: single photos 2 to 9, those whose
# array was reshaped instead of transposed 0.37 to 0.5, at 32 and 128 pixels.
SCRAMBLED = 0.8


def judge_inputs(seen: Pixels) -> Check:
    """Judge the size of the numbers that the first kernel multiplies, and the order of the axes.

    A channel in place of another (BGR for RGB), or rows for columns, cannot be told from numbers.
    """
    photos = len(seen.shape) == 3
    expected = (
        f"values of about 1; at {seen.layer or 'the first layer'} in [0, 1], in [-1, 1], or with "
        "mean 0 and standard deviation 1, as initial weights and learning rates assume"
    )
    mean, deviation = (seen.mean, seen.deviation) if seen.channels else (None, None)
    numbers = asdict(seen) | {"mean": mean, "deviation": deviation}
    measured = _measured(seen)
    finding = next(_findings(seen, photos), None)
    if finding is not None:
        verdict, told, advice = finding
        told = f"{told}: {measured}" if measured else told
        return Check(NAME, verdict, told, expected, advice, numbers)
    if photos and seen.alike and len(seen.channels) == 3:
        measured += "; the three channels are equal: `color=grayscale` would be enough"
    return Check(NAME, "ok", measured, expected, "", numbers)


def _findings(seen: Pixels, photos: bool) -> Iterator[tuple[Verdict, str, str]]:
    """Yield what is wrong, the worst first: verdict, what was measured, advice."""
    if not fits(seen.shape, seen.takes):
        yield "failed", *_shapes(seen)
    if seen.broken:
        yield (
            "failed",
            f"{seen.broken} of {seen.images} images contain NaN or infinity",
            "A single one turns every weight into NaN. Find them with numpy.isfinite(images).",
        )
    if seen.given.deviation == 0 or not seen.channels:
        yield "failed", "all images have one and the same value", "Look at how the images are read."
        return
    ratio = seen.deviation / seen.given.deviation
    outside = seen.given.greatest <= 1.5 and ratio < 1 / 100
    if seen.deviation < SMALL and photos and (ratio < DOUBLE or outside):
        yield "failed", "rescaled twice", _TWICE_OUTSIDE if outside else _TWICE
    if seen.deviation > LARGE and not seen.centred:
        yield "failed", "not rescaled", _NOT if photos else _FEATURES
    if photos and seen.scrambled is not None and seen.scrambled < SCRAMBLED:
        yield "failed", "the channels are scrambled", _SCRAMBLED
    if photos and 0 < seen.fractions < seen.images and seen.given.greatest > 1.5:
        told = f"{seen.fractions} of {seen.images} images are in [0, 1], the others are not"
        yield "warning", told, "Scale all of them or none."
    empty = [
        str(number)
        for number, one in enumerate(seen.channels, start=1)
        if one.deviation <= CONSTANT * seen.deviation
    ]
    if photos and empty and len(empty) < len(seen.channels):
        advice = "Look at how the images are read: there is nothing to learn from."
        yield "warning", f"channel {', '.join(empty)} never changes", advice
    if photos and seen.flat:
        told = f"{seen.flat} of {seen.images} images have a single color"
        yield "warning", told, "kit-audit lists such files; leave them out with `exclude`."
    if seen.deviation > LARGE and photos:
        yield "ok", "centered but not scaled, as VGG and similar backbones expect", ""
    if seen.deviation > LARGE:
        yield "warning", "large values", _FEATURES
    if abs(seen.mean) > LARGE * max(1.0, seen.deviation):
        yield "warning", "far from 0", _FAR
    if seen.deviation < SMALL:
        yield "warning", "hardly any contrast", _CONTRAST if photos else _FEATURES


def _measured(seen: Pixels) -> str:
    if not seen.channels:
        return ""
    greatest = max(one.greatest for one in seen.channels)
    return (
        f"mean {seen.mean:.2g}, standard deviation {seen.deviation:.2g}, from {seen.least:.3g} to "
        f"{greatest:.3g}"
    )


def _shapes(seen: Pixels) -> tuple[str, str]:
    told = f"the images have shape {seen.shape}, but the model takes {tuple(seen.takes)}"
    first = len(seen.shape) == 3 and seen.shape[0] in (1, 3) and seen.shape[-1] not in (1, 3)
    if first:
        return f"channels come first: {told}", (
            "Transpose them with images.transpose(0, 2, 3, 1). A reshape would scramble them."
        )
    model = len(seen.takes) == 3 and seen.takes[0] in (1, 3) and seen.takes[-1] not in (1, 3)
    if model:
        return f"the model takes channels first: {told}", (
            "Build the model for (height, width, channels), Keras' channels_last."
        )
    return told, "Resize the images, or build the model for their size."


_TWICE = (
    "Remove one of the two divisions by 255. A model of this toolkit includes its scaling and "
    "takes pixels in [0, 255], as do many of Keras' backbones."
)
_TWICE_OUTSIDE = (
    "The images are already in [0, 1], and the model scales them again. Give it pixels in [0, "
    "255], or remove its scaling."
)
_NOT = (
    "Put Rescaling(1/255) or the backbone's preprocess_input first. Without it, gradients are "
    "hundreds of times larger than usual learning rates assume."
)
_SCRAMBLED = (
    "The array was reshaped from channels first to channels last. It must be transposed: "
    "x.reshape(-1, 3, height, width).transpose(0, 2, 3, 1)."
)
_CONTRAST = (
    "The images themselves have hardly any contrast. Try `equalization=contrast`, or a scaling by "
    "statistics (`settings=scale=channel_zscore`)."
)
_FAR = (
    "All values are nearly equal compared with their distance from 0. Are these images in the "
    "range, such as [0, 255], for which the model's mean was computed?"
)
_FEATURES = "Standardize the features: put an adapted Normalization layer before the first one."
