"""The data and the network of each trial: images decoded once, features computed once."""

import dataclasses
import itertools
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
BATCHES = ("batch_size", "sampling", "augmentation", "mix", "mix_alpha")  # need no other pixels


@dataclass(frozen=True)
class Builders:
    """Makes what a trial is trained on and what is trained.

    Attributes:
        choice: The network.
        settings: Of the search.
        space: What is searched.
        loaded: For the values of settings that decide on the pixels, or on the features of a
            frozen backbone, the data.
    """

    choice: Choice
    settings: Mapping[str, Any]
    space: Space
    loaded: Mapping[str, data.Splits] = field(repr=False)
    made: "OrderedDict[str, data.Splits]" = field(default_factory=OrderedDict, repr=False)

    def make_splits(self, **values: Any) -> data.Splits:
        """Return the data of a trial, the same object for the same values."""
        given = of_training(self.settings, values, self.space).flat()
        own = {name: given[name] for name in BATCHES}
        where = _key(values, self.choice)

        def varied() -> data.Splits:
            return _varied(self._sampled(where, given["sampling"]), self.choice, given)

        return self._once(f"{where} {own}", varied)

    def _sampled(self, where: str, sampling: str) -> data.Splits:
        """Return the data with what SMOTE adds, which is the same for every size of batch."""
        splits = dataclasses.replace(self.loaded[where], sampling=sampling)
        if sampling != "smote":
            return splits
        return self._once(f"{where} smote", lambda: smote.oversampled(splits))

    def _once(self, key: str, make: Callable[[], data.Splits]) -> data.Splits:
        if key not in self.made:
            self.made[key] = make()
        self.made.move_to_end(key)
        while len(self.made) > KEPT:
            self.made.popitem(last=False)
        return self.made[key]

    def make_model(self, splits: data.Splits, **values: Any) -> "keras.Model":
        """Return the compiled network of a trial: on a frozen backbone's features its head."""
        trial = of_training(self.settings, values, self.space)
        choice = chosen(self.choice, values)
        if isinstance(splits.images, Features):
            size = splits.images.shape[0]
            model = architectures.build_head(size, splits.num_classes, **choice.settings)
        else:
            shape, classes = splits.image_shape, splits.num_classes
            model = architectures.build(choice.architecture, shape, classes, **choice.settings)
        compiled = building.compile_settings(choice, trial.optimization)
        return training.compile_model(model, **compiled)


def load_first(
    choice: Choice,
    settings: Mapping[str, Any],
    space: Space,
    source: Path,
    split: Path | None,
) -> data.Splits:
    """Read the images as the first of all combinations has them.

    Raises:
        DataError: They cannot be used.
    """
    return _load(choice, settings, space, source, split, _combinations(choice, space)[0])


def prepare(
    choice: Choice,
    settings: Mapping[str, Any],
    space: Space,
    source: Path,
    split: Path,
    first: data.Splits,
) -> Builders:
    """Read what else trials need, and compute what a frozen backbone sees in it.

    Raises:
        DataError: They cannot be used.
    """
    loaded: dict[str, data.Splits] = {}
    by_image: dict[str, data.Splits] = {}
    for values in _combinations(choice, space):
        images = str([values.get(name) for name in (*IMAGES, "backbone")])
        if images not in by_image:
            by_image[images] = (
                _load(choice, settings, space, source, split, values) if by_image else first
            )
        splits = by_image[images]
        loaded[_key(values, choice)] = (
            _features(choice, settings, values, splits) if choice.frozen else splits
        )
    return Builders(choice, settings, space, loaded)


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


def _load(
    choice: Choice,
    settings: Mapping[str, Any],
    space: Space,
    source: Path,
    split: Path | None,
    values: Mapping[str, Any],
) -> data.Splits:
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
    if not vectors.images.finite:  # type: ignore[attr-defined]
        vectors = training.feature_splits(model, splits, half=False, cache=settings["cache"])
    del model
    keras.backend.clear_session()
    return vectors


def _varied(splits: data.Splits, choice: Choice, given: Mapping[str, Any]) -> data.Splits:
    """Return the same images in other batches."""
    own = {"batch_size": given["batch_size"]}
    if not choice.frozen:
        own["augmentation"] = given["augmentation"]
        own["mix"] = mixing.mix(given["mix"], given["mix_alpha"])
    return dataclasses.replace(splits, **own)
