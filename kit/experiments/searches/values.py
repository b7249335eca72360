"""What a trial is: the search's settings, some changed; and whether each value can be used."""

import dataclasses
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from kit import architectures, training
from kit.errors import SettingError, nearest
from kit.experiments.choice import variation as batches
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches.settings import TRAIN, default_space, shared
from kit.experiments.trainings import building
from kit.search import Choices, Range, Space
from kit.settings import Network, Training
from kit.settings.texts import assignments

Parameter = Range | Choices

IMAGES = ("image_size", "aspect", "equalization")  # decide what the decoder gives
LISTED = ("backbone", "features")  # ... and these what a frozen backbone makes of it
LARGEST = 12  # such combinations
OF_IMAGES = ("augmentation", "mix", "mix_alpha")


def check(
    space: Space | None, settings: Mapping[str, Any], given: Collection[str], choice: Choice
) -> Space:
    """Return what is searched, after a look at each value that is at an end or a choice."""
    networks = _networks(space or (), choice)
    names = known_to(networks)
    space = default_space(settings, names) if space is None else space
    for parameter in space:
        _check_name(parameter, settings, given, choice, networks)
    _check_use(space, settings)
    for parameter in space:
        for value in _ends(parameter):
            values = {**_fitting(space, parameter), parameter.name: value}
            check_trial(settings, choice, values, space)
    kept = [one for one in space if one.name in (*IMAGES, *LISTED) and isinstance(one, Choices)]
    count = math.prod(len(one.values) for one in kept)
    if count > LARGEST:
        raise SettingError(
            f"`search`: images are decoded and kept for each of {count} combinations of image size "
            f"and the like. Give at most {LARGEST}."
        )
    return space


def chosen(choice: Choice, values: Mapping[str, Any]) -> Choice:
    """Return the network of a trial: the same with the values of its own settings."""
    architecture = values.get("architecture", choice.architecture)
    known = architectures.settings(architecture)
    own = {name: value for name, value in values.items() if name in known}
    return dataclasses.replace(
        choice, architecture=architecture, settings={**choice.settings, **own}
    )


def of_training(settings: Mapping[str, Any], values: Mapping[str, Any], space: Space) -> Training:
    """Return the settings of the training that a trial is."""
    common = Training().having(**shared(settings))
    own = counting(settings, values)
    own = {name: value for name, value in own.items() if name in Training.searchable()}
    if any(one.name == "l2" for one in space) and settings["weight_decay"] is None:
        own.setdefault("weight_decay", 0.0)  # two penalties would do the same, and neither be found
    trial = common.having(**own)
    trial.verify()
    return trial


def counting(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trial's values, with the defaults of what does not count beside them."""
    known = {**shared(settings), **values}
    needs = Training.needs().items()
    idle = [name for name, needed in needs if known[needed.other] not in needed.values]
    return {**values, **{name: TRAIN[name] for name in idle}}


def check_trial(
    settings: Mapping[str, Any], choice: Choice, values: Mapping[str, Any], space: Space
) -> None:
    """Check one trial's settings as the training would."""
    network = chosen(choice, values)
    try:
        trial = of_training(settings, values, space)
        building.check_network(network, trial.optimization, trial.images.batch_size)
        batches.check(network, trial.variation, trial.optimization, trial.transfer)
        limits = building.fit_settings(trial)
        training.check_fit(**{name: limits[name] for name in limits if name != "class_weight"})
    except TypeError as error:  # a word where a number belongs
        shown = ", ".join(f"{name} {value!r}" for name, value in values.items())
        raise SettingError(f"`search`: {shown} cannot be used ({error}).") from None


def known_to(networks: Sequence[str]) -> list[str]:
    """Return the settings that all these networks have."""
    first, *others = map(architectures.settings, networks)
    return [name for name in first if all(name in other for other in others)]


def _networks(space: Space, choice: Choice) -> list[str]:
    """Return the architectures that trials may have."""
    searched = next((one for one in space if one.name == "architecture"), None)
    if searched is None:
        return [choice.architecture]
    if not isinstance(searched, Choices):
        raise SettingError(f"`search` {searched}: give names, such as basic_cnn,inception.")
    for name in searched.values:
        architectures.check_name(str(name))
    if "pretrained" in searched.values:
        raise SettingError(
            "`search` architecture: a backbone's features are computed before the trials, so "
            "pretrained cannot be searched with others. Use `backbone=MobileNet`."
        )
    return [str(name) for name in searched.values]


def _check_name(
    parameter: Parameter,
    settings: Mapping[str, Any],
    given: Collection[str],
    choice: Choice,
    networks: Sequence[str],
) -> None:
    name, of_network = parameter.name, known_to(networks)
    of_training = [one for one in Training.searchable() if one not in Network.TRAITS]
    known = list(dict.fromkeys([*of_training, *(one for one in of_network if one != "weights")]))
    if name not in known:
        lacking = [one for one in networks if name not in architectures.settings(one)]
        if name in Training.searchable() or 0 < len(lacking) < len(networks):
            raise SettingError(f"`search` {name}: {' and '.join(lacking)} has no such setting.")
        if name in settings or name == "weights":
            raise SettingError(
                f"`search` {name}: it must be the same for all trials. Give it as `{name}`."
            )
        raise SettingError(
            f'`search`: there is no setting "{name}".{nearest(name, known)} These can be '
            f"searched: {', '.join(known)}."
        )
    if name in given or name in assignments(settings["settings"]):
        raise SettingError(f"{name} is both searched and fixed; leave one of the two out.")
    if choice.frozen and name in OF_IMAGES:
        raise SettingError(
            f"`search` {name}: the head on a frozen backbone sees each image once, unchanged. "
            "Search it with a whole network: `architecture=basic_cnn`."
        )
    if isinstance(parameter, Range) and name in (*IMAGES, *LISTED):
        raise SettingError(
            f"`search` {parameter}: give a list of choices, such as image_size=64,96,128."
        )


def _check_use(space: Space, settings: Mapping[str, Any]) -> None:
    """Refuse what would make no difference in any trial."""
    searched = {one.name: one for one in space}
    for name, needed in Training.needs().items():
        other = searched.get(needed.other)
        possible = other.values if isinstance(other, Choices) else (settings[needed.other],)
        if name in searched and not set(needed.values) & set(possible):
            raise SettingError(
                f"`search` {name}: only {needed.other} {' or '.join(needed.values)} uses it. Add "
                f"`{needed.other}={needed.values[0]}`, or leave it out."
            )


def _ends(parameter: Parameter) -> Iterator[Any]:
    if isinstance(parameter, Choices):
        yield from parameter.values
    else:
        yield from (parameter.value(0.0), parameter.value(1.0))


def _fitting(space: Space, tried: Parameter) -> dict[str, Any]:
    """Return values of the other settings with which one is tried, the first of each."""
    values = {parameter.name: next(_ends(parameter)) for parameter in space}
    needed, named = Training.needs().get(tried.name), {one.name: one for one in space}
    if needed is not None and isinstance(other := named.get(needed.other), Choices):
        values[needed.other] = next(one for one in other.values if one in needed.values)
    return values
