"""Changed copies of the training images: moved, mirrored, recoloured.

The changes are Keras' layers, mapped over the batches and never part of a model. What an image
becomes is a function of (seed, epoch, index of the image): see
:mod:`kit.data.batches.seeded_layers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kit.data.batches.offered_layers import COLOURS_ONLY, FLIP, Row, rows
from kit.errors import require_choice

if TYPE_CHECKING:
    from kit.data.splits import Splits


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
    # Two of 14 changes at magnitude 9 of 30, as the paper has them for ResNet-50 on ImageNet.
    "randaugment": Preset(0.125, (FLIP, ("RandAugment", {"num_ops": 2, "magnitude": 9}))),
}


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        SettingError: There is none.
    """
    require_choice("augmentation", name, PRESETS)
    return PRESETS[name]


def chosen(splits: "Splits") -> Preset:
    """Return what is done to these images: the preset with single layers replaced or added.

    The preset's mirroring is left out where ``splits.flip`` forbids it, and what concerns colours
    where there are none.
    """
    base = preset(splits.augmentation)
    layers = {name: row for name, row in base.layers if splits.flip or name != FLIP[0]}
    layers |= dict(splits.augment)
    if splits.images.shape[-1] == 1:
        layers = {name: row for name, row in layers.items() if name not in COLOURS_ONLY}
    return Preset(base.shift, tuple(layers.items()))


def changes(splits: "Splits") -> bool:
    """Tell whether training images are changed at all."""
    return chosen(splits) != Preset()


def changing(splits: "Splits") -> Any:
    """Return the function that changes a batch of these images, None where nothing is changed.

    It takes uint8 images ``(n, height, width, channels)`` and their ``_seeded.seeds``, and gives
    float32 images in [0, 255].
    """
    if not changes(splits):
        return None
    from kit.data.batches import seeded_layers

    wanted = chosen(splits)
    return seeded_layers.change(wanted.layers, splits.image_shape, wanted.shift)


def check(augment: Mapping[str, Any]) -> None:
    """Check single layers and their settings against Keras' own, which takes seconds to import.

    Args:
        augment: As for :func:`rows`.

    Raises:
        SettingError: There is no such layer, setting or value.
    """
    if augment:
        from kit.data.batches import seeded_layers

        seeded_layers.check(rows(augment))


def first_images(
    splits: "Splits", count: int = 16
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the first images of a training and their labels, changed and mixed as it sees them.

    Returns:
        uint8 ``(count, height, width, channels)`` and float32 ``(count, classes)``, fewer where an
        epoch has fewer.
    """
    from kit.data.batches import pipeline

    images: list[Any] = []
    labels: list[Any] = []
    for batch, rows_ in pipeline.training(splits).take(pipeline.steps(splits)):
        images += [*np.rint(batch.numpy()).astype(np.uint8)]
        labels += [*rows_.numpy()]
        if len(images) >= count:
            break
    return np.array(images[:count]), np.array(labels[:count])


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
    images, indices = splits.images.read_present(indices)
    images = images[:, None]
    change = changing(splits)
    if change is None:
        return images.repeat(variants + 1, axis=1)
    import tensorflow as tf

    from kit.data.batches import seeded_layers

    words = [seeded_layers.seeds(splits.seed, epoch, indices) for epoch in range(variants)]
    many = images.repeat(variants, axis=1)
    batch = (many.reshape(-1, *splits.image_shape), np.array(words, np.int32).T.reshape(-1))
    changed = tf.data.Dataset.from_tensors(batch).map(change).get_single_element()
    rounded = np.rint(changed.numpy()).astype(np.uint8)
    return np.concatenate([images, rounded.reshape(many.shape)], axis=1)
