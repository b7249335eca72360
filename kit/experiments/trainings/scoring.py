"""The scores of a training on every held-out part, its tables and its curves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from kit import architectures, data, evaluation, plots
from kit.experiments import score_files
from kit.experiments.choice.plan import Plan
from kit.experiments.trainings import folds
from kit.experiments.trainings.trained_networks import Trained, best_of, kept_data


def score_all(
    plan: Plan,
    trained: Sequence[Trained],
    divided: Sequence[data.Splits],
    run: Path,
    said: list[str],
) -> dict[str, Any]:
    """Draw the curves, and score every image that the model kept did not learn from.

    Returns:
        What ``metrics.json`` holds, but for the times.
    """
    _draw(trained, run)
    metrics = {}
    if plan.settings.comparison.folds is not None:
        metrics = folds.score(trained, divided, run, said)
    chosen = best_of(trained).penalties is None and plan.settings.duration.last_epoch is None
    metrics |= score(trained, kept_data(trained, divided), run, said, chosen)
    return {**metrics, "sentences": [*said]}


def _draw(trained: Sequence[Trained], run: Path) -> None:
    """Save the loss and accuracy of every training on one figure; of solved heads by penalty."""
    figures, solved = run / "figures", {one.attempt.name: one.penalties for one in trained}
    tables = [table.assign(head=name) for name, table in solved.items() if table is not None]
    if tables:
        score_files.save_table(pd.concat(tables), run / "penalties.csv")
        plots.save(plots.head_penalties(tables), figures / "head_penalties.png")
        return
    histories = {one.attempt.name: one.history.table for one in trained}
    best = {one.attempt.name: one.history.best_epoch for one in trained}
    plots.save(plots.curves(histories, best), figures / "curves.png")


def score(
    trained: Sequence[Trained], splits: data.Splits, run: Path, said: list[str], chosen: bool
) -> dict[str, Any]:
    """Score each held-out part; ``chosen`` tells whether the validation images chose the epoch."""
    best = best_of(trained)
    if best.history.why:
        said.append(best.history.why)
    kind = {"are_probabilities": architectures.head(best.model) != "scores"}
    metrics: dict[str, Any] = {"temperature": best.temperature}
    tables = []
    for part in ("validation", "test"):
        if part not in splits.parts:
            continue
        with data.named_failures(splits.images):
            batches = data.ordered_batches(best.asked, part)
            probabilities = evaluation.probabilities(best.answering, batches)
        numbers = best.asked.present(part)
        true = splits.labels[numbers]
        scores = evaluation.score(true, probabilities, splits.class_names, **kind)
        metrics[part] = scores.summary()
        names = [splits.files[index] for index in numbers]
        table = evaluation.predictions(names, true, probabilities, splits.class_names, **kind)
        tables.append(table.assign(split=part))
        score_files.keep(scores, part, run)
        looks = [len(one.history.table) for one in trained]
        epochs = None if part == "test" else looks if chosen else 0
        shared = len(splits.shared("validation", part)) if part == "test" else 0
        said += evaluation.sentences(scores, part, epochs=epochs, shared=shared)
    if tables:
        score_files.save_table(pd.concat(tables), run / "predictions.csv")
    else:
        said.append("All images were used for training, so no score is known.")
    if len(trained) > 1:
        metrics["attempts"] = {one.attempt.name: one.value for one in trained}
        said.append(spread(trained))
    return metrics


def spread(trained: Sequence[Trained]) -> str:
    """Return the attempts' scores, and for repeats their mean and standard deviation."""
    monitor = trained[0].history.monitor
    values = pd.Series([one.value for one in trained])
    each = ", ".join(f"{one.attempt.name} {one.value:.4f}" for one in trained)
    line = f"{monitor} of each training: {each}"
    if trained[0].attempt.style == trained[-1].attempt.style:
        line += f"; mean {values.mean():.4f}, standard deviation {values.std():.4f}"
    return line + f". Kept: {best_of(trained).attempt.name}."
