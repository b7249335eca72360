"""A data folder divided into training, validation and test part, joined by the images' numbers."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kit.data.batches.mixing import Mix
from kit.data.listing.tree import Problem
from kit.data.scanning.images import Images
from kit.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Splits:
    """The images of a folder, their classes and their parts.

    Image number ``i`` is ``files[i]``, with ``hashes[i]`` and ``labels[i]``; ``images.read([i])``
    gives its pixels. ``parts`` holds the numbers of each part in increasing order.

    Attributes:
        folder: The data folder.
        class_names: Sorted as text; a label is a place in here.
        files: Relative to the folder, with slashes, sorted.
        hashes: blake2b of each file's bytes, in hex.
        groups: Equal for images that belong together and are kept in one part.
        labels: int64, one for each file.
        parts: ``"train"``, ``"validation"`` and, where there is one, ``"test"``.
        images: The pixels, uint8.
        batch_size: Images in a batch.
        seed: What the division, the order and the augmentation are drawn from.
        augmentation: The preset's name.
        flip: Whether augmentation may mirror an image.
        color: ``"rgb"`` or ``"grayscale"``.
        aspect: ``"stretch"``, ``"crop"`` or ``"pad"``.
        fingerprint: Hash over the names and contents of all used files.
        problems: Files that are not used, with the reason.
        notes: What a person should know about this data, in sentences.
        changed: Files whose bytes are others than an earlier scan, or the earlier split, says.
        equalization: ``"none"``, ``"contrast"`` or ``"histogram"``.
        augment: Layers of the augmentation besides the preset's, and their settings.
        mix: How training images are mixed with each other; None for not at all.
        sampling: ``"none"``, ``"balanced"`` or ``"smote"``: how often classes come in an epoch.
    """

    folder: Path
    class_names: tuple[str, ...]
    files: tuple[str, ...] = field(repr=False)
    hashes: tuple[str, ...] = field(repr=False)
    groups: tuple[str, ...] = field(repr=False)
    labels: Indices = field(repr=False)
    parts: Mapping[str, Indices] = field(repr=False)
    images: Images
    batch_size: int
    seed: int
    augmentation: str
    flip: bool
    color: str
    aspect: str
    fingerprint: str
    problems: tuple[Problem, ...] = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)
    changed: tuple[str, ...] = field(repr=False)
    equalization: str = "none"
    augment: tuple[tuple[str, dict[str, Any]], ...] = ()
    mix: Mix | None = None
    sampling: str = "none"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.images.shape
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def train(self) -> Any:
        """Shuffled, augmented batches as a ``tf.data.Dataset``; each pass is the next epoch."""
        from kit.data.batches import pipeline

        return pipeline.one_pass(self)

    @property
    def validation(self) -> Any:
        """The validation images in order, as a ``tf.data.Dataset``."""
        from kit.data.batches import pipeline

        return pipeline.ordered(self, "validation")

    @property
    def test(self) -> Any:
        """The test images in order, as a ``tf.data.Dataset``; None where there is no such part."""
        if "test" not in self.parts:
            return None
        from kit.data.batches import pipeline

        return pipeline.ordered(self, "test")

    def counts(self, part: str) -> dict[str, int]:
        """Return class name -> images in a part; all 0 for a test part that is not there."""
        counted = np.bincount(self.labels[self._numbers(part)], minlength=self.num_classes)
        return dict(zip(self.class_names, counted.tolist(), strict=True))

    def present(self, part: str) -> Indices:
        """Return the numbers of a part without the images that broke or vanished since the scan.

        After a pass over the part in order, row k of the answers belongs to number k of these.
        """
        numbers = self._numbers(part)
        return numbers[~np.isin(numbers, list(self.images.lost))]

    def shared(self, part_a: str, part_b: str) -> tuple[str, ...]:
        """Return the files of part_b whose bytes are also in part_a."""
        known = {self.hashes[image] for image in self._numbers(part_a)}
        return tuple(
            self.files[image] for image in self._numbers(part_b) if self.hashes[image] in known
        )

    def table(self) -> "pd.DataFrame":
        """Return file, class, split, hash and group of every image: what ``split.csv`` holds.

        The group is left empty where an image is the only one of its group.
        """
        import pandas as pd  # slow to import, and most loads need no table

        side = np.empty(len(self.files), object)
        for part, numbers in self.parts.items():
            side[numbers] = part
        sizes = Counter(self.groups)
        return pd.DataFrame(
            {
                "file": self.files,
                "class": [self.class_names[label] for label in self.labels],
                "split": side,
                "hash": self.hashes,
                "group": [name if sizes[name] > 1 else "" for name in self.groups],
            }
        )

    def _numbers(self, part: str) -> Indices:
        if part not in {"train", "validation", "test"}:
            raise SettingError(f"The part must be train, validation or test; got {part!r}.")
        return self.parts.get(part, np.empty(0, np.int64))
