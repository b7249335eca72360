"""What does the first layer see: pixels of a good size, in the right order?"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kit.checks.answers import answers, guarded, kernels, quiet_twin
from kit.checks.image_sample import Sample
from kit.checks.recording import recorded
from kit.checks.start.inputs_judged import NAME, judge_inputs
from kit.checks.start.inputs_seen import Channel, Pixels, fits
from kit.checks.twins import MakeModel
from kit.checks.verdicts import Check
from kit.errors import SettingError


@guarded(NAME)
def inputs(make_model: MakeModel, sample: Sample, *, count: int = 64) -> Check:
    """Look at what the first layer with a kernel gets: its size, its channels, their order.

    Layers before it, as Rescaling and Normalization, have done their work by then.

    Args:
        make_model: Gives a compiled model.
        sample: Images, or vectors of features.
        count: Images, at most.

    Raises:
        SettingError: The model has several inputs or outputs, or no layer with a kernel.
    """
    sample = sample.first(count)
    copy = quiet_twin(make_model())
    images = np.asarray(sample.images, np.float32)
    takes = tuple(copy.input_shape[1:])
    given = _channel(images)
    plain = images.ndim == 4
    common: dict[str, Any] = {
        "given": given,
        "images": len(images),
        "shape": images.shape[1:],
        "takes": takes,
        "broken": int(np.sum(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))),
    }
    if not fits(images.shape[1:], takes) or common["broken"]:
        return judge_inputs(Pixels("", (), **common))
    working = kernels(copy, images)
    if not working:
        raise SettingError("The model has no layer with a kernel, so there is nothing to train.")
    with recorded(copy, {working[0]}) as recording:
        answers(copy, images)
    entered = recording.inputs[working[0]]
    values = np.asarray(keras.ops.convert_to_numpy(entered), np.float64)
    by_channel = values.ndim == 4 or (plain and values.ndim == 2 and takes[-1] is not None)
    rows = values.reshape(-1, takes[-1] if by_channel and values.ndim == 2 else values.shape[-1])
    single = images.reshape(len(images), -1)
    return judge_inputs(
        Pixels(
            working[0],
            tuple(_channel(one) for one in (rows.T if plain else [rows])),
            **common,
            fractions=int(
                np.sum((single.max(1) <= 1) & (single.min(1) >= 0) & (np.ptp(single, 1) > 0))
            ),
            flat=int(np.sum(np.ptp(single, axis=1) == 0)),
            alike=bool(plain and np.all(images == images[..., :1])),
            scrambled=unscrambled(images) if plain and images.shape[-1] == 3 else None,
        )
    )


def unscrambled(images: npt.NDArray[Any]) -> float:
    """Return how rough images are with their channels moved, as a share of how rough they are.

    An array of (n, channels, height, width) that was reshaped to (n, height, width, channels)
    instead of transposed holds its numbers in the old order. Read in that order again, it is a
    smooth picture, and what was smooth before becomes rough.

    Args:
        images: ``(n, height, width, 3)``.

    Returns:
        A ratio of mean absolute differences between neighbours; 1 for images of one value.
    """
    count, height, width, channels = images.shape
    other = images.reshape(count, channels, height, width).transpose(0, 2, 3, 1)
    rough = _roughness(images)
    return _roughness(other) / rough if rough else 1.0


def _roughness(images: npt.NDArray[Any]) -> float:
    return float(sum(np.abs(np.diff(images, axis=axis)).mean() for axis in (1, 2)))


def _channel(values: npt.NDArray[Any]) -> Channel:
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return Channel(0.0, 0.0, 0.0, 0.0)
    return Channel(
        float(finite.mean()), float(finite.std()), float(finite.min()), float(finite.max())
    )
