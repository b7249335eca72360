"""Training a new head on top of a network that was trained before, on features computed once."""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import keras
import numpy as np
import pandas as pd

from kit import data, progress, runs
from kit.data.features import features, smote
from kit.training.compiling import compile_model
from kit.training.fit_checks import default_monitor
from kit.training.fitting import History, fit
from kit.training.pace import minutes_left
from kit.training.transfer.frozen_features import compiled as fast
from kit.training.transfer.frozen_features import extractor_of, feature_splits

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class HeadTraining:
    """What training a head on features gives.

    Attributes:
        history: Of the head, as :func:`kit.training.fit` gives it.
        head: The head alone: features in, probabilities out. It shares its layers with the model,
            and gives the same answers without running the backbone again.
        splits: The data with features in place of images, those of held-out parts in full
            precision.
        penalties: Of a head that was solved: ``penalty``, and ``loss`` and ``accuracy`` with it in
            cross-validation of the training images; None of one that was trained.
    """

    history: History
    head: keras.Model
    splits: data.Splits
    penalties: pd.DataFrame | None = None


def fit_head(
    model: keras.Model,
    splits: data.Splits,
    *,
    compiled: Mapping[str, Any] = NOTHING,
    views: int = 1,
    cache: bool = True,
    computed: data.Splits | None = None,
    checkpoint: Path | str | None = None,
    max_minutes: float | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **fit_settings: Any,
) -> HeadTraining:
    """Train what comes behind the layer "features", on features that are computed once.

    It learns from training images' features in half precision. Where rounding the validation
    images' features as well would change the class of one of them, it is trained anew on features
    in full precision.

    Args:
        model: A classifier whose layers up to "features" are to stay as they are. Its head gets the
            trained weights.
        splits: The images.
        compiled: Settings for :func:`kit.training.compile_model`.
        views: How many versions of each training image there are: 1 is the image as it is, more are
            augmented ones. An epoch goes over all of them.
        cache: Whether features are kept in the user's cache folder.
        computed: The features, where they are there already, as :func:`shared_features` gives them.
        checkpoint: Where the whole model is saved at the end, or as it was in the best epoch so far
            where a KeyboardInterrupt comes in a later one.
        max_minutes: Limit for features and training together.
        callbacks: More of Keras' callbacks.
        fit_settings: See :func:`kit.training.fit`.

    Raises:
        SettingError: A setting is out of its range, the model has no layer "features", or the
            features alone take longer than the limit.
        KitError: Training diverged before a single epoch was usable.
    """
    start = time.monotonic()
    if fit_settings.get("monitor") is None:  # what is made by SMOTE is not to hide an imbalance
        fit_settings["monitor"] = default_monitor(splits)
    head = head_of(model)
    weights = head.get_weights()
    vectors = computed or feature_splits(
        model, splits, views=views, cache=cache, max_minutes=max_minutes
    )
    images = cast(features.Features, vectors.images)
    while True:
        head.set_weights(weights)
        compile_model(head, **compiled)
        learnt = smote.oversampled(vectors) if vectors.sampling == "smote" else vectors
        with _kept_if_interrupted(model, checkpoint) as epochs:
            history = fit(
                head,
                learnt,
                max_minutes=minutes_left(max_minutes, start),
                callbacks=[*callbacks, epochs],
                **fit_settings,
            )
        changed = _changed_by_rounding(head, vectors) if len(images.rounded) else 0
        if not changed:
            break
        progress.say(
            f"Half precision changes the class of {changed} validation images, so the head is "
            "trained again in full precision."
        )
        images = images.exact
        vectors = dataclasses.replace(vectors, images=images)
    if checkpoint is not None:
        runs.save_model(model, checkpoint)
    return HeadTraining(history, head, vectors)


def on_features(model: keras.Model, images: Any) -> tuple[keras.Model, Any]:
    """Return the layers behind "features" as a model, and what they take for some images.

    Args:
        model: A classifier with a layer called "features" that gives a vector. The head shares its
            layers, and is not compiled.
        images: float32 ``(n, height, width, channels)`` in [0, 255].

    Raises:
        SettingError: The model has no such layer.
    """
    traced = fast(extractor_of(model))
    parts = np.array_split(np.asarray(images, np.float32), range(32, len(images), 32))
    return head_of(model), np.concatenate([np.asarray(traced(part), np.float32) for part in parts])


def head_of(model: keras.Model) -> keras.Model:
    """Return the layers behind "features", these very ones, as a model of its own."""
    return keras.Model(model.get_layer("features").output, model.outputs[0])


@contextmanager
def _kept_if_interrupted(
    model: keras.Model, checkpoint: Path | str | None
) -> Iterator[keras.callbacks.Callback]:
    """Give what counts the epochs, and save the model where an interrupt follows a whole one."""
    ended: list[int] = []
    try:
        yield keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    except KeyboardInterrupt:
        if ended and checkpoint is not None:
            runs.save_model(model, checkpoint)
        raise


def _changed_by_rounding(head: keras.Model, splits: data.Splits) -> int:
    """Count the validation images whose class changes with features in half precision."""
    if "validation" not in splits.parts:  # all else is kept in half precision or scored at the end
        return 0
    vectors = splits.images.read(splits.parts["validation"])
    with np.errstate(over="ignore"):  # too large for half precision: infinite, and so changed
        rounded = vectors.astype(np.float16).astype(np.float32)
    exact, other = (_classes(head.predict(v, verbose=0)) for v in (vectors, rounded))
    return int(np.sum((exact != other) | ~np.isfinite(rounded).all(axis=1)))


def _classes(answers: Any) -> Any:
    return answers[:, 0] > 0.5 if answers.shape[1] == 1 else answers.argmax(axis=1)
