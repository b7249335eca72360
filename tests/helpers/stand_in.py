"""A few small images in memory, with the attributes of ``data.Splits`` that batches need."""

from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Images:
    """Reads from an array, as the cache does."""

    values: np.ndarray

    def __len__(self):
        return len(self.values)

    @property
    def shape(self):
        return self.values.shape[1:]

    @property
    def dtype(self):
        return self.values.dtype

    def read(self, indices):
        return self.values[indices]

    def read_present(self, indices):
        return self.read(indices), indices


@dataclass(frozen=True)
class StandIn:
    images: Images
    labels: np.ndarray
    parts: dict[str, np.ndarray]
    batch_size: int = 4
    seed: int = 42
    augmentation: str = "none"
    flip: bool = True
    augment: tuple[tuple[str, dict], ...] = ()
    mix: object = None
    sampling: str = "none"
    class_names: tuple[str, ...] = ("ant", "bee", "cow")
    files: tuple[str, ...] = field(default=())

    @property
    def num_classes(self):
        return len(self.class_names)

    @property
    def image_shape(self):
        return self.images.shape

    def but(self, **changes):
        return replace(self, **changes)


def splits(count=14, shape=(12, 10, 3), **changes):
    """The last quarter is the validation part; the first value of image i is i."""
    values = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    values[:, 0, 0, 0] = np.arange(count)
    names = tuple(f"{i}.png" for i in range(count))
    cut = count - count // 4
    made = StandIn(
        Images(values),
        np.arange(count) % 3,
        {"train": np.arange(cut), "validation": np.arange(cut, count)},
        files=names,
    )
    return made.but(**changes)
