"""Pictures of why a run answers as it does: an image beside its heat map."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kit import files, plots, prediction, progress
from kit.data.decoding import decoder, opening

Pixels = NDArray[np.uint8]

AT_ONCE = 16  # images
SIDE = 256  # pixels that the longer side of a picture has at least
GAP = 8  # white pixels between the two
LONGEST = 60  # bytes of a name within a file's name


@dataclass(frozen=True, eq=False)
class AnswerPicture:
    """What a run answers about an image, and which places support it.

    Attributes:
        file: The image.
        answer: The class.
        sureness: Its probability, or its score.
        heat: Float32 ``(height, width)`` from 0 to 1, of the size that the network takes.
        photo: The image with its whole sides as the network sees them, at a size for people: uint8
            ``(height, width, channels)``.
    """

    file: str
    answer: str
    sureness: float
    heat: NDArray[np.float32]
    photo: Pixels

    @property
    def pixels(self) -> Pixels:
        """The photo, and beside it its heat: uint8 ``(height, 2 * width + 8, 3)``."""
        height, width, _ = self.photo.shape
        photo = np.broadcast_to(self.photo, (height, width, 3))
        white = np.full((height, GAP, 3), 255, np.uint8)
        return np.hstack([photo, white, plots.overlay(self.photo, self.heat)])

    def _repr_png_(self) -> bytes:
        """Return the picture as a notebook shows it."""
        image: bytes | None = Image.fromarray(self.pixels)._repr_png_()
        return image or b""


def pictures(
    classifier: prediction.Classifier, answers: prediction.Predictions
) -> Iterator[AnswerPicture]:
    """Yield a picture for each image that was answered about, in their order.

    A network without a map of features, a linear one for example, is explained by occlusion.
    """
    from kit import explanation

    mapped = explanation.has_map(classifier.model)
    if not mapped:
        progress.say("The network has no feature map, so parts of each image are covered instead.")
    heat_of = explanation.heat_map if mapped else explanation.occlusion
    best = answers.table[answers.table["rank"] == 1]
    number_of = {name: number for number, name in enumerate(classifier.class_names)}
    for start in range(0, len(best), AT_ONCE):
        rows = best.iloc[start : start + AT_ONCE]
        readings = list(prediction.decoded(classifier, rows["file"]))
        there = np.array([not isinstance(pixels, str) for _, pixels in readings])
        if not there.any():  # the files are gone meanwhile
            continue
        rows = rows[there]
        images = np.stack([pixels for _, pixels in readings if not isinstance(pixels, str)])
        heats = heat_of(classifier.model, images, rows["class"].map(number_of).to_numpy())
        for (file, _, answer, sureness), heat in zip(
            rows.itertuples(index=False), heats, strict=True
        ):
            photo = sharp(classifier, file, SIDE)
            if photo is not None:
                yield AnswerPicture(file, answer, float(sureness), heat, photo)


def save(classifier: prediction.Classifier, answers: prediction.Predictions, folder: Path) -> None:
    """Write a PNG for each image that was answered about into a new folder.

    The names begin with a number, and hold class, probability and file as far as their letters are
    letters or digits: ``00001_cat_0.98_IMG-7.png``.
    """
    folder.mkdir(parents=True)
    count = answers.table["file"].nunique()
    found = progress.track(pictures(classifier, answers), count, "Explaining", "images explained")
    for number, one in enumerate(found, start=1):
        name = f"{_harmless(one.answer)}_{one.sureness:.2f}_{_harmless(Path(one.file).stem)}"
        image = Image.fromarray(one.pixels)
        files.write(folder / f"{number:05}_{name}.png", image.save)


def sharp(classifier: prediction.Classifier, file: str, side: int) -> Pixels | None:
    """Return an image as the network sees it, its longer side not below ``side`` pixels."""
    height, width = classifier.image_size
    factor = -(-side // max(height, width))
    size = (factor * height, factor * width)
    try:
        return decoder.decode(Path(file), size, classifier.color, classifier.aspect)
    except opening.BrokenImage:  # it changed meanwhile
        return None


def _harmless(name: str) -> str:
    """Return a name without what means something in a path, a shell or a terminal."""
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else "-" for c in name)
    return kept.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
