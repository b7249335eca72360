"""Going on with the last layers of a backbone thawed, at a low rate.

Yosinski et al., "How transferable are features in deep neural networks?", NeurIPS 2014: the first
layers see what all photos have, the last ones what their own classes needed.
"""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import keras
import pandas as pd

from kit import data, diagnosis, evaluation, progress
from kit.errors import DataError, KitError, SettingError
from kit.intervals import worth
from kit.training.compiling import compile_model
from kit.training.fitting import History, fit
from kit.training.pace import minutes_left
from kit.training.transfer import kept_maps
from kit.training.transfer.feature_heads import NOTHING
from kit.training.transfer.frozen_features import flat, outputs
from kit.training.watching import facts

FINE_TUNE_RATE = 1e-4  # a thirtieth of the head's: the thawed weights are good already
STATISTICS = (keras.layers.BatchNormalization, keras.layers.Normalization)  # of earlier images


def thaw(model: keras.Model, layers: int | str) -> list[str]:
    """Make the last layers of the backbone trainable, but no batch normalization.

    Batch normalization keeps the means and variances of the images that the backbone was trained
    on: batches of few images would replace them by noise.

    Args:
        model: With a layer "backbone".
        layers: How many of the backbone's layers with weights, those of statistics not counted; or
            how the name of the first one to thaw begins, as in "conv5" or "block6".

    Returns:
        The names of the thawed layers, in the order of the data.

    Raises:
        SettingError: There is no backbone, no layer of this name, or not so many.
    """
    chosen = _last(model, layers)
    backbone = model.get_layer("backbone")
    backbone.trainable = True  # a frozen model hides what its layers say
    wanted = {id(layer) for layer in chosen}
    for layer in flat(backbone):
        layer.trainable = id(layer) in wanted
    return [layer.name for layer in chosen]


def check_thaw(model: keras.Model, layers: int | str) -> None:
    """Check that a model has these layers, and thaw none.

    Raises:
        SettingError: As :func:`thaw`.
    """
    _last(model, layers)


def _last(model: keras.Model, layers: int | str) -> list[Any]:
    """Return the last layers of the backbone that can be trained further."""
    try:
        backbone = model.get_layer("backbone")
    except ValueError:
        raise SettingError(
            "This network has no backbone to fine-tune. Train one with `backbone=NAME`."
        ) from None
    inner = [layer for layer in flat(backbone) if layer.weights]
    usable = [one for one in inner if not isinstance(one, STATISTICS)]
    if isinstance(layers, str):
        first = next((n for n, one in enumerate(usable) if one.name.startswith(layers)), None)
        if first is None:
            raise SettingError(
                f"The backbone has no layer whose name begins with {layers!r}. Its last layers "
                f"are {', '.join(one.name for one in usable[-8:])}."
            )
        return usable[first:]
    if 1 <= layers <= len(usable):
        return usable[-layers:]
    raise SettingError(
        f"This backbone has 1 to {len(usable)} layers that can be fine-tuned, not {layers}."
    )


def fine_tune(
    model: keras.Model,
    splits: data.Splits,
    layers: int | str,
    before: History,
    *,
    views: int | None = 1,
    cache: bool = True,
    compiled: Mapping[str, Any] = NOTHING,
    learning_rate: float = FINE_TUNE_RATE,
    max_minutes: float | None = None,
    **fit_settings: Any,
) -> History:
    """Go on with the last layers of the backbone thawed, on the maps that those before them give.

    These are computed once. Where one map does not hold all that the thawed layers read, or there
    is no room or time for the maps, the layers learn from images.

    Args:
        model: With a trained head.
        splits: The images.
        layers: See :func:`thaw`.
        views: How many versions of each training image there are maps of, augmented but for the
            first; None goes on with images, which are augmented anew in every epoch.
        cache: Whether the maps are kept in the user's cache folder.
        before: Of the head's training. Where fine-tuning diverges or finds nothing better by the
            same measure, the model has the weights again that it came with.
        compiled: Settings for :func:`kit.training.compile_model` but for the rate.
        learning_rate: The highest of the schedule.
        max_minutes: Limit for maps and training together.
        fit_settings: See :func:`kit.training.fit`.

    Returns:
        Both phases in one table, with a column ``phase`` ("head", "fine-tune").

    Raises:
        SettingError: See :func:`thaw`.
    """
    start, weights = time.monotonic(), model.get_weights()
    names = thaw(model, layers)
    progress.say(f"Fine-tuning {len(names)} layers, from {names[0]} to {names[-1]}.")
    learner = model
    if views is not None:
        learner, splits = _on_maps(model, splits, views, cache, max_minutes)
    for each in (model, learner):
        compile_model(each, **{**compiled, "learning_rate": learning_rate})
    try:
        after = fit(learner, splits, max_minutes=minutes_left(max_minutes, start), **fit_settings)
    except KitError as error:
        if isinstance(error, SettingError | DataError):
            raise
        model.set_weights(weights)
        lower = min(learning_rate / 10, FINE_TUNE_RATE)
        progress.say(
            f"Fine-tuning diverged at a learning rate of {learning_rate:g}, so the earlier weights "
            f"are kept. Try a lower one: `fine_tune_rate={lower:.1g}`."
        )
        return dataclasses.replace(before, table=before.table.assign(phase="head"))
    both = dataclasses.replace(
        _joined(before, after, splits), evidence=_evidence(model, splits, before, after)
    )
    if both.best_epoch <= len(before.table):
        model.set_weights(weights)
        both = dataclasses.replace(both, evidence=before.evidence)
        progress.say("Fine-tuning found nothing better, so the earlier weights are kept.")
    return both


def _on_maps(
    model: keras.Model, splits: data.Splits, views: int, cache: bool, max_minutes: float | None
) -> tuple[keras.Model, data.Splits]:
    """Return what learns from maps, and the data with these; or the model and the images."""
    parts = kept_maps.divided(model)
    if parts is None:
        progress.say("These layers do not all read one single map, so they learn from images.")
        return model, splits
    foot, learner = parts
    try:
        return learner, outputs(foot, splits, views, cache=cache, max_minutes=max_minutes)
    except SettingError as error:
        progress.say(f"{error} So the layers learn from images.")
        return model, splits


def _evidence(
    model: keras.Model, splits: data.Splits, before: History, after: History
) -> diagnosis.Evidence | None:
    """Return what the curves of fine-tuning show, where the head was watched.

    A monitor's copy of the backbone would cost more than the training.
    """
    if before.evidence is None:
        return None
    known = facts(model, splits, len(after.table), before.evidence.facts.schedule)
    known = dataclasses.replace(known, epochs_before=len(before.table))
    return diagnosis.evidence(after.table, known, overlap=before.evidence.overlap)


def _joined(before: History, after: History, splits: data.Splits) -> History:
    head = before.table.assign(phase="head")
    later = after.table.assign(phase="fine-tune", epoch=after.table["epoch"] + len(head))
    table = pd.concat([head, later], ignore_index=True)
    places = before.best_epoch - 1, len(head) + after.best_epoch - 1
    rows = table.to_dict("records")
    counts = [*splits.counts("validation").values()]
    images = worth(counts, balanced="balanced" in before.monitor)
    place = evaluation.best_place(rows, before.monitor, images, places)
    return dataclasses.replace(
        after,
        table=table,
        best_epoch=place + 1,
        why=evaluation.why_kept(rows, place, before.monitor, images),
        stopped="; ".join(filter(None, [before.stopped, after.stopped])),
        seconds=before.seconds + after.seconds,
        cpu_seconds=before.cpu_seconds + after.cpu_seconds,
    )
