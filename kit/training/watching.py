"""What is measured while a network trains, for the diagnosis that follows."""

import math
from typing import Any

import keras
import numpy as np

from kit import architectures, checks, data, diagnosis, monitoring
from kit.training.compiling import learning_rate

TRAINED, HELD_OUT, LOOKED_INTO = 500, 64, 8  # images: of training, of validation, after a NaN


class Watch:
    """The monitor and the guard of one training.

    Attributes:
        monitor: Measures between epochs.
        guard: Stops what explodes, and says which layer went first.
    """

    def __init__(self, model: keras.Model, splits: data.Splits) -> None:
        """Choose the images to look at.

        Args:
            model: Compiled.
            splits: What it is trained on.
        """
        train = checks.sample(splits, model, TRAINED, as_stored=True)
        validation = checks.sample(splits, model, HELD_OUT, "validation", as_stored=True)
        self.splits = splits
        self.monitor = monitoring.Monitor(train, validation)
        self.guard = monitoring.LossGuard(train.first(LOOKED_INTO), floor=nothing_known(model))

    def evidence(
        self, model: keras.Model, table: Any, epochs: int, schedule: str
    ) -> diagnosis.Evidence:
        """Return what is known about the training after its end.

        Args:
            model: As trained.
            table: The history's.
            epochs: As planned.
            schedule: Its name.
        """
        known = facts(model, self.splits, epochs, schedule)
        overlap = share_learnt(self.splits)
        return diagnosis.evidence(table, known, self.monitor, self.guard, overlap=overlap)


def share_learnt(splits: data.Splits) -> float:
    """Return the share of the validation images that are, byte for byte, in training too."""
    shared = len(splits.shared("train", "validation"))
    return shared / max(1, len(splits.parts["validation"]))


def nothing_known(model: keras.Model) -> float:
    """Return the loss, by what a model is compiled with, of the same answer for all classes."""
    outputs = model.output_shape[-1]
    equal = 0.0 if architectures.head(model) == "scores" else 1 / max(outputs, 2)
    loss = keras.losses.get(keras.tree.flatten(model.loss)[0])
    value = loss(np.eye(1, outputs, dtype="float32"), np.full((1, outputs), equal, "float32"))
    return float(np.mean(keras.ops.convert_to_numpy(value)))


def facts(model: keras.Model, splits: data.Splits, epochs: int, schedule: str) -> diagnosis.Facts:
    """Return the settings of a training and the counts of its data, as the model shows them."""
    layers = list(model._flatten_layers(include_self=False))
    penalties = [getattr(layer, "kernel_regularizer", None) for layer in layers]
    kernels = [layer.kernel for layer in layers if getattr(layer, "kernel", None) is not None]
    learnt = [one for layer in layers for one in layer._trainable_variables]  # and no statistics
    sizes = [math.prod(kernel.shape) for kernel in kernels]
    still = [size for kernel, size in zip(kernels, sizes, strict=True) if not kernel.trainable]
    on_vectors = len(model.input_shape) == 2  # a head on the features of a backbone
    return diagnosis.Facts(
        classes=splits.num_classes,
        train_counts=tuple(splits.counts("train").values()),
        validation_images=len(splits.parts["validation"]),
        validation_counts=tuple(splits.counts("validation").values()),
        test_images=len(splits.parts.get("test", ())),
        batch_size=splits.batch_size,
        planned_epochs=epochs,
        schedule=schedule,
        optimizer=model.optimizer.name,
        learning_rate=learning_rate(model),
        dropout=max((float(getattr(layer, "rate", 0.0)) for layer in layers), default=0.0),
        l1=max((float(getattr(one, "l1", 0.0)) for one in penalties), default=0.0),
        l2=max((float(getattr(one, "l2", 0.0)) for one in penalties), default=0.0),
        augmentation="none" if on_vectors else splits.augmentation,
        mixed=splits.mix is not None,
        label_smoothing=float(getattr(model.loss, "label_smoothing", 0.0)),
        cross_entropy=isinstance(
            model.loss,
            keras.losses.BinaryCrossentropy
            if model.output_shape[-1] == 1
            else keras.losses.CategoricalCrossentropy,
        ),
        pretrained=on_vectors or any(layer.name == "backbone" for layer in model.layers),
        head=on_vectors,
        frozen_share=sum(still) / max(1, sum(sizes)),
        parameters=sum(math.prod(one.shape) for one in learnt),
        architecture=model.name,
        image_size=0 if on_vectors else min(model.input_shape[1:3]),
        channels=0 if on_vectors else model.input_shape[3],
    )
