"""The steps of ``train --folds``: divide, and score what every fold's model answers to its fold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import architectures, data, evaluation, progress
from kit.experiments import score_files
from kit.experiments.trainings.trained_networks import Trained, best_of

PREDICTIONS = "predictions_out_of_fold.csv"


def overview(each: Sequence[data.Splits]) -> str:
    """Return how many images of each class are in each fold, and in the test part, as a table."""
    counts = {f"fold {n}": one.counts("validation") for n, one in enumerate(each, start=1)}
    if "test" in each[0].parts:
        counts["test"] = each[0].counts("test")
    table = pd.DataFrame(counts)
    table.loc["all"] = table.sum()
    text: str = table.rename(index=progress.short).to_string(max_rows=30)
    return (
        f"{len(each)} trainings: each validates on one fold and trains on the others. "
        f"{len(each[0].files)} images in all:\n{text}"
    )


def numbers(each: Sequence[data.Splits]) -> NDArray[np.object_]:
    """Return the number of the fold that each image validates, as text; none for a test image."""
    fold = np.full(len(each[0].files), "", object)
    for number, one in enumerate(each, start=1):
        fold[one.parts["validation"]] = str(number)
    return fold


def score(
    trained: Sequence[Trained], each: Sequence[data.Splits], run: Path, said: list[str]
) -> dict[str, Any]:
    """Score the answers to the folds, keep their table and add sentences to what is ``said``.

    Returns:
        What ``metrics.json`` holds of the cross-validation.
    """
    asked, answers = _answers(trained)
    every, splits = np.concatenate(asked), each[0]
    images = [len(some) for some in asked]
    found = evaluation.cross_validated(
        [splits.files[number] for number in every],
        splits.labels[every],
        np.concatenate(answers),
        np.repeat(np.arange(1, len(images) + 1), images),
        splits.class_names,
        are_probabilities=architectures.head(trained[0].model) != "scores",
    )
    score_files.save_table(found.table, run / PREDICTIONS)
    score_files.keep(found.scores, "out_of_fold", run)
    said += found.sentences([len(one.history.table) for one in trained])
    at_end = _at_the_end(trained, images)
    if at_end is not None and f"{at_end:.3f}" != f"{found.scores.accuracy:.3f}":
        said.append(
            f"With the last epoch of each training instead of the kept one, it is {at_end:.3f}. "
            "The difference may come from choosing the epoch on these images."
        )
    best = best_of(trained).attempt.name
    said.append(
        f"The model of {best} is kept. Its own validation score, below, is the best of "
        f"{len(trained)}, so it is optimistic; the cross-validation is the estimate."
    )
    return {"cross_validation": {**found.summary(), "last_epoch_accuracy": at_end}}


def _answers(trained: Sequence[Trained]) -> tuple[list[Any], list[Any]]:
    """Return the images' numbers and the answers (images, classes) of each fold."""
    numbers, answers = [], []
    for one in trained:
        with data.named_failures(one.asked.images):
            batches = data.ordered_batches(one.asked, "validation")
            answers.append(evaluation.probabilities(one.answering, batches))
        numbers.append(one.asked.present("validation"))
    return numbers, answers


def _at_the_end(trained: Sequence[Trained], images: Sequence[int]) -> float | None:
    """Return the accuracy over all folds where each training's last epoch had been taken."""
    tables = [one.history.table for one in trained]
    if any("val_accuracy" not in table for table in tables):
        return None
    last = [float(table["val_accuracy"].iloc[-1]) for table in tables]
    return float(np.average(last, weights=images))
