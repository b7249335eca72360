"""Changed copies of the training images: moved, mirrored, recoloured.

What an image becomes is decided by NumPy and a pure function of (seed, epoch, index of the image):
neither its neighbours in the batch nor the number of threads nor an interruption can change it.
TensorFlow then carries it out for a whole batch, with one resampling for the flip, the move, the
zoom and the rotation together. Keras' own layers resample once each, and per photo of 128 pixels
a resampling is most of the cost (RandomTranslation alone 1.4 ms of processor time, the whole
"light" preset here 0.6 ms).
"""

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kit.data._plan import Preset, draws, erase, plan
from kit.errors import SettingError

if TYPE_CHECKING:
    from kit.data._splits import Splits

__all__ = ["PRESETS", "Preset", "change", "draws", "erase", "may_flip", "plan", "preset", "preview"]

SIDES = ("left", "right", "چپ", "راست")

# Every preset but "none" also mirrors half of the images left to right, where that is allowed.
# What leaves the frame is filled by the mirrored picture, which has no edge to learn from.
PRESETS = {
    "none": Preset(),
    "light": Preset(translation=0.1, zoom=(0.8, 1.1)),
    "medium": Preset(
        translation=0.1, zoom=(0.7, 1.1), stretch=0.1, brightness=0.1, contrast=0.2, saturation=0.3
    ),
    "strong": Preset(
        translation=0.1,
        zoom=(0.6, 1.1),
        stretch=0.2,
        rotation=15.0,
        brightness=0.15,
        contrast=0.3,
        saturation=0.5,
        erased=0.25,  # "Random Erasing Data Augmentation", Zhong et al., AAAI 2020
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


def change(settings: Preset, shape: Sequence[int]) -> Callable[[Any, Any, Any], Any]:
    """Return the function that carries a plan out for a batch.

    Args:
        settings: The preset that the plans are made with.
        shape: ``(height, width, channels)`` of the images.

    Returns:
        A function of uint8 images ``(n, height, width, channels)``, ``places`` and ``colours``
        (see :func:`plan`), TensorFlow tensors, to float32 images of the same shape in [0, 255].
    """
    from kit.data import _resample

    reach = settings.translation + (settings.zoom[1] * (1 + settings.stretch) ** 0.5 - 1) / 2
    upright = not settings.rotation

    def changed(images: Any, places: Any, colours: Any) -> Any:
        if upright:
            images = _resample.upright(images, places, shape, reach)
        else:
            images = _resample.turned(images, places, shape)
        return _resample.recoloured(images, colours if settings.colours else None)

    return changed


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
    settings, train = preset(splits.augmentation), splits.parts["train"]
    rng = np.random.default_rng(splits.seed if seed is None else seed)
    indices = rng.permutation(train)[:count]
    images = splits.images.read(indices)
    columns = [images]
    for epoch in range(variants):
        drawn = draws(splits.seed, epoch, indices)
        places, colours = plan(settings, splits.flip, splits.image_shape, drawn)
        apply = change(settings, splits.image_shape)
        changed = (
            images
            if settings == Preset()
            else apply(erase(settings, images, drawn), places, colours)
        )
        columns.append(np.rint(np.asarray(changed)).astype(np.uint8))
    return np.stack(columns, axis=1)
