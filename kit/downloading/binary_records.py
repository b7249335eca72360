"""Images in the binary formats of MNIST and CIFAR-10, written as folders of PNG files.

Both are read byte by byte as their pages describe them; nothing is unpickled. Sources: Y. LeCun,
C. Cortes, C. Burges, The MNIST database (idx files); A. Krizhevsky, Learning Multiple Layers of
Features from Tiny Images, 2009 (binary version of CIFAR-10).
"""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from kit import progress
from kit.errors import DataError

__all__ = ["from_cifar", "from_idx"]

MAX_IDX = 2**28  # bytes; MNIST's largest file has 47 million
SIDE = 32  # of a CIFAR image
PLANE = SIDE * SIDE
Labelled = tuple[int, int, Image.Image]  # place in the part, label
Parts = dict[str, tuple[int, Iterator[Labelled]]]  # how many, and which


def from_idx(files: Sequence[Path], folder: Path, class_names: Sequence[str]) -> int:
    """Write ``folder/{train,test}/<class>/<place in the file>.png`` from four gzipped idx files.

    Args:
        files: Training images, training labels, test images, test labels.
        folder: Where to; it must not exist.
        class_names: In the order of the labels.

    Returns:
        The number of images.

    Raises:
        DataError: A file is damaged, or of another kind.
    """
    parts = {}
    for part, images, labels in (("train", files[0], files[1]), ("test", files[2], files[3])):
        pixels, (count, height, width) = _idx(images, 3)
        marks, (marked,) = _idx(labels, 1)
        if count != marked:
            raise DataError(f"There are {count:,} {part} images and {marked:,} labels.")
        parts[part] = (count, _gray(pixels, marks, height, width))
    return _write(parts, folder, class_names)


def from_cifar(files: Path, folder: Path, class_names: Sequence[str]) -> int:
    """Write ``folder/{train,test}/<class>/<place in the part>.png`` from the binary version.

    Args:
        files: The folder with ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``.
        folder: Where to; it must not exist.
        class_names: In the order of the labels.

    Returns:
        The number of images.

    Raises:
        DataError: A file is missing or has a wrong length.
    """
    groups = {"train": [f"data_batch_{n}.bin" for n in range(1, 6)], "test": ["test_batch.bin"]}
    parts = {}
    for part, names in groups.items():
        data = b"".join(_batch(files / name) for name in names)
        parts[part] = (len(data) // (1 + 3 * PLANE), _color(data))
    return _write(parts, folder, class_names)


def _idx(path: Path, dimensions: int) -> tuple[bytes, tuple[int, ...]]:
    try:
        with gzip.open(path) as file:
            data = file.read(MAX_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"An idx file cannot be unpacked, it is damaged: {error}.") from error
    start = 4 + 4 * dimensions
    if len(data) < start or data[:4] != bytes([0, 0, 8, dimensions]):  # 8: unsigned bytes
        raise DataError(f"A file is no idx file of {dimensions} dimensions.")
    shape = struct.unpack(f">{dimensions}I", data[4:start])
    expected = start + math.prod(shape)
    if len(data) != expected:
        raise DataError(f"An idx file has {len(data):,} bytes; its header says {expected:,}.")
    return data[start:], shape


def _batch(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"The archive holds no {path.name}.") from error
    if not data or len(data) % (1 + 3 * PLANE):
        raise DataError(f"{path.name} has {len(data):,} bytes, no multiple of {1 + 3 * PLANE:,}.")
    return data


def _gray(pixels: bytes, labels: bytes, height: int, width: int) -> Iterator[Labelled]:
    size = height * width
    for index, label in enumerate(labels):
        content = pixels[index * size : (index + 1) * size]
        yield index, label, Image.frombytes("L", (width, height), content)


def _color(data: bytes) -> Iterator[Labelled]:
    """Each record is a label, then the red, the green and the blue plane."""
    for index, start in enumerate(range(0, len(data), 1 + 3 * PLANE)):
        first = start + 1
        planes = (data[first + k * PLANE : first + (k + 1) * PLANE] for k in range(3))
        bands = [Image.frombytes("L", (SIDE, SIDE), plane) for plane in planes]
        yield index, data[start], Image.merge("RGB", bands)


def _write(parts: Parts, folder: Path, class_names: Sequence[str]) -> int:
    for part in parts:
        for name in class_names:
            (folder / part / name).mkdir(parents=True)
    total = sum(count for count, _ in parts.values())
    images = ((part, *found) for part, (_, part_images) in parts.items() for found in part_images)
    for part, index, label, image in progress.track(images, total, "Writing PNG files", "written"):
        if label >= len(class_names):
            raise DataError(f"{part} image {index}: label {label} is above the last class.")
        image.save(folder / part / class_names[label] / f"{index:05}.png")
    return total
