"""Settings of loading, checked before any file is opened."""

from collections.abc import Sequence

from kit.choices import LARGEST_SIDE
from kit.data.decoding import decoder
from kit.errors import SettingError
from kit.settings import Division, Images

__all__ = ["check", "size_of"]


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
    Images(batch_size=batch_size).verify()
    Division(validation_split=validation_split, test_split=test_split, seed=seed).verify()
    for name, value, known in (
        ("color", color, ("auto", *decoder.COLORS)),
        ("aspect", aspect, decoder.ASPECTS),
        ("equalization", equalization, decoder.EQUALIZATIONS),
    ):
        if value not in known:
            raise SettingError(f"{name} must be one of {', '.join(known)}, not {value!r}.")
