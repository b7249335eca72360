"""Score a run on another folder of images."""

import dataclasses
import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import architectures, comparison, data, errors, evaluation, files, progress, runs
from kit.errors import SettingError
from kit.experiments import places
from kit.experiments.answers import averaging, slicing
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
        slices: Each kind of image that was compared with the others: dark, small, unsharp, ...
    """

    scores: evaluation.Scores
    sentences: tuple[str, ...]
    predictions: pd.DataFrame
    slices: tuple[comparison.Slice, ...] = ()

    def __str__(self) -> str:
        """Return the sentences as lines."""
        return "\n".join(map(progress.clean, self.sentences))

    def save(self, folder: Path | str) -> None:
        """Write metrics, predictions, tables and a picture into a folder, made where it is not."""
        from kit.experiments import score_files

        folder = Path(folder)
        score_files.keep(self.scores, "test", folder)
        score_files.save_table(self.predictions, folder / "predictions.csv")
        if self.slices:
            score_files.save_table(pd.DataFrame(self.slices), folder / "slices.csv")
        metrics = {"test": self.scores.summary()}
        files.write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")


@dataclass(frozen=True, eq=False)
class Asked:
    """What a run answered about the images of a folder.

    Attributes:
        splits: The images; all of them are the test part.
        numbers: Of those that were answered about.
        answers: Probabilities, or scores, (images, classes) in the order of the numbers.
        plain: The same without mirror images.
        are_probabilities: Whether they are.
    """

    splits: data.Splits
    numbers: NDArray[np.int64]
    answers: NDArray[np.float64]
    plain: NDArray[np.float64]
    are_probabilities: bool

    @property
    def files(self) -> list[str]:
        """Their names."""
        return [self.splits.files[number] for number in self.numbers]

    @property
    def true(self) -> NDArray[np.int64]:
        """Their classes."""
        return self.splits.labels[self.numbers]

    def right(self, answers: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for each of them whether these answers are right."""
        return np.asarray(answers.argmax(axis=1) == self.true)

    def of(self, files: Container[str], class_names: Sequence[str]) -> "Asked":
        """Return the same for some of the images, with the classes in this order."""
        rows = [row for row, file in enumerate(self.files) if file in files]
        place = np.ix_(rows, [self.splits.class_names.index(name) for name in class_names])
        return dataclasses.replace(
            self, numbers=self.numbers[rows], answers=self.answers[place], plain=self.plain[place]
        )


def ask(saved: runs.Saved, folder: Path, mirrored: bool = False, **scoring: Any) -> Asked:
    """Ask a run about every image of a folder, or of a table.

    Args:
        saved: The run.
        folder: The images.
        mirrored: Whether answers are the mean for an image and its mirror image.
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
        batches = data.ordered_batches(splits, "test")
        answers = plain = evaluation.probabilities(model, batches)
        if mirrored:
            turned = batches.map(lambda images, labels: (images[:, :, ::-1], labels))
            answers = (plain + evaluation.probabilities(model, turned)) / 2
    probable = architectures.head(model) != "scores"
    return Asked(splits, splits.present("test"), answers, plain, probable)


@by_keywords(Evaluating)
def evaluate(settings: Evaluating) -> Evaluation:
    """Score a run on another folder of images, as kit-evaluate does.

    ``run`` is a folder, its ``model.keras``, or what ``kit.train`` or ``kit.load`` returned;
    ``folder`` holds the images. Where more runs come before it, as in ``[other_run, "photos"]``,
    the probabilities of all are averaged.

    Raises:
        SettingError: It is no run, several do not go together, or ``output`` cannot be used.
        DataError: The images cannot be used.
    """
    output = settings.results.output
    together, images = places.trained_runs(settings.run, settings.folder)
    if len(images) != 1:
        given = progress.some(map(str, images)) or "nothing"
        raise SettingError(
            f"One folder of images, or a table, comes last; after the runs came: {given}."
        )
    [folder], mirrored = images, settings.averaging.mirrored
    averaging.check(together, mirrored)
    parts = ("train", "validation")
    seen = set().union(*(runs.images_of(one, parts) for one in together))  # damage is told now
    if output is not None:
        places.check_new(output, folder)
    names = [progress.short(one.folder.resolve().name) for one in together]
    each = [ask(one, folder, mirrored, **vars(settings.scoring)) for one in together]
    asked, gains = _averaged(names, each)
    splits, kind = asked.splits, {"are_probabilities": asked.are_probabilities}
    scores = evaluation.score(asked.true, asked.answers, splits.class_names, **kind)
    scoring = settings.scoring
    compared = _sliced(asked, folder, scoring.parts, scoring.cache)
    found = Evaluation(
        scores,
        (
            *evaluation.sentences(
                scores,
                f"{'table' if data.is_table(folder) else 'folder'} {folder.resolve().name}",
                shared=sum(splits.hashes[number] in seen for number in asked.numbers),
                shared_with="training or validation",
            ),
            *gains,
            *slicing.sentences(compared),
        ),
        evaluation.predictions(asked.files, asked.true, asked.answers, splits.class_names, **kind),
        tuple(compared),
    )
    if output is not None:
        with errors.reaching(found):
            found.save(output)
    return found


def _sliced(asked: Asked, folder: Path, parts: str | None, cache: bool) -> list[comparison.Slice]:
    names = asked.splits.class_names
    images = slicing.measured(folder, names, asked.files, parts, cache)
    right = pd.Series(asked.right(asked.answers), asked.files)[images["file"]]
    return comparison.slices(right.to_numpy(), slicing.kinds(images, names))


def _averaged(names: Sequence[str], each: Sequence[Asked]) -> tuple[Asked, list[str]]:
    """Return the mean of what several runs answered, and say what it gains."""
    averaging.check_probabilities(
        {name: one.are_probabilities for name, one in zip(names, each, strict=True)}
    )
    common = set.intersection(*(set(one.files) for one in each))  # a file may break meanwhile
    each = [one.of(common, each[0].splits.class_names) for one in each]
    answers, plain = (
        np.mean([getattr(one, kind) for one in each], axis=0) for kind in ("answers", "plain")
    )
    mean = dataclasses.replace(each[0], answers=answers, plain=plain)
    right, gains = mean.right(answers), []
    if len(each) > 1:
        alone = [one.right(one.answers) for one in each]
        best = int(np.argmax([hits.mean() for hits in alone]))
        told = (f"{name} {hits.mean():.3f}" for name, hits in zip(names, alone, strict=True))
        gains.append(f"accuracy of each run alone: {', '.join(told)}")
        found = comparison.difference(alone[best], right)
        gains.append(found.verdict(f"{names[best]} alone", f"the mean of {len(each)} runs"))
    if not np.array_equal(answers, plain):
        found = comparison.difference(mean.right(plain), right)
        gains.append(found.verdict("the image alone", "the mean with its mirror image"))
    return mean, gains
