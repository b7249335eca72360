"""Reasons for mistakes: evidence for each class, and the most similar training images."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kit import prediction, progress
from kit.errors import KitError, SettingError
from kit.keras_start import start_keras
from kit.reporting.pictures import Picture, of_pixels
from kit.reporting.run_files import RunFiles

MOST, SEED = 300, 0  # training images that are looked through: seconds, not minutes
LIKE = 4  # of them are shown
SIDE, SMALLER = 160, 72  # pixels of a heat map, of a training image


@dataclass(frozen=True)
class Reason:
    """Why an image may have got a wrong answer.

    Attributes:
        heats: Evidence for the answer, and for the label; none where the network has no map.
        like: The nearest training images, each with its class.
    """

    heats: Sequence[Picture] = ()
    like: Sequence[tuple[str, Picture]] = ()


@dataclass(frozen=True)
class Reasons:
    """Those of several images.

    Attributes:
        each: One for each image, an empty one for an image that cannot be read.
        known: Training images that were looked through.
        trained: Training images that there are.
        why: What kept the network from being asked, in a sentence.
    """

    each: Sequence[Reason] = ()
    known: int = 0
    trained: int = 0
    why: str = ""


def reasons(run: RunFiles, mistakes: pd.DataFrame) -> Reasons:
    """Load the network of a run, and explain its answers to some images.

    Args:
        run: The run.
        mistakes: A row an image: file, true, predicted. Where a file lies was looked at.
    """
    start = time.monotonic()
    start_keras()
    try:
        classifier = prediction.load(run.folder)
    except KitError as error:
        return Reasons(why=f"The mistakes are not explained: {error}")
    paths = [str(run.thumbnails.root / file) for file in mistakes["file"]]
    images = [pixels for _, pixels in prediction.decoded(classifier, paths)]
    there = [not isinstance(pixels, str) for pixels in images]
    if not any(there):
        return Reasons()
    pixels = np.stack([one for one in images if not isinstance(one, str)])
    shown = mistakes.assign(path=paths)[there]
    heats = _heats(classifier, shown, pixels)
    like, known, trained = _like(run, classifier, shown, pixels)
    found = iter([Reason(*one) for one in zip(heats, like, strict=True)])
    seconds = time.monotonic() - start
    counted = "1 mistake" if len(shown) == 1 else f"{len(shown)} mistakes"
    progress.say(f"{counted} explained for the report in {seconds:.1f} s")
    return Reasons([next(found) if one else Reason() for one in there], known, trained)


def _heats(
    classifier: prediction.Classifier, shown: pd.DataFrame, pixels: Any
) -> list[Sequence[Picture]]:
    """Return for each image its heat maps for the answer and for the label."""
    from kit import explanation, plots
    from kit.experiments.answers import answer_pictures

    if not explanation.has_map(classifier.model):
        return [()] * len(shown)
    number_of = {name: number for number, name in enumerate(classifier.class_names)}
    maps = [
        explanation.heat_map(classifier.model, pixels, shown[column].map(number_of).to_numpy())
        for column in ("predicted", "true")
    ]
    found: list[Sequence[Picture]] = []
    for path, *heats in zip(shown["path"], *maps, strict=True):
        photo = answer_pictures.sharp(classifier, path, SIDE)
        drawn = () if photo is None else (of_pixels(plots.overlay(photo, heat)) for heat in heats)
        found.append(tuple(drawn))
    return found


def _like(
    run: RunFiles, classifier: prediction.Classifier, shown: pd.DataFrame, pixels: Any
) -> tuple[list[Sequence[tuple[str, Picture]]], int, int]:
    """Return for each image the nearest training images, and how many were looked through."""
    from kit import explanation
    from kit.experiments.answers import similar_images

    try:
        labels = similar_images.trained_on(run.saved)
    except SettingError:  # they, or the table of them, are gone
        return [()] * len(shown), 0, 0
    every = list(labels)
    chosen = np.random.default_rng(SEED).permutation(len(every))[:MOST]
    files = [every[number] for number in sorted(chosen)]
    known, rows = similar_images.features(classifier, files, "Comparing with training images")
    if not known:
        return [()] * len(shown), 0, 0
    numbers, _ = explanation.neighbours(rows, explanation.features(classifier.model, pixels), LIKE)
    nearest = [known[number] for number in numbers.flat]
    pictures = run.thumbnails.of(nearest, SMALLER)
    cells = [(str(labels[file]), picture) for file, picture in zip(nearest, pictures, strict=True)]
    across = numbers.shape[1]
    each = [cells[start : start + across] for start in range(0, len(cells), across)]
    return list(each), len(known), len(every)
