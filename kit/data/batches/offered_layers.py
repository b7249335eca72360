"""Single layers of Keras' that augmentation offers, by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from kit.errors import SettingError, nearest

Row = tuple[str, dict[str, Any]]  # a layer's name in keras.layers, and its settings
FLIP: Row = ("RandomFlip", {"mode": "horizontal"})

# Layers that take all their random numbers from a given seed, and what one value for them sets.
OFFERED: Mapping[str, tuple[str, ...]] = {
    "RandAugment": ("magnitude",),  # ours: see kit.data.batches.rand_augment
    "RandomBrightness": ("factor",),
    "RandomColorDegeneration": ("factor",),
    "RandomContrast": ("factor",),
    "RandomElasticTransform": ("factor",),
    "RandomErasing": ("factor",),
    "RandomFlip": ("mode",),
    "RandomGaussianBlur": ("factor",),
    "RandomGrayscale": ("factor",),
    "RandomHue": ("factor",),
    "RandomInvert": ("factor",),
    "RandomPerspective": ("factor",),
    "RandomPosterization": ("factor",),
    "RandomRotation": ("factor",),
    "RandomSharpness": ("factor",),
    "RandomShear": ("x_factor", "y_factor"),
    "RandomTranslation": ("height_factor", "width_factor"),
    "RandomZoom": ("height_factor",),
    "Solarization": ("threshold_factor",),
}
UNSEEDED = "its random numbers do not come from a seed, so a training could not be repeated"
NOT_OFFERED = {
    "AugMix": UNSEEDED,
    "RandomColorJitter": f"{UNSEEDED}; use RandomBrightness, RandomContrast and RandomHue",
    "RandomCrop": (
        "it changes the image size; `augmentation=light` or RandomTranslation moves images instead"
    ),
    "RandomSaturation": "its output leaves the range of pixels; use RandomColorDegeneration",
}
COLOURS_ONLY = ("RandomColorDegeneration", "RandomGrayscale", "RandomHue")  # idle on gray images


def rows(augment: Mapping[str, Any]) -> tuple[Row, ...]:
    """Return the layers that were asked for by name.

    Args:
        augment: A layer's name -> a mapping of its settings, or one value: that of its first
            setting, or of its first two where they are the two sides of one thing.

    Raises:
        SettingError: A layer that is not offered, or one without a value.
    """
    found: list[Row] = []
    for name, value in augment.items():
        if name in NOT_OFFERED:
            raise SettingError(f"augment: {name} is not offered, because {NOT_OFFERED[name]}.")
        if name not in OFFERED:
            raise SettingError(
                f'augment: there is no layer "{name}".{nearest(name, OFFERED)} Choose from '
                f"{', '.join(OFFERED)}."
            )
        if value is None:
            raise SettingError(f"augment: {name} needs a value, for example {name}=0.1.")
        given = value if isinstance(value, Mapping) else dict.fromkeys(OFFERED[name], value)
        found.append((name, dict(given)))
    return tuple(found)


def colourless(layers: Sequence[Row]) -> list[str]:
    """Return sentences about layers that gray images cannot have."""
    return [
        f"{name} is left out: the images are gray." for name, _ in layers if name in COLOURS_ONLY
    ]
