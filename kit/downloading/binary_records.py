"""Images in binary formats, written as folders of PNG files.

All are read byte by byte as their pages describe them; nothing is unpickled. Sources: Y. LeCun,
C. Cortes, C. Burges, The MNIST database (idx files); G. Cohen et al., EMNIST: an extension of MNIST
to handwritten letters, 2017; A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images,
2009 (binary version of CIFAR-10); A. Coates, H. Lee, A. Ng, An Analysis of Single Layer Networks in
Unsupervised Feature Learning, AISTATS 2011 (STL-10).
"""

import gzip
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kit import progress
from kit.errors import DataError

__all__ = ["from_cifar", "from_emnist", "from_idx", "from_stl", "write"]

MAX_IDX = 2**28  # bytes; the largest file, of EMNIST's letters, has 98 million
CIFAR_SIDE, STL_SIDE = 32, 96

# Pixels (images, height, width) or (images, height, width, 3), and labels from 0, of each part.
Parts = Mapping[str, tuple[NDArray[np.uint8], NDArray[np.int64]]]


def write(parts: Parts, folder: Path, class_names: Sequence[str]) -> int:
    """Write ``folder/<part>/<class>/<place in the part>.png``, and return how many images it is.

    Raises:
        DataError: There are not as many labels as images, or a label is out of its range.
    """
    for part, (pixels, labels) in parts.items():
        if len(pixels) != len(labels):
            raise DataError(f"There are {len(pixels):,} {part} images but {len(labels):,} labels.")
        wrong = np.flatnonzero((labels < 0) | (labels >= len(class_names)))
        if len(wrong):
            place = wrong[0]
            raise DataError(f"{part} image {place}: there is no class for label {labels[place]}.")
        for name in class_names:
            (folder / part / name).mkdir(parents=True)
    total = sum(len(labels) for _, labels in parts.values())
    images = (
        (folder / part / class_names[label] / f"{place:05}.png", image)
        for part, both in parts.items()
        for place, (image, label) in enumerate(zip(*both, strict=True))
    )
    for path, image in progress.track(images, total, "Writing PNG files", "written"):
        Image.fromarray(image).save(path)
    return total


def from_idx(files: Sequence[Path]) -> Parts:
    """Read gzipped idx files: training images, training labels, test images, test labels.

    Raises:
        DataError: A file is damaged, or of another kind. So for all kinds.
    """
    return {
        "train": (_idx(files[0], 3), _idx(files[1], 1).astype(np.int64)),
        "test": (_idx(files[2], 3), _idx(files[3], 1).astype(np.int64)),
    }


def from_emnist(folder: Path) -> Parts:
    """Read the letters of EMNIST: idx files whose images lie on their side, labels from 1."""
    names = [
        f"emnist-letters-{part}-{kind}-ubyte.gz"
        for part in ("train", "test")
        for kind in ("images-idx3", "labels-idx1")
    ]
    parts = from_idx([_found(folder, name) for name in names])
    return {part: (one.transpose(0, 2, 1), labels - 1) for part, (one, labels) in parts.items()}


def from_cifar(folder: Path) -> Parts:
    """Read the binary version of CIFAR-10: records of a label and three planes."""
    values = 1 + 3 * CIFAR_SIDE**2
    groups = {"train": [f"data_batch_{n}.bin" for n in range(1, 6)], "test": ["test_batch.bin"]}
    parts = {}
    for part, names in groups.items():
        records = np.concatenate([_records(_found(folder, name), values) for name in names])
        planes = records[:, 1:].reshape(-1, 3, CIFAR_SIDE, CIFAR_SIDE)
        parts[part] = planes.transpose(0, 2, 3, 1), records[:, 0].astype(np.int64)
    return parts


def from_stl(folder: Path) -> Parts:
    """Read the labelled images of STL-10: three planes each, column by column, labels from 1."""
    parts = {}
    for part in ("train", "test"):
        planes = _records(_found(folder, f"{part}_X.bin"), 3 * STL_SIDE**2)
        labels = _records(_found(folder, f"{part}_y.bin"), 1)[:, 0].astype(np.int64)
        images = planes.reshape(-1, 3, STL_SIDE, STL_SIDE).transpose(0, 3, 2, 1)
        parts[part] = images, labels - 1
    return parts


def _found(folder: Path, name: str) -> Path:
    path = next(folder.rglob(name), None)
    if path is None:
        raise DataError(f"The archive has no {name}.")
    return path


def _records(path: Path, values: int) -> NDArray[np.uint8]:
    data = np.fromfile(path, np.uint8)
    if not len(data) or len(data) % values:
        raise DataError(f"{path.name} has {len(data):,} bytes, not a multiple of {values:,}.")
    return data.reshape(-1, values)


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    try:
        with gzip.open(path) as file:
            data = file.read(MAX_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"An idx file cannot be unpacked because it is damaged: {error}."
        ) from error
    start = 4 + 4 * dimensions
    if len(data) < start or data[:4] != bytes([0, 0, 8, dimensions]):  # 8: unsigned bytes
        raise DataError(f"A file is not an idx file of {dimensions} dimensions.")
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    expected = start + math.prod(shape)
    if len(data) != expected:
        raise DataError(f"An idx file has {len(data):,} bytes, but its header says {expected:,}.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
