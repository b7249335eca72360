"""The table of what is done to a training: one row a cause, and the healthy ones.

A row takes a :class:`Case` and spoils it. ``KNOWN`` are the causes that the diagnosis has a rule
for; ``UNKNOWN`` are kept to see what it says where it has none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np


@dataclass
class Case:
    """One training before it begins: everything a row may change."""

    images: np.ndarray
    labels: np.ndarray
    validation: np.ndarray
    answers: np.ndarray
    settings: dict[str, Any]  # of the architecture
    rng: np.random.Generator
    compiled: dict[str, Any] = field(default_factory=dict)
    schedule: str = "one-cycle"
    epochs: int = 10
    batch_size: int = 32
    augmentation: str = "light"
    shuffle: bool = True
    factor: float = 1.0  # on the pixels before the network's own scaling
    weights: Callable[[keras.Model], None] = lambda model: None  # what happens to the first weights
    smoothing: float | None = None
    style: str = "functional"
    labelled_again: bool = False


Row = Callable[[Case], None]


def rate(value: float, optimizer: str = "adam") -> Row:
    def row(case: Case) -> None:
        case.compiled |= {"optimizer": optimizer, "learning_rate": value}

    return row


def pixels(factor: float) -> Row:
    def row(case: Case) -> None:
        case.factor = factor

    return row


def settings(**values: Any) -> Row:
    def row(case: Case) -> None:
        case.settings |= values

    return row


def weights(change: Callable[[keras.Model], None]) -> Row:
    def row(case: Case) -> None:
        case.weights = change

    return row


def multiplied(factor: float) -> Callable[[keras.Model], None]:
    """Multiply all kernels, and where they are made small also what normalization puts back."""

    def change(model: keras.Model) -> None:
        for layer in model.layers:
            for weight in layer.trainable_weights:
                name = weight.path.rsplit("/")[-1]
                if len(weight.shape) > 1 or (name == "gamma" and 0 < factor < 1):
                    weight.assign(weight * factor)

    return change


def huge(model: keras.Model) -> None:
    multiplied(20.0)(model)
    head = model.layers[-1]
    head.kernel.assign(np.random.default_rng(0).normal(0, 1, head.kernel.shape))


def dead(model: keras.Model) -> None:
    """Give every hidden unit a bias that no image can lift above 0."""
    for layer in model.layers[:-1]:
        for weight in layer.trainable_weights:
            if weight.path.rsplit("/")[-1] in ("bias", "beta"):
                weight.assign(np.full(weight.shape, -100.0))


def freeze(everything: bool) -> Callable[[keras.Model], None]:
    def change(model: keras.Model) -> None:
        for layer in model.layers if everything else model.layers[:-1]:
            layer.trainable = False

    return change


def shuffled_labels(case: Case) -> None:
    case.labels = case.rng.permutation(case.labels)
    case.answers = case.rng.permutation(case.answers)


def label_noise(case: Case) -> None:
    classes = int(case.labels.max()) + 1
    for labels in (case.labels, case.answers):
        chosen = case.rng.random(len(labels)) < 0.4
        labels[chosen] = (
            labels[chosen] + case.rng.integers(1, classes, int(chosen.sum()))
        ) % classes


def leaked(case: Case) -> None:
    half = len(case.validation)
    case.images = np.concatenate([case.images[:-half], case.validation])
    case.labels = np.concatenate([case.labels[:-half], case.answers])


def in_order(case: Case) -> None:
    order = np.argsort(case.labels, kind="stable")
    case.images, case.labels, case.shuffle = case.images[order], case.labels[order], False


def few_images(case: Case) -> None:
    case.images, case.labels = case.images[:100], case.labels[:100]
    case.settings["dropout"] = 0.0
    case.compiled["weight_decay"] = 0.0
    case.augmentation, case.epochs, case.smoothing = "none", 40, 0.0


def few_validation(case: Case) -> None:
    case.validation, case.answers = case.validation[:15], case.answers[:15]


def one_class(case: Case) -> None:
    """Leave 2 training images of every class but one, and as few of validation."""
    for part in ("images", "validation"):
        names = {"images": "labels", "validation": "answers"}
        labels = getattr(case, names[part])
        keep = np.flatnonzero(labels == 0)
        for other in range(1, int(labels.max()) + 1):
            keep = np.concatenate([keep, np.flatnonzero(labels == other)[:2]])
        setattr(case, part, getattr(case, part)[keep])
        setattr(case, names[part], labels[keep])


def not_a_number(case: Case) -> None:
    case.images = case.images.copy()
    case.images[case.rng.integers(len(case.images))] = np.nan


def two_epochs(case: Case) -> None:
    case.epochs, case.schedule = 2, "constant"
    case.compiled |= {"optimizer": "adam", "learning_rate": 5e-4}


def strong_augmentation(case: Case) -> None:
    case.augmentation = "absurd"


def small_batches(case: Case) -> None:
    case.batch_size, case.epochs = 2, 6
    case.images, case.labels = case.images[:600], case.labels[:600]


def inverted_validation(case: Case) -> None:
    case.validation = 255 - case.validation


def scattered_pixels(case: Case) -> None:
    for images in (case.images, case.validation):
        for image in images:
            flat = image.reshape(-1, image.shape[-1])
            flat[:] = flat[case.rng.permutation(len(flat))]


def twice_softmax(case: Case) -> None:
    case.settings["twice"] = True


KNOWN: dict[str, tuple[str, Row]] = {  # how it is done: what is to be found, how
    "rate 1e-7": ("rate too low", rate(1e-7)),
    "rate 1e-5": ("rate too low", rate(1e-5)),
    "rate 0.1": ("rate too high", rate(0.1)),
    "rate 10": ("rate too high", rate(10.0)),
    "sgd at 10": ("rate too high", rate(10.0, "sgd")),
    "pixels 0 to 255": ("input not scaled", pixels(255.0)),
    "scaled twice": ("input scaled twice", pixels(1 / 255)),
    "weights 0": ("weights start at 0", weights(multiplied(0.0))),
    "weights of 20 times": ("weights start too large", weights(huge)),
    "weights of a hundredth": ("weights start too small", weights(multiplied(0.01))),
    "biases of -100": ("dead units", weights(dead)),
    "body frozen": ("frozen layers", weights(freeze(False))),
    "all frozen": ("frozen layers", weights(freeze(True))),
    "labels shuffled": ("labels tell nothing", shuffled_labels),
    "40 % of labels wrong": ("wrong labels", label_noise),
    "validation leaked": ("leakage", leaked),
    "not shuffled": ("batches of one class", in_order),
    "l2 of 1": ("penalty too strong", settings(l2=1.0)),
    "100 images": ("overfitting", few_images),
    "a network of 1 filter": ("network too small", settings(small=True)),
    "an image of NaN": ("images that are no numbers", not_a_number),
    "15 validation images": ("too few validation images", few_validation),
    "one class": ("imbalanced classes", one_class),
    "2 epochs": ("stopped too early", two_epochs),
    "dropout of 0.95": ("dropout too strong", settings(dropout=0.95, everywhere=True)),
    "absurd augmentation": ("augmentation too strong", strong_augmentation),
    "batches of 2": ("batches too small", small_batches),
}
UNKNOWN: dict[str, tuple[str, Row]] = {
    "validation inverted": ("", inverted_validation),
    "pixels scattered": ("", scattered_pixels),
    "softmax twice": ("", twice_softmax),
}


def compiled(schedule: str | None = None, **values: Any) -> Row:
    def row(case: Case) -> None:
        case.compiled |= values
        case.schedule = schedule or case.schedule

    return row


def fields(**values: Any) -> Row:
    def row(case: Case) -> None:
        for name, value in values.items():
            setattr(case, name, value)

    return row


def sequential(case: Case) -> None:
    case.style = "sequential"
    case.settings["dropout"] = 0.5


HEALTHY: dict[str, tuple[str, Row]] = {
    "the defaults": ("", lambda case: None),
    "adam, constant": ("", compiled("constant", optimizer="adam", learning_rate=1e-3)),
    "sgd, one-cycle": ("", compiled("one-cycle", optimizer="sgd", learning_rate=0.05)),
    "adam, step": ("", compiled("step", optimizer="adam", learning_rate=2e-3)),
    "rmsprop, exponential": ("", compiled("exponential", optimizer="rmsprop", learning_rate=2e-3)),
    "adam, cosine": ("", compiled("cosine", optimizer="adam", learning_rate=2e-3)),
    "no label smoothing": ("", fields(smoothing=0.0)),
    "batches of 64": ("", fields(batch_size=64)),
    "l2 of 1e-4": ("", settings(l2=1e-4)),
    "leaky ReLU": ("", settings(activation="leaky_relu")),
    "sequential, dropout of 0.5": ("", sequential),
}
ROWS = KNOWN | UNKNOWN | HEALTHY
