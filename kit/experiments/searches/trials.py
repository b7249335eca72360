"""The data and the network of each trial: images decoded once, features computed once."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import architectures, data, progress, training
from kit.data.batches import mixing
from kit.data.features import smote
from kit.data.features.features import Features
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.variation import layers
from kit.experiments.searches.values import IMAGES, LISTED, chosen, of_training
from kit.experiments.trainings import building
from kit.search import Choices, Space

if TYPE_CHECKING:
    import keras

KEPT = 8  # data sets as trials vary them: they share the images, and are small
BATCHES = ("sampling", "batch_size", "augmentation", "mix", "mix_alpha")  # need no other pixels

Builders = tuple[Callable[..., "keras.Model"], Callable[..., data.Splits]]


def builders(
    choice: Choice, settings: Mapping[str, Any], space: Space, loaded: Mapping[str, data.Splits]
) -> Builders:
    """Return what makes the network of a trial, and what makes its data.

    The data are ``loaded`` for the values of settings that decide on the pixels, or on the features
    of a frozen backbone; for the same values they are the same object.
    """

    @lru_cache(KEPT)
    def sampled(where: str, sampling: str) -> data.Splits:
        """Return the data with what SMOTE adds, which is the same for every size of batch."""
        splits = dataclasses.replace(loaded[where], sampling=sampling)
        return smote.oversampled(splits) if sampling == "smote" else splits

    @lru_cache(KEPT)
    def varied(
        where: str, sampling: str, batch_size: int, augmentation: str, mix: str, alpha: float | None
    ) -> data.Splits:
        own: dict[str, Any] = {"batch_size": batch_size}
        if not choice.frozen:
            own |= {"augmentation": augmentation, "mix": mixing.mix(mix, alpha)}
        return dataclasses.replace(sampled(where, sampling), **own)

    def make_splits(**values: Any) -> data.Splits:
        given = of_training(settings, values, space).flat()
        return varied(_key(values, choice), *(given[name] for name in BATCHES))

    def make_model(splits: data.Splits, **values: Any) -> "keras.Model":
        """Return the compiled network of a trial: on a frozen backbone's features its head."""
        own = chosen(choice, values)
        if isinstance(splits.images, Features):
            size = splits.images.shape[0]
            model = architectures.build_head(size, splits.num_classes, **own.settings)
        else:
            shape, classes = splits.image_shape, splits.num_classes
            model = architectures.build(own.architecture, shape, classes, **own.settings)
        optimization = of_training(settings, values, space).optimization
        return training.compile_model(model, **building.compile_settings(own, optimization))

    return make_model, make_splits


def prepare(
    choice: Choice,
    settings: Mapping[str, Any],
    space: Space,
    source: Path,
    split: Path,
    first: data.Splits,
) -> Builders:
    """Read what else trials need, and compute what a frozen backbone sees in it."""
    loaded: dict[str, data.Splits] = {}
    by_image: dict[str, data.Splits] = {}
    for values in _combinations(choice, space):
        images = str([values.get(name) for name in (*IMAGES, "backbone")])
        if images not in by_image:
            more = (choice, settings, space, source, split, values)
            by_image[images] = load(*more) if by_image else first
        splits = by_image[images]
        loaded[_key(values, choice)] = (
            _features(choice, settings, values, splits) if choice.frozen else splits
        )
    return builders(choice, settings, space, loaded)


def _combinations(choice: Choice, space: Space) -> list[dict[str, Any]]:
    """Return the values, in all combinations, of what is worked out before the trials."""
    names = _names(choice)
    listed = [one for one in space if one.name in names and isinstance(one, Choices)]
    every = itertools.product(*(one.values for one in listed))
    return [dict(zip([one.name for one in listed], values, strict=True)) for values in every]


def _names(choice: Choice) -> tuple[str, ...]:
    """Return the settings that decide what is worked out before the trials."""
    return (*IMAGES, *LISTED) if choice.frozen else IMAGES


def _key(values: Mapping[str, Any], choice: Choice) -> str:
    return json.dumps({name: values[name] for name in _names(choice) if name in values})


def load(
    choice: Choice,
    settings: Mapping[str, Any],
    space: Space,
    source: Path,
    split: Path | None,
    values: Mapping[str, Any] | None = None,
) -> data.Splits:
    """Read the images as a combination of settings has them, by default the first of all."""
    values = _combinations(choice, space)[0] if values is None else values
    trial = of_training(settings, values, space)
    if values:
        progress.say(f"Images with {', '.join(f'{name} {one}' for name, one in values.items())}:")
    wanted = {**vars(trial.images), **vars(trial.division), **vars(trial.variation)}
    return data.load(
        source,
        **{
            **wanted,
            "image_size": trial.images.size if "image_size" in values else choice.image_size,
            "color": choice.color,
            "split": trial.division.split if split is None else split,
            "augmentation": "none" if choice.frozen else trial.variation.augmentation,
            "augment": layers(trial.variation.augment),
        },
    )


def _features(
    choice: Choice, settings: Mapping[str, Any], values: Mapping[str, Any], splits: data.Splits
) -> data.Splits:
    """Return what the backbone sees in the images; it is built for this alone."""
    import keras

    network = chosen(choice, values)
    model = architectures.build(
        network.architecture, splits.image_shape, splits.num_classes, **network.settings
    )
    vectors = training.feature_splits(model, splits, cache=settings["cache"])
    del model
    keras.backend.clear_session()
    return vectors
