"""Whether what is to be searched can be searched: every end of a range, every choice."""

import dataclasses
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from kit import architectures, training
from kit.data.batches import mixing
from kit.errors import SettingError, nearest
from kit.experiments.choice import variation as batches
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches.settings import default_space, shared
from kit.experiments.trainings import building
from kit.search import Choices, Range, Space
from kit.settings import Network, Training
from kit.settings.texts import assignments, one_or_two

Parameter = Range | Choices

__all__ = ["FLAGS", "IMAGES", "check", "check_trial", "chosen", "of_training"]

# Flags of the training that a trial may have of its own.
FLAGS = (
    *(*Network.TRAITS, "learning_rate", "weight_decay", "momentum", "label_smoothing"),
    *("optimizer", "schedule", "class_weight", "loss", "batch_size", "augmentation", "image_size"),
    *("mix", "mix_alpha", "sampling", "equalization", "aspect", "nesterov", "decay", "every"),
)
IMAGES = ("image_size", "aspect", "equalization")  # decide what the decoder gives
LISTED = ("backbone", "features")  # ... and these what a frozen backbone makes of it
LARGEST = 12  # such combinations
OF_IMAGES = ("augmentation", "mix", "mix_alpha")
TAKES = {
    name: get_args(one.annotation)
    for name, one in Training.signature().parameters.items()
    if get_origin(one.annotation) is Literal
}


def check(
    space: Space | None, settings: Mapping[str, Any], given: Collection[str], choice: Choice
) -> Space:
    """Return what is searched, after a look at each value that is at an end or a choice.

    Args:
        space: As asked for; None for the default.
        settings: Of the search.
        given: The names of those that somebody gave.
        choice: The network.

    Raises:
        SettingError: Something cannot be searched, is fixed as well, or is out of its range.
    """
    names = tuple(architectures.settings(choice.architecture))
    space = default_space(settings, names) if space is None else space
    for parameter in space:
        _check_name(parameter, settings, given, choice, names)
        for value in _ends(parameter):
            _check_value(parameter, value)
    _check_use(space, settings)
    for parameter in space:
        for value in _ends(parameter):
            values = {**_fitting(space, parameter), parameter.name: value}
            check_trial(settings, choice, values, space)
    kept = [one for one in space if one.name in (*IMAGES, *LISTED) and isinstance(one, Choices)]
    count = math.prod(len(one.values) for one in kept)
    if count > LARGEST:
        raise SettingError(
            f"--search: {count} combinations of image sizes and the like would each be decoded "
            f"and kept; give at most {LARGEST}."
        )
    return space


def chosen(choice: Choice, values: Mapping[str, Any]) -> Choice:
    """Return the network of a trial: the same with the settings that are searched."""
    own = {
        name: value for name, value in values.items() if name not in FLAGS or name in Network.TRAITS
    }
    return dataclasses.replace(choice, settings={**choice.settings, **own})


def of_training(
    settings: Mapping[str, Any], values: Mapping[str, Any], space: Space
) -> dict[str, Any]:
    """Return the flags of the training that a trial is."""
    given = shared(settings)
    searched = {one.name for one in space}
    if "l2" in searched and settings["weight_decay"] is None:
        given["weight_decay"] = 0.0  # two penalties would do the same, and neither be found
    given |= {name: value for name, value in values.items() if name in FLAGS}
    if given["mix"] == "none":
        given["mix_alpha"] = None
    if given["image_size"] is not None:
        size = given["image_size"]
        given["image_size"] = one_or_two([size] if isinstance(size, int) else size)
    return given


def check_trial(
    settings: Mapping[str, Any], choice: Choice, values: Mapping[str, Any], space: Space
) -> None:
    """Check one trial's settings as the training would.

    Raises:
        SettingError: One is of the wrong type or out of its range, or two do not go together.
    """
    given = of_training(settings, values, space)
    network = chosen(choice, values)
    try:
        architectures.check(network.architecture, **network.settings)
        building.check_room(network, given["batch_size"])
        network.make_ready()
        trial = Training().having(**given)
        batches.check(network, trial.variation, trial.optimization, trial.transfer)
        compiled = building.compile_settings(network, trial.optimization)
        training.check_compile(network.settings.get("head", "softmax"), **compiled)
        names = ("monitor", "schedule", "decay", "every", "max_minutes")
        training.check_fit(given["epochs"], patience=None, **{name: given[name] for name in names})
    except TypeError as error:  # a word where a number belongs
        shown = ", ".join(f"{name} {value!r}" for name, value in values.items())
        raise SettingError(f"--search: {shown} cannot be used ({error}).") from None


def _check_name(
    parameter: Parameter,
    settings: Mapping[str, Any],
    given: Collection[str],
    choice: Choice,
    names: Sequence[str],
) -> None:
    name = parameter.name
    known = [*FLAGS, *(one for one in names if one not in ("weights",))]
    if name not in known:
        if name in settings or name == "weights":
            raise SettingError(
                f"--search {name}: it is the same for all trials; give it as a flag, "
                f"--{name.replace('_', '-')}."
            )
        raise SettingError(
            f'--search: there is no setting "{name}".{nearest(name, known)} Searched can be: '
            f"{', '.join(known)}."
        )
    if name in Network.TRAITS and name not in names:
        raise SettingError(f"--search {name}: {choice.architecture} has no such setting.")
    if name in given or name in assignments(settings["settings"]):
        raise SettingError(
            f"{name} is searched and fixed as well; leave --search {name} or its flag out."
        )
    if choice.frozen and name in OF_IMAGES:
        raise SettingError(
            f"--search {name}: the head on a frozen backbone sees each image once, as it is. "
            "Search it with a network that is trained as a whole: --architecture basic_cnn."
        )
    if isinstance(parameter, Range) and name in (*IMAGES, *LISTED, *TAKES, "loss"):
        raise SettingError(
            f"--search {parameter}: give a list of choices, as in image_size=64,96,128."
        )
    if isinstance(parameter, Range) and name == "batch_size" and not parameter.integer:
        raise SettingError(f"--search {parameter}: a batch has a whole number of images, 16:128.")


def _check_value(parameter: Parameter, value: Any) -> None:
    """Check what the training's own parser of flags would."""
    name = parameter.name
    if name in TAKES and value not in TAKES[name]:
        raise SettingError(
            f"--search {name}: {value!r} is none of {', '.join(TAKES[name])}."
            f"{nearest(str(value), TAKES[name])}"
        )
    if name == "image_size":
        sides = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
            raise SettingError(f"--search image_size: {value!r} is no number of pixels.")
        one_or_two(sides)
    if name == "batch_size" and (not isinstance(value, int) or value < 1):
        raise SettingError(f"--search batch_size: it must be a whole number from 1, not {value!r}.")
    if name == "mix_alpha":
        mixing.mix("mixup", value)


def _check_use(space: Space, settings: Mapping[str, Any]) -> None:
    """Refuse what would make no difference."""
    searched = {one.name: one for one in space}

    def possible(name: str) -> Sequence[Any]:
        found = searched.get(name)
        return found.values if isinstance(found, Choices) else (settings[name],)

    if "momentum" in searched and "sgd" not in possible("optimizer"):
        raise SettingError(
            "--search momentum: only sgd has it; take --optimizer sgd, or leave it out."
        )
    if "mix_alpha" in searched and set(possible("mix")) == {"none"}:
        raise SettingError("--search mix_alpha: nothing is mixed; give --mix mixup, for example.")


def _ends(parameter: Parameter) -> Iterator[Any]:
    if isinstance(parameter, Choices):
        yield from parameter.values
    else:
        yield from (parameter.value(0.0), parameter.value(1.0))


def _first(space: Space) -> dict[str, Any]:
    """Return the first value of every setting."""
    return {parameter.name: next(_ends(parameter)) for parameter in space}


def _fitting(space: Space, tried: Parameter) -> dict[str, Any]:
    """Return values of the other settings with which one is tried."""
    values = _first(space)
    mix = next((one for one in space if one.name == "mix"), None)
    if tried.name == "mix_alpha" and isinstance(mix, Choices):
        values["mix"] = next((one for one in mix.values if one != "none"), "none")
    return values
