"""Settings of loading, checked before any file is opened."""

from collections.abc import Sequence

from kit.data.decoding import decoder
from kit.errors import SettingError

__all__ = ["LARGEST_SIDE", "check", "check_shares", "size_of"]

LARGEST_SIDE = 65_500  # pixels, the most that a JPEG has


def size_of(image_size: int | Sequence[int]) -> tuple[int, int]:
    """Return ``(height, width)`` of one number or two."""
    size = tuple(image_size) if isinstance(image_size, Sequence) else (image_size, image_size)
    if len(size) != 2 or not all(
        isinstance(side, int) and 0 < side <= LARGEST_SIDE and side is not True for side in size
    ):
        raise SettingError(
            f"image_size must be one number of pixels, or height and width, from 1 to "
            f"{LARGEST_SIDE}: not {image_size!r}."
        )
    return size[0], size[1]


def check_shares(validation_split: float, test_split: float) -> None:
    """Raise SettingError where nothing is left for training."""
    if validation_split + test_split >= 1:
        raise SettingError(
            "validation_split and test_split must leave images for training; they are "
            f"{validation_split:g} and {test_split:g} (from 1000 images 0.15 unless given)."
        )


def check(
    batch_size: int,
    validation_split: float | None,
    seed: int,
    test_split: float | None,
    color: str,
    aspect: str,
    equalization: str,
) -> None:
    """Raise SettingError where a setting is out of its range."""
    if batch_size < 1:
        raise SettingError(f"batch_size must be 1 or more, not {batch_size}.")
    if not 0 <= seed < 2**32:  # NumPy's limit for a network's start
        raise SettingError(f"seed must be from 0 to {2**32 - 1}, not {seed}.")
    if validation_split is not None and not 0 < validation_split < 1:
        raise SettingError(
            f"validation_split must be above 0 and below 1, not {validation_split}: a training "
            "without validation tells nothing."
        )
    if test_split is not None and not 0 <= test_split < 1:
        raise SettingError(f"test_split must be from 0 to below 1, not {test_split}.")
    check_shares(validation_split or 0.0, test_split or 0.0)
    for name, value, known in (
        ("color", color, ("auto", *decoder.COLORS)),
        ("aspect", aspect, decoder.ASPECTS),
        ("equalization", equalization, decoder.EQUALIZATIONS),
    ):
        if value not in known:
            raise SettingError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
