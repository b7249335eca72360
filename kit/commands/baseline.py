"""Score classifiers without a network, as a yardstick for one."""

import json
from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit import files, progress
from kit.commands.programs import program
from kit.errors import SettingError
from kit.keras_start import start_keras
from kit.settings.texts import one_or_two

__all__ = ["baseline", "main"]


def baseline(
    folder: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    methods: tuple[Literal["knn", "logistic", "svm"], ...] = ("knn", "logistic", "svm"),
    backbone: str | None = None,
    weights: str = "imagenet",
    image_size: tuple[int, ...] | None = None,
    color: Literal["auto", "rgb", "grayscale"] = "auto",
    aspect: Literal["stretch", "crop", "pad"] = "stretch",
    equalization: Literal["none", "contrast", "histogram"] = "none",
    parts: str | None = None,
    validation_split: float | None = None,
    test_split: float | None = None,
    split: Path | None = None,
    exclude: Path | None = None,
    seed: int = 42,
    cache: bool = True,
    output: Path | None = None,
) -> None:
    """Score classifiers without a network, as a yardstick for one.

    k nearest neighbours and linear classifiers on the pixels of small images, or on what a
    pretrained network makes of larger ones. Their settings are
    chosen by cross-validation on the training images; validation and test images choose nothing.
    The folder is as for the training, and with --split models/RUN/split.csv its parts are the same.

    Args:
        folder: The images, or a table of paths and labels; without it, scikit-learn's handwritten
            digits.
        methods: Nearest neighbours, logistic regression, linear support vector machine.
        backbone: Take the features of this network in place of pixels: one of Keras', as in
            MobileNet-0.75, a run, or a .keras file.
        weights: Of the backbone: imagenet (downloaded where they are not here), none, or a file.
        image_size: One number for a square, or height and width, in pixels. By default 32, or what
            the backbone was trained on.
        color: Three channels or one; by default one where all images are gray.
        aspect: How an image comes to the image size.
        equalization: Whether the contrast of each image is stretched, or its histogram made even.
        parts: Which folders are parts where their names do not say it, as in
            train=fold1,train=fold2,test=fold3; a dot is the folder itself; none where all are
            classes.
        validation_split: Share of the images for validation where the folder has no part for it;
            by default 0.2.
        test_split: Share for a test part; by default 0.15 from 1,000 images where the folder has
            no parts.
        split: A run's split.csv: every image goes where it says.
        exclude: A list of files to leave out: a CSV with a column file, or one path a line.
        seed: Of split and cross-validation.
        cache: Keep decoded images in the user's cache folder.
        output: A new folder for metrics, predictions and figures.
    """
    from kit import data
    from kit.experiments import places
    from kit.experiments.choice import network_choice

    if not methods:
        raise SettingError("--methods takes at least one of knn, logistic, svm.")
    size = None if image_size is None else one_or_two(image_size)
    source = places.data_folder(folder)
    choice = None
    if backbone is not None:
        choice = network_choice.choose(
            "auto", backbone, weights, {}, source, size, color, parts=parts
        )
        size = choice.image_size
        data.given_parts(source, parts)  # a mistake is told before TensorFlow starts
        start_keras()
        choice.make_ready()
    if output is not None:
        places.check_new(output, source)
    splits = data.load(
        source,
        image_size=size or (32, 32),
        parts=parts,
        validation_split=validation_split,
        test_split=test_split,
        split=split,
        exclude=exclude,
        seed=seed,
        augmentation="none",
        color=color if choice is None else choice.color,
        aspect=aspect,
        equalization=equalization,
        cache=cache,
    )
    from kit.experiments import baseline_scores as steps

    if choice is not None:
        splits = steps.features(splits, choice, cache)
    scored = [steps.score(splits, method) for method in dict.fromkeys(methods)]
    print(steps.overview(scored, on_features=choice is not None))
    if output is not None:
        steps.keep(scored, splits, output)
        metrics = {one.baseline.method: one.metrics() for one in scored}
        files.write_text(output / "metrics.json", json.dumps(metrics, indent=2) + "\n")
        progress.say(f"Metrics, predictions and figures are in {output}.")


def main() -> None:
    """Run the program."""
    program(baseline)
