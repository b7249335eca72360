"""The networks of a training: checked before the images are read, and built."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kit import architectures, data, description, runs, training
from kit.choices import Precision
from kit.data.batches import augmentation
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.plan import Attempt, Plan
from kit.settings import Optimization, Training

if TYPE_CHECKING:
    import keras

LARGE = 1 << 20  # pixels in a batch, 64 images of 128 x 128: for fewer no network is described
# Which settings of the optimization and of the duration are those of ``training.fit``.
OF_FIT = ("schedule", "decay", "every", "class_weight")
OF_DURATION = ("epochs", "max_minutes", "monitor", "patience", "last_epoch")
USUAL_BATCH = 32  # images: a larger batch may be more than there are


def check(plan: Plan) -> None:
    """Check what can be checked before the images are read, which may take long."""
    settings = plan.settings
    check_network(plan.choice, settings.optimization, settings.images.batch_size)
    augmentation.check(settings.variation.augment)
    wanted = fit_settings(settings)
    training.check_fit(**{name: one for name, one in wanted.items() if name != "class_weight"})


def check_network(choice: Choice, optimization: Optimization, batch_size: int) -> None:
    """Check the settings of the network and of how it is compiled, and fetch weights."""
    architectures.check(choice.architecture, **choice.settings)
    check_room(choice, batch_size)
    choice.make_ready()
    head = choice.settings.get("head", "softmax")
    training.check_compile(head, **compile_settings(choice, optimization))


def check_room(choice: Choice, batch_size: int) -> None:
    """Check that a training from scratch on images of this size fits into memory."""
    if choice.image_size is None or choice.frozen or training.on_graphics_card():
        return
    batch = max(1, min(batch_size, USUAL_BATCH))
    data.check_memory(choice.image_size, batch)
    if batch * math.prod(choice.image_size) < LARGE:
        return
    shape = (*choice.image_size, 1 if choice.color == "grayscale" else 3)
    network = description.describe(choice.architecture, shape, 2, **choice.settings)
    data.check_memory(choice.image_size, batch, network)


def compile_settings(choice: Choice, optimization: Optimization) -> dict[str, Any]:
    """Return what a network is compiled with; a rate that is not set is the architecture's."""
    names = [name for name in vars(optimization) if name not in OF_FIT]
    settings = {name: getattr(optimization, name) for name in names}
    if settings["learning_rate"] is None and settings["optimizer"] in ("adam", "adamw"):
        settings["learning_rate"] = architectures.learning_rate(choice.architecture)
    return settings


def fit_settings(settings: Training) -> dict[str, Any]:
    """Return what :func:`kit.training.fit` takes of the settings."""
    known = {**vars(settings.duration), **vars(settings.optimization)}
    return {name: known[name] for name in known if name in (*OF_DURATION, *OF_FIT)}


def build_all(plan: Plan, divided: Sequence[data.Splits]) -> "Iterator[keras.Model]":
    """Yield the networks of a plan, as :func:`build`, once it is known that they can be trained.

    Raises:
        SettingError: The layers that are to be fine-tuned are not there.
    """
    optimization, layers = plan.settings.optimization, plan.settings.transfer.thawed
    precision = plan.settings.duration.precision
    models = build(plan.choice, plan.attempts, divided, optimization, precision)
    for number, model in enumerate(models):
        if layers is not None and number == 0:
            training.check_thaw(model, layers)
        yield model


def build(
    choice: Choice,
    planned: Sequence[Attempt],
    divided: Sequence[data.Splits],
    optimization: Optimization,
    precision: Precision = "float32",
) -> "Iterator[keras.Model]":
    """Yield a compiled network for every attempt, two styles of one from equal weights.

    Each is built when it is asked for, so that memory does not hold those that come later.
    """
    import keras

    start: keras.Model | None = None  # of a network that comes in two styles
    compiled = compile_settings(choice, optimization)
    for attempt, splits in zip(planned, divided, strict=True):
        keras.backend.clear_session()  # else the layers' automatic names count on
        keras.utils.set_random_seed(attempt.seed)
        with training.computing_in(precision):
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
