"""Changed copies of the training images: moved, mirrored, recoloured.

The changes are Keras' layers, mapped over the batches and never part of a model. What an image
becomes is a function of (seed, epoch, index of the image): see :mod:`kit.data._seeded`.
Layers that ignore their seed (RandAugment, AugMix, RandomColorJitter) are not used, nor is
RandomSaturation, which leaves the range of values.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kit.errors import SettingError

if TYPE_CHECKING:
    from kit.data._splits import Splits

__all__ = ["PRESETS", "Preset", "changing", "may_flip", "preset", "preview"]

Row = tuple[str, dict[str, Any]]  # a layer's name in keras.layers, and its settings

SIDES = ("left", "right", "چپ", "راست")


@dataclass(frozen=True)
class Preset:
    """How training images are changed.

    Attributes:
        shift: Share of a side by which an image moves at most.
        layers: Names in ``keras.layers`` and their settings, in the order of their use.
    """

    shift: float = 0.0
    layers: tuple[Row, ...] = ()


# What leaves the frame is filled by the mirrored image, which has no edge to learn from.
FLIP: Row = ("RandomFlip", {"mode": "horizontal"})
ZOOM: Row = ("RandomZoom", {"height_factor": (-0.2, 0.1)})  # from 20 % nearer to 10 % farther
COLOURS: tuple[Row, ...] = (
    ("RandomBrightness", {"factor": 0.1}),  # of the range of values, up or down
    ("RandomContrast", {"factor": (0.2, 0.2)}),  # less or more; one number means only more
)

PRESETS = {
    "none": Preset(),
    "light": Preset(0.125, (FLIP,)),
    "medium": Preset(0.125, (FLIP, ZOOM, *COLOURS)),
    "strong": Preset(
        0.125,
        (
            FLIP,
            ZOOM,
            ("RandomRotation", {"factor": 15 / 360}),  # of a full turn, to either side
            *COLOURS,
            ("RandomColorDegeneration", {"factor": 0.5}),  # up to half way to grey, or away from it
            # "Random Erasing Data Augmentation", Zhong et al., AAAI 2020: a quarter of the images
            # lose a rectangle of 2 to 20 % of their area, to middle grey.
            ("RandomErasing", {"factor": (0.25, 0.25), "scale": (0.02, 0.2), "fill_value": 127.5}),
        ),
    ),
}


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        SettingError: There is none.
    """
    if name not in PRESETS:
        raise SettingError(f"augmentation must be one of {', '.join(PRESETS)}, not {name!r}.")
    return PRESETS[name]


def may_flip(class_names: Sequence[str]) -> bool:
    """Return whether a mirrored image surely still belongs to its class, as far as names tell.

    It may not where every class is a digit, a number or a single character, or where a name speaks
    of left or right. Names in other words are not understood: say ``flip=False`` there.
    """
    written = all(len(name) == 1 or name.isdigit() for name in class_names)
    plain = [unicodedata.normalize("NFC", name).casefold() for name in class_names]
    return not written and not any(side in name for name in plain for side in SIDES)


def changing(splits: "Splits") -> Any:
    """Return the function that changes a batch of these images, None where nothing is changed.

    It takes uint8 images ``(n, height, width, channels)`` and their ``_seeded.seeds``, and gives
    float32 images in [0, 255]. Mirroring is left out where ``splits.flip`` forbids it, and what
    concerns colours where there are none.
    """
    chosen = preset(splits.augmentation)
    if chosen == Preset():
        return None
    from kit.data import _seeded

    without = [] if splits.flip else ["RandomFlip"]
    if splits.image_shape[-1] == 1:
        without.append("RandomColorDegeneration")
    rows = [row for row in chosen.layers if row[0] not in without]
    return _seeded.change(rows, splits.image_shape, chosen.shift)


def preview(
    splits: "Splits", count: int = 8, variants: int = 4, seed: int | None = None
) -> NDArray[np.uint8]:
    """Return training images and what the first epochs make of them, for a picture.

    Args:
        splits: The data, with the augmentation to show.
        count: Number of images, fewer where there are fewer.
        variants: Number of epochs.
        seed: Chooses the images; the data's own seed where it is None.

    Returns:
        uint8 ``(count, variants + 1, height, width, channels)``, the unchanged image first.
    """
    rng = np.random.default_rng(splits.seed if seed is None else seed)
    indices = rng.permutation(splits.parts["train"])[:count]
    images = splits.images.read(indices)[:, None]
    change = changing(splits)
    if change is None:
        return images.repeat(variants + 1, axis=1)
    import tensorflow as tf

    from kit.data import _seeded

    words = [_seeded.seeds(splits.seed, epoch, indices) for epoch in range(variants)]
    many = images.repeat(variants, axis=1)
    batch = (many.reshape(-1, *splits.image_shape), np.array(words, np.int32).T.reshape(-1))
    changed = tf.data.Dataset.from_tensors(batch).map(change).get_single_element()
    rounded = np.rint(changed.numpy()).astype(np.uint8)
    return np.concatenate([images, rounded.reshape(many.shape)], axis=1)
