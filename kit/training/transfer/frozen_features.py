"""What a backbone that stays as it is sees in images: computed once, and kept.

Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for Generic Visual Recognition",
ICML 2014: a frozen network gives the same features in every epoch.
"""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, cast

import keras
import numpy as np

from kit import data
from kit.data.features import features
from kit.description.wiring import Step, wiring
from kit.errors import SettingError

CONSTANTS = 100_000_000  # parameters: TensorFlow's graphs hold 2 GB at most


def is_frozen(model: keras.Model) -> bool:
    """Tell whether a model has a backbone that training leaves as it is."""
    return any(layer.name == "backbone" and not layer.trainable for layer in model.layers)


def feature_splits(
    model: keras.Model,
    splits: data.Splits,
    *,
    views: int = 1,
    half: bool = True,
    cache: bool = True,
    max_minutes: float | None = None,
) -> data.Splits:
    """Return the data with a model's features in place of its images.

    Args:
        model: A classifier with a layer called "features" that gives a vector.
        splits: The images.
        views: Versions of each training image, see :func:`kit.data.features.features.featured`.
        half: Give training images' features in half precision, where that holds every number.
        cache: Whether they are kept in the user's cache folder.
        max_minutes: Limit.

    Raises:
        SettingError: The model has no such layer, ``views`` is out of its range, or the features
            take longer than the limit.
    """
    return outputs(extractor_of(model), splits, views, half, cache, max_minutes)


def outputs(
    extractor: keras.Model,
    splits: data.Splits,
    views: int = 1,
    half: bool = False,
    cache: bool = True,
    max_minutes: float | None = None,
) -> data.Splits:
    """Return the data with what a network gives in place of images, as :func:`feature_splits`."""
    # One traced function; model.predict would compile it with XLA, which is slower on processors.
    traced = compiled(extractor)

    def extract(images: Any) -> Any:
        return np.asarray(traced(images), np.float32)

    shape, name = extractor.output_shape[1:], identity(extractor)
    until = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
    return features.featured(
        splits, extract, name, shape, views=views, half=half, cache=cache, until=until
    )


def shared_features(
    model: keras.Model, divided: Sequence[data.Splits], *, views: int = 1, **settings: Any
) -> list[data.Splits]:
    """Return the features of one data set that is divided in several ways, each computed once.

    They are given in full precision: any image validates in one division or another.

    Args:
        model: As for :func:`feature_splits`.
        divided: The same images in other parts; the first one's seed draws the views.
        views: As for :func:`feature_splits`, of every image that is in some training part.
        settings: As for :func:`feature_splits`.

    Raises:
        SettingError: As for :func:`feature_splits`.
    """
    pool = np.unique(np.concatenate([splits.parts["train"] for splits in divided]))
    whole = dataclasses.replace(divided[0], parts={"train": pool})
    vectors = feature_splits(model, whole, views=views, half=False, **settings)
    return [features.divided_as(vectors, splits) for splits in divided]


def extractor_of(model: keras.Model) -> keras.Model:
    """Return a model of the same layers up to "features".

    Raises:
        SettingError: There is no such layer.
    """
    try:
        vector = model.get_layer("features").output
    except (ValueError, AttributeError):
        raise SettingError("The network has no layer called features.") from None
    return keras.Model(model.inputs[0], vector)


def compiled(model: keras.Model) -> Callable[[Any], Any]:
    """Return a function of images that answers as a model does, and faster."""
    if keras.backend.backend() != "tensorflow":
        return cast(Callable[[Any], Any], model.predict_on_batch)
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    if model.count_params() > CONSTANTS:
        whole: Callable[[Any], Any] = tf.function(
            lambda images: model(images, training=False), input_signature=signature
        )
        return whole
    learned, kept = (
        [keras.ops.convert_to_numpy(variable) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )

    def frozen(images: Any) -> Any:
        # As constants: TensorFlow folds batch normalization into the convolutions before it.
        variables = [list(map(tf.constant, values)) for values in (learned, kept)]
        return model.stateless_call(*variables, images, training=False)[0]

    traced: Callable[[Any], Any] = tf.function(frozen, input_signature=signature, autograph=False)
    return traced


def identity(model: keras.Model) -> str:
    """Return a hash of a network: its layers and operations, what each reads, and its weights."""
    digest = blake2b(digest_size=16)
    digest.update(f"{keras.backend.backend()} {keras.__version__}".encode())
    for step in _every(model):
        given = {} if step.is_network or step.kind == "Input" else step.operation.get_config()
        config = {key: one for key, one in given.items() if key not in ("name", "trainable")}
        values = step.node.arguments._flat_arguments
        plain = [one for one in values if not keras.backend.is_keras_tensor(one)]
        known = [step.kind, config, step.sources, plain]
        digest.update(json.dumps(known, default=str).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _every(model: keras.Model) -> Iterator[Step]:
    """Yield the calls of layers and operations, those of networks within it behind their own."""
    for step in wiring(model):
        yield step
        if step.is_network:
            yield from _every(step.operation)


def flat(model: keras.Model) -> Iterator[Any]:
    """Yield the layers of a model, those of models within it in their place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat(layer)
        else:
            yield layer
