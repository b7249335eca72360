"""Score a run on another folder of images."""

import json
from pathlib import Path
from typing import Annotated

import tyro

from kit import files, progress
from kit.commands.programs import program
from kit.keras_start import start_keras

__all__ = ["evaluate", "main"]


def evaluate(
    run: Annotated[Path, tyro.conf.Positional],
    folder: Annotated[Path, tyro.conf.Positional],
    *,
    parts: str | None = None,
    exclude: Path | None = None,
    batch_size: int = 32,
    output: Path | None = None,
    cache: bool = True,
) -> None:
    """Score a run on another folder of images.

    The folder has one sub-folder per class, named as in the training, or is a table of paths and
    labels. All its images are scored, or those of the parts that are named.

    Args:
        run: A folder that the training made, for example models/pets-basic_cnn, or its model.keras.
        folder: The images.
        parts: Folders to score instead of all, as in test=Testing.
        exclude: A list of files to leave out: a CSV with a column file, or one path a line.
        batch_size: Images at a time.
        output: A new folder for metrics, predictions and figures.
        cache: Keep decoded images in the user's cache folder.
    """
    from kit import data, runs
    from kit.experiments import places

    trained = places.trained_run(run, [folder], "kit-evaluate")
    if output is not None:
        places.check_new(output, folder)
    facts = trained.facts
    splits = data.load_test(
        folder,
        facts["class_names"],
        (facts["image_size"][0], facts["image_size"][1]),
        facts["color"],
        facts["aspect"],
        batch_size=batch_size,
        cache=cache,
        equalization=trained.equalization,
        exclude=exclude,
        parts=parts,
    )
    start_keras()
    from kit import architectures, evaluation
    from kit.experiments import score_files

    model = runs.load_model(trained)
    with data.named_failures(splits.images):
        answers = evaluation.probabilities(model, data.ordered_batches(splits, "test"))
    kind = {"are_probabilities": architectures.head(model) != "scores"}
    numbers = splits.present("test")
    true = splits.labels[numbers]
    scores = evaluation.score(true, answers, splits.class_names, **kind)
    seen = runs.images_of(trained, ("train", "validation"))
    shared = sum(splits.hashes[number] in seen for number in numbers)
    for line in evaluation.sentences(
        scores,
        f"{'table' if data.is_table(folder) else 'folder'} {folder.resolve().name}",
        shared=shared,
        shared_with="training or validation",
    ):
        print(progress.clean(line))
    print(score_files.class_table(scores))
    if output is not None:
        score_files.keep(scores, "test", output)
        names = [splits.files[number] for number in numbers]
        table = evaluation.predictions(names, true, answers, splits.class_names, **kind)
        score_files.save_table(table, output / "predictions.csv")
        metrics = {"test": scores.summary()}
        files.write_text(output / "metrics.json", json.dumps(metrics, indent=2) + "\n")
        progress.say(f"Metrics, predictions and figures are in {output}.")


def main() -> None:
    """Run the program."""
    program(evaluate)
