"""Score a run on another folder of images."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import architectures, data, errors, evaluation, files, progress, runs
from kit.experiments import places
from kit.keras_start import start_keras
from kit.settings import Evaluating
from kit.settings.keywords import by_keywords


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a run is on a folder of images.

    Attributes:
        scores: The numbers, with their intervals.
        sentences: The same in words, with what limits it.
        predictions: A row for each image: file, true, predicted, probability or score.
    """

    scores: evaluation.Scores
    sentences: tuple[str, ...]
    predictions: pd.DataFrame

    def __str__(self) -> str:
        """Return the sentences as lines."""
        return "\n".join(map(progress.clean, self.sentences))

    def save(self, folder: Path | str) -> None:
        """Write metrics, predictions, tables and a picture into a folder, made where it is not."""
        from kit.experiments import score_files

        folder = Path(folder)
        score_files.keep(self.scores, "test", folder)
        score_files.save_table(self.predictions, folder / "predictions.csv")
        metrics = {"test": self.scores.summary()}
        files.write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")


@dataclass(frozen=True, eq=False)
class Asked:
    """What a run answered about the images of a folder.

    Attributes:
        splits: The images; all of them are the test part.
        numbers: Of those that were answered about.
        answers: Probabilities, or scores, (images, classes) in the order of the numbers.
        are_probabilities: Whether they are.
    """

    splits: data.Splits
    numbers: NDArray[np.int64]
    answers: NDArray[np.float64]
    are_probabilities: bool

    @property
    def files(self) -> list[str]:
        """Their names."""
        return [self.splits.files[number] for number in self.numbers]

    @property
    def true(self) -> NDArray[np.int64]:
        """Their classes."""
        return self.splits.labels[self.numbers]


def ask(saved: runs.Saved, folder: Path, **scoring: Any) -> Asked:
    """Ask a run about every image of a folder, or of a table.

    Args:
        saved: The run.
        folder: The images.
        scoring: As for :func:`kit.data.load_test`.

    Raises:
        DataError: The images cannot be used.
    """
    height, width = saved.facts["image_size"]
    splits = data.load_test(
        folder,
        saved.facts["class_names"],
        (height, width),
        saved.facts["color"],
        saved.facts["aspect"],
        equalization=saved.equalization,
        **scoring,
    )
    start_keras()
    model = runs.load_model(saved)
    with data.named_failures(splits.images):
        answers = evaluation.probabilities(model, data.ordered_batches(splits, "test"))
    return Asked(splits, splits.present("test"), answers, architectures.head(model) != "scores")


@by_keywords(Evaluating)
def evaluate(settings: Evaluating) -> Evaluation:
    """Score a run on another folder of images, as kit-evaluate does.

    ``run`` is a folder, its ``model.keras``, or what ``kit.train`` or ``kit.load`` returned.

    Raises:
        SettingError: It is no run, or ``output`` cannot be used.
        DataError: The images cannot be used.
    """
    folder, output = settings.folder, settings.results.output
    saved = places.trained_run(settings.run, [folder])
    seen = runs.images_of(saved, ("train", "validation"))  # a damaged table is told before the work
    if output is not None:
        places.check_new(output, folder)
    asked = ask(saved, folder, **vars(settings.scoring))
    splits, kind = asked.splits, {"are_probabilities": asked.are_probabilities}
    scores = evaluation.score(asked.true, asked.answers, splits.class_names, **kind)
    found = Evaluation(
        scores,
        tuple(
            evaluation.sentences(
                scores,
                f"{'table' if data.is_table(folder) else 'folder'} {folder.resolve().name}",
                shared=sum(splits.hashes[number] in seen for number in asked.numbers),
                shared_with="training or validation",
            )
        ),
        evaluation.predictions(asked.files, asked.true, asked.answers, splits.class_names, **kind),
    )
    if output is not None:
        with errors.reaching(found):
            found.save(output)
    return found
