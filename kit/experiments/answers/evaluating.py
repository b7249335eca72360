"""Score a run on another folder of images."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

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
    height, width = saved.facts["image_size"]
    splits = data.load_test(
        folder,
        saved.facts["class_names"],
        (height, width),
        saved.facts["color"],
        saved.facts["aspect"],
        equalization=saved.equalization,
        **vars(settings.scoring),
    )
    start_keras()
    model = runs.load_model(saved)
    with data.named_failures(splits.images):
        answers = evaluation.probabilities(model, data.ordered_batches(splits, "test"))
    kind = {"are_probabilities": architectures.head(model) != "scores"}
    numbers = splits.present("test")
    true, names = splits.labels[numbers], [splits.files[number] for number in numbers]
    scores = evaluation.score(true, answers, splits.class_names, **kind)
    found = Evaluation(
        scores,
        tuple(
            evaluation.sentences(
                scores,
                f"{'table' if data.is_table(folder) else 'folder'} {folder.resolve().name}",
                shared=sum(splits.hashes[number] in seen for number in numbers),
                shared_with="training or validation",
            )
        ),
        evaluation.predictions(names, true, answers, splits.class_names, **kind),
    )
    if output is not None:
        with errors.reaching(found):
            found.save(output)
    return found
