"""The data sets of the gallery as arrays: handwritten digits, and two cuts of CIFAR-10, halved.

Images are float32 in [0, 255], labels are class numbers.
"""

import io
import os
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

CIFAR = Path(os.environ.get("CIFAR10", "cifar10.zip"))  # of class folders
SIDE = 16  # pixels: a quarter of the work of 32
FIRST = ("airplane", "automobile", "deer", "frog")  # thresholds were set on these too
SECOND = ("bird", "cat", "dog", "horse", "ship", "truck")  # and are judged on these
TRAINING, VALIDATION = 1000, 300  # images of all classes together

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def load(name: str) -> Arrays:
    """Return training images, their labels, validation images, their labels."""
    images, labels = SETS[name]()
    order = np.random.default_rng(0).permutation(len(images))[: TRAINING + VALIDATION]
    train, validation = order[:TRAINING], order[TRAINING:]
    return images[train], labels[train], images[validation], labels[validation]


def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    data = load_digits()
    return (data.images[..., None] * (255 / 16)).astype(np.float32), data.target


def cifar(classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    images, labels = [], []
    each = (TRAINING + VALIDATION) // len(classes)
    with zipfile.ZipFile(CIFAR) as archive:
        for number, name in enumerate(classes):
            files = sorted(one for one in archive.namelist() if f"/train/{name}/" in one)
            for file in [one for one in files if one.endswith((".jpg", ".png"))][:each]:
                with Image.open(io.BytesIO(archive.read(file))) as image:
                    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
                    images.append(np.asarray(small, np.float32))
                labels.append(number)
    return np.stack(images), np.asarray(labels)


SETS = {"digits": digits, "cifar": partial(cifar, FIRST), "cifar-2": partial(cifar, SECOND)}
