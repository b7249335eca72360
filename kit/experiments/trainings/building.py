"""The networks of a training: checked before the images are read, and built."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kit import architectures, data, description, runs, training
from kit.data.batches import augmentation
from kit.experiments.choice.attempts import Attempt
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.variation import layers

if TYPE_CHECKING:
    import keras

LARGE = 1 << 20  # pixels in a batch, 64 images of 128 x 128: for fewer no network is described
USUAL_BATCH = 32  # images: a larger batch may be more than there are


def check(choice: Choice, given: Mapping[str, Any], compiled: Mapping[str, Any]) -> None:
    """Check what can be checked before the images are read, which may take long.

    Raises:
        SettingError: A setting is unknown, of the wrong type or out of its range.
    """
    check_network(choice, compiled, given["batch_size"])
    augmentation.check(layers(given["augment"]))
    names = ("monitor", "schedule", "decay", "every", "patience", "max_minutes", "last_epoch")
    training.check_fit(given["epochs"], **{name: given[name] for name in names})


def check_network(choice: Choice, compiled: Mapping[str, Any], batch_size: int) -> None:
    """Check the settings of the network and of how it is compiled, and fetch weights.

    Raises:
        SettingError: As :func:`check`.
    """
    architectures.check(choice.architecture, **choice.settings)
    check_room(choice, batch_size)
    choice.make_ready()
    training.check_compile(choice.settings.get("head", "softmax"), **compiled)


def check_room(choice: Choice, batch_size: int) -> None:
    """Check that a training from scratch on images of this size fits into memory.

    Raises:
        SettingError: It does not.
    """
    if choice.image_size is None or choice.frozen or training.on_graphics_card():
        return
    batch = max(1, min(batch_size, USUAL_BATCH))
    data.check_memory(choice.image_size, batch)
    if batch * math.prod(choice.image_size) < LARGE:
        return
    shape = (*choice.image_size, 1 if choice.color == "grayscale" else 3)
    network = description.describe(choice.architecture, shape, 2, **choice.settings)
    data.check_memory(choice.image_size, batch, network)


def compile_settings(choice: Choice, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a network is compiled with; a rate that was not given is the architecture's.

    Args:
        choice: The network.
        given: The flags.
    """
    of_rule = ("optimizer", "learning_rate", "weight_decay", "momentum", "nesterov")
    compiled = {name: given[name] for name in (*of_rule, "loss", "label_smoothing")}
    if compiled["learning_rate"] is None and compiled["optimizer"] in ("adam", "adamw"):
        compiled["learning_rate"] = architectures.learning_rate(choice.architecture)
    return compiled


def build(
    choice: Choice,
    planned: Sequence[Attempt],
    divided: Sequence[data.Splits],
    compiled: Mapping[str, Any],
) -> "Iterator[keras.Model]":
    """Yield a compiled network for every attempt, two styles of one from equal weights.

    Each is built when it is asked for, so that memory does not hold those that come later.
    ``divided`` holds the data of each attempt.
    """
    import keras

    start: keras.Model | None = None  # of a network that comes in two styles
    for attempt, splits in zip(planned, divided, strict=True):
        keras.backend.clear_session()  # else the layers' automatic names count on
        keras.utils.set_random_seed(attempt.seed)
        model = architectures.build(
            choice.architecture,
            splits.image_shape,
            splits.num_classes,
            attempt.style,
            **choice.settings,
        )
        if start is not None:
            architectures.copy_weights(start, model)
        else:
            batches = data.ordered_batches(splits, "train", "int")
            architectures.adapt(model, (images.numpy() for images, _ in batches))
            if attempt.style != planned[-1].style:
                start = runs.uncompiled(model)
        yield training.compile_model(model, **compiled)
