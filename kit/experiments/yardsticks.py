"""Score classifiers without a network, as a yardstick for one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kit import baselines, data, errors, evaluation, files, runs
from kit.experiments import places, score_files
from kit.experiments.choice import network_choice
from kit.experiments.choice.network_choice import Choice
from kit.keras_start import start_keras
from kit.settings import Baselining, Network
from kit.settings.keywords import by_keywords

SIZE = (32, 32)  # of images whose pixels are compared

YARDSTICK = (
    "These are baselines: a network that does not clearly beat them has learned little. They "
    "compare pixel by pixel, so a shifted photo counts as different. Do not use them to classify "
    "photos."
)
ON_FEATURES = (
    "These are baselines on a network's features. A head trained on the same features should do as "
    "well. Their gain over pixels is what the network has learned."
)


@dataclass(frozen=True, eq=False)
class Scored:
    """A baseline, and for each held-out part what it answered and how good that is."""

    baseline: baselines.Baseline
    answers: Mapping[str, baselines.Answers]
    scores: Mapping[str, evaluation.Scores]

    def metrics(self) -> dict[str, Any]:
        """Return what ``metrics.json`` holds of this method."""
        parts = {
            part: {
                **scores.summary(),
                "seconds_per_image": round(self.answers[part].seconds_per_image, 6),
            }
            for part, scores in self.scores.items()
        }
        return {
            **parts,
            "settings": dict(self.baseline.settings),
            "training_images": self.baseline.images,
            "seconds": round(self.baseline.seconds, 2),
        }


@dataclass(frozen=True, eq=False)
class Yardsticks:
    """What classifiers without a network reach on some data.

    Attributes:
        scored: Each method, in the order in which they were asked for.
        splits: The data.
        on_features: Whether they learned from a network's features in place of pixels.
    """

    scored: tuple[Scored, ...]
    splits: data.Splits
    on_features: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what each method reached, and how."""
        return tuple(line for one in self.scored for line in _sentences(one, self.splits))

    @property
    def table(self) -> pd.DataFrame:
        """Return accuracies, intervals and costs, a row for each method and for guessing."""
        majority = {
            f"{part} accuracy": f"{scores.majority_baseline:.3f}"
            for part, scores in self.scored[0].scores.items()
        }
        rows = [*map(_row, self.scored), {"method": "always the largest class", **majority}]
        return pd.DataFrame(rows).fillna("")

    def __str__(self) -> str:
        """Return the table, and what it is for; nothing as long as there is no score."""
        if not self.scored:
            return ""
        purpose = ON_FEATURES if self.on_features else YARDSTICK
        return f"{self.table.to_string(index=False)}\n{purpose}"

    def save(self, folder: Path | str) -> None:
        """Write split and metrics, and for each method predictions, tables and pictures.

        The folder is new.
        """
        folder, splits = Path(folder), self.splits
        folder.mkdir(parents=True)
        score_files.save_table(splits.table(), folder / runs.SPLIT)
        for one in self.scored:
            inside = folder / one.baseline.method
            tables = []
            for part, scores in one.scores.items():
                score_files.keep(scores, part, inside)
                numbers = one.answers[part].numbers
                table = evaluation.predictions(
                    [splits.files[number] for number in numbers],
                    splits.labels[numbers],
                    one.answers[part].probabilities,
                    splits.class_names,
                )
                tables.append(table.assign(split=part))
            score_files.save_table(pd.concat(tables), inside / "predictions.csv")
            score_files.save_table(one.baseline.search, inside / "cross_validation.csv")
        metrics = {one.baseline.method: one.metrics() for one in self.scored}
        files.write_text(folder / "metrics.json", json.dumps(metrics, indent=2) + "\n")


@by_keywords(Baselining)
def baseline(settings: Baselining) -> Yardsticks:
    """Score classifiers without a network, as kit-baseline does.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: The weights of the backbone cannot be had.
    """
    wanted, images, output = settings.yardstick, settings.images, settings.results.output
    source, parts = places.data_folder(settings.folder), settings.division.parts
    choice = None
    if wanted.backbone is not None:
        network = Network(backbone=wanted.backbone, weights=wanted.weights)
        choice = network_choice.choose(network, images, source, parts=parts)
        data.given_parts(source, parts)  # a mistake is told before TensorFlow starts
        start_keras()
        choice.make_ready()
    if output is not None:
        places.check_new(output, source)
    taken = {"image_size": images.size or SIZE} if choice is None else vars(choice)
    own = {name: taken[name] for name in ("image_size", "color") if name in taken}
    splits = data.load(
        source, **{**vars(images), **vars(settings.division), **own}, augmentation="none"
    )
    if choice is not None:
        splits = _features(splits, choice, images.cache)
    found = Yardsticks((), splits, on_features=choice is not None)
    for method in dict.fromkeys(wanted.methods):
        with errors.reaching(found):
            found = replace(found, scored=(*found.scored, _score(splits, method)))
    if output is not None:
        with errors.reaching(found):
            found.save(output)
    return found


def _features(splits: data.Splits, choice: Choice, cache: bool) -> data.Splits:
    """Return the data with the features of a backbone in place of its images."""
    from kit import architectures, training  # bring TensorFlow, which pixels do without

    model = architectures.build(
        choice.architecture, splits.image_shape, splits.num_classes, **choice.settings
    )
    return training.feature_splits(model, splits, cache=cache)


def _score(splits: data.Splits, method: str) -> Scored:
    """Fit a method and score it on every held-out part."""
    fitted = baselines.fit(splits, method)
    parts = [part for part in ("validation", "test") if part in splits.parts]
    answers = {part: baselines.answer(fitted, splits, part) for part in parts}
    scores = {
        part: evaluation.score(
            splits.labels[answers[part].numbers], answers[part].probabilities, splits.class_names
        )
        for part in parts
    }
    return Scored(fitted, answers, scores)


def _sentences(one: Scored, splits: data.Splits) -> Iterator[str]:
    yield from baselines.sentences(one.baseline, next(iter(one.answers.values())))
    for part, scores in one.scores.items():
        # Under its full name the validation part is not called optimistic: it chose nothing here.
        yield from evaluation.sentences(
            scores,
            f"{one.baseline.method} on {part} images",
            shared=len(splits.shared("train", part)),
            shared_with="training",
        )


def _row(one: Scored) -> dict[str, str]:
    row = {"method": one.baseline.title}
    for part, scores in one.scores.items():
        interval = f"{scores.accuracy_low:.3f} to {scores.accuracy_high:.3f}"
        row |= {f"{part} accuracy": f"{scores.accuracy:.3f}", f"{part} interval": interval}
    cost = next(iter(one.answers.values())).seconds_per_image
    return {**row, "ms per image": f"{1000 * cost:.3g}"}
