"""What stops a loading: settings out of their range, and files that no network can learn from."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kit.choices import LARGEST_SIDE
from kit.data.decoding import decoder
from kit.data.decoding.equalization import EQUALIZATIONS
from kit.data.scanning.scan import Scan
from kit.errors import DataError, SettingError, require_choice
from kit.progress import some
from kit.settings import Division, Images

MOST_BROKEN = 0.05  # a larger share is no accident, but one file always may be


def size_of(image_size: int | Sequence[int]) -> tuple[int, int]:
    """Return ``(height, width)`` of one number or two."""
    size = tuple(image_size) if isinstance(image_size, Sequence) else (image_size, image_size)
    if len(size) != 2 or not all(
        isinstance(side, int) and 0 < side <= LARGEST_SIDE and side is not True for side in size
    ):
        raise SettingError(
            "`image_size` must be one number of pixels, or height and width, from 1 to "
            f"{LARGEST_SIDE}; got {image_size!r}."
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
    require_choice("color", color, ("auto", *decoder.COLORS))
    require_choice("aspect", aspect, decoder.ASPECTS)
    require_choice("equalization", equalization, EQUALIZATIONS)


def refuse_broken(root: Path, scanned: Scan) -> None:
    """Raise DataError where several images, more than 5 %, cannot be decoded."""
    broken = [one for one in scanned.problems if one.verdict == "broken"]
    images = len(broken) + len(scanned.entries)
    if len(broken) > max(1, MOST_BROKEN * images):
        named = "; ".join(f"{one.file}: {one.reason}" for one in broken[:5])
        raise DataError(
            f"{root}: {len(broken)} of {images} images cannot be decoded, more than 5 %. Repair or "
            f"remove them. {named}{'; ...' if len(broken) > 5 else ''}"
        )


def refuse_small(root: Path, class_names: Sequence[str], scanned: Scan) -> None:
    """Raise DataError where a class has fewer than two usable images, or one image copied."""
    contents = defaultdict(list)
    for entry, content in zip(scanned.entries, scanned.hashes, strict=True):
        contents[entry.label].append(content)
    small = [
        f"{name} ({len(contents[label])})"
        for label, name in enumerate(class_names)
        if len(contents[label]) < 2
    ]
    if small:
        raise DataError(
            f"{root}: every class needs at least two images that can be decoded; too few in "
            f"{some(small)}."
        )
    same = [class_names[label] for label, found in contents.items() if len(set(found)) < 2]
    if same:
        raise DataError(
            f"{root}: all images of {some(same)} are copies of one file. Every class needs two "
            "different images."
        )
