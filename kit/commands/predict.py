"""Name the classes of images with a run."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from kit import progress
from kit.commands.programs import program
from kit.commands.targets import check_target, put
from kit.errors import DataError
from kit.keras_start import start_keras

if TYPE_CHECKING:
    from kit.prediction import Predictions

__all__ = ["main", "predict"]


def predict(
    run: Annotated[Path, tyro.conf.Positional],
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional],
    *,
    top: int = 1,
    csv: Path | None = None,
    json: Path | None = None,
    batch_size: int = 32,
) -> None:
    """Name the classes of images with a run.

    Files that cannot be read as images are reported, and the rest is predicted.

    Args:
        run: A folder that the training made, for example models/pets-basic_cnn, or its model.keras.
        paths: Images, folders of images, or patterns such as "photos/*.jpg".
        top: How many classes to give per image, the likeliest first.
        csv: Write the table to this file instead of printing it; - is stdout.
        json: Write it to this file as JSON instead of printing it; - is stdout.
        batch_size: Images at a time.
    """
    from kit import prediction
    from kit.experiments import places

    check_target("--csv", csv)
    check_target("--json", json)
    places.trained_run(run, paths, "kit-predict")  # told before TensorFlow starts, in seconds
    images = prediction.find(paths)
    start_keras()
    classifier = prediction.load(run)
    if not classifier.gives_probabilities:
        progress.say("The model gives scores, not probabilities: the largest is the answer.")
    answers = prediction.classify(classifier, images, top, batch_size)
    for file, reason in answers.unreadable:
        progress.say(f"Not read: {file}: {reason}")
    if answers.unreadable or answers.ignored:
        progress.say(_account(answers))
    if csv is not None:
        put(csv, answers.table.to_csv(index=False, lineterminator="\n"))
    if json is not None:
        put(json, _as_json(answers))
    if csv is None and json is None:
        shown = answers.table.assign(
            **{"file": answers.table["file"].map(_shown)},
            **{"class": answers.table["class"].map(progress.short)},
        )
        print(shown.to_string(index=False))
    if answers.table.empty:
        raise DataError("None of the files could be read as an image.")


def _shown(file: str) -> str:
    """Return a path as a table has it: its folders may be called like classes, and as long."""
    path = Path(file)
    return str(Path(*map(progress.short, path.parent.parts), progress.clean(path.name)))


def _account(answers: "Predictions") -> str:
    read = answers.table["file"].nunique()
    text = f"{read} images classified, {len(answers.unreadable)} files not read"
    return (
        f"{text}, {len(answers.ignored)} hidden files ignored." if answers.ignored else text + "."
    )


def _as_json(answers: "Predictions") -> str:
    classes = list(answers.table.columns[2:])  # class, and probability or score
    grouped = answers.table.groupby("file", sort=False)
    content = {
        "predictions": [
            {"file": file, "classes": rows[classes].to_dict("records")} for file, rows in grouped
        ],
        "unreadable": [{"file": file, "reason": reason} for file, reason in answers.unreadable],
    }
    return dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Run the program."""
    program(predict)
