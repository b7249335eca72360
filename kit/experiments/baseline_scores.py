"""The steps of ``baseline``, each a function with a noun for its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kit import baselines, data, evaluation, progress, runs
from kit.experiments import score_files
from kit.experiments.choice.network_choice import Choice

__all__ = ["Scored", "features", "keep", "overview", "score"]

YARDSTICK = (
    "These are a yardstick: a network that does not clearly beat them has learnt little. They "
    "compare pixel by pixel, so a shifted photo is a different one; do not use them for photos."
)
ON_FEATURES = (
    "These are a yardstick on a network's features: a head trained on the same features should do "
    "as well, and what they gain over pixels is what the network has learnt."
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


def features(splits: data.Splits, choice: Choice, cache: bool) -> data.Splits:
    """Return the data with the features of a backbone in place of its images."""
    from kit import architectures, training  # bring TensorFlow, which pixels do without

    model = architectures.build(
        choice.architecture, splits.image_shape, splits.num_classes, **choice.settings
    )
    return training.feature_splits(model, splits, cache=cache)


def score(splits: data.Splits, method: str) -> Scored:
    """Fit a method, score it on every held-out part and print the sentences."""
    fitted = baselines.fit(splits, method)
    parts = [part for part in ("validation", "test") if part in splits.parts]
    answers = {part: baselines.answer(fitted, splits, part) for part in parts}
    scores = {
        part: evaluation.score(
            splits.labels[answers[part].numbers], answers[part].probabilities, splits.class_names
        )
        for part in parts
    }
    for line in baselines.sentences(fitted, answers[parts[0]]):
        print(progress.clean(line))
    for part in parts:
        shared = len(splits.shared("train", part))
        # Under its full name the validation part is not called optimistic: it chose nothing here.
        for line in evaluation.sentences(
            scores[part], f"{method} on {part} images", shared=shared, shared_with="training"
        ):
            print(progress.clean(line))
    return Scored(fitted, answers, scores)


def overview(scored: Sequence[Scored], on_features: bool = False) -> str:
    """Return the accuracies and costs of all methods, as a table, and what they are for."""
    rows = [_row(one) for one in scored]
    majority = {
        f"{part} accuracy": f"{scores.majority_baseline:.3f}"
        for part, scores in scored[0].scores.items()
    }
    table = pd.DataFrame([*rows, {"method": "always the largest class", **majority}])
    return f"{table.fillna('').to_string(index=False)}\n{ON_FEATURES if on_features else YARDSTICK}"


def keep(scored: Sequence[Scored], splits: data.Splits, folder: Path) -> None:
    """Save the split, and for each method its predictions, tables and pictures."""
    folder.mkdir(parents=True)
    score_files.save_table(splits.table(), folder / runs.SPLIT)
    for one in scored:
        inside = folder / one.baseline.method
        tables = []
        for part, scores in one.scores.items():
            score_files.keep(scores, part, inside)
            numbers = one.answers[part].numbers
            names = [splits.files[number] for number in numbers]
            probabilities = one.answers[part].probabilities
            table = evaluation.predictions(
                names, splits.labels[numbers], probabilities, splits.class_names
            )
            tables.append(table.assign(split=part))
        score_files.save_table(pd.concat(tables), inside / "predictions.csv")
        score_files.save_table(one.baseline.search, inside / "cross_validation.csv")


def _row(one: Scored) -> dict[str, str]:
    row = {"method": one.baseline.title}
    for part, scores in one.scores.items():
        interval = f"{scores.accuracy_low:.3f} to {scores.accuracy_high:.3f}"
        row |= {f"{part} accuracy": f"{scores.accuracy:.3f}", f"{part} interval": interval}
    cost = next(iter(one.answers.values())).seconds_per_image
    return {**row, "ms per image": f"{1000 * cost:.3g}"}
