"""Training a new head on top of a network that was trained before.

A frozen backbone gives the same features in every epoch, so they are computed once, and the head is
trained on them (Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for Generic Visual
Recognition", ICML 2014).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import keras
import numpy as np

from kit import data, progress, runs
from kit.data import features
from kit.errors import SettingError
from kit.training._compile import compile_model
from kit.training._fit import History, fit

__all__ = ["NOTHING", "HeadTraining", "feature_splits", "fit_head", "flat", "is_frozen"]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class HeadTraining:
    """What training a head on features gives.

    Attributes:
        history: Of the head, as :func:`kit.training.fit` gives it.
        head: The trained head alone: features in, probabilities out. It gives the answers of the
            whole model without running the backbone again.
        splits: The data with features in place of images, those of held-out parts in full
            precision.
        half: Whether training images' features were kept in half precision.
    """

    history: History
    head: keras.Model
    splits: data.Splits
    half: bool


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
) -> data.Splits:
    """Return the data with a model's features in place of its images.

    Args:
        model: A classifier with a layer called "features" that gives a vector.
        splits: The images.
        views: Versions of each training image, see :func:`kit.data.features.featured`.
        half: Keep training images' features in half precision.
        cache: Whether they are kept in the user's cache folder.

    Raises:
        SettingError: The model has no such layer, or ``views`` is out of its range.
    """
    extractor = _extractor(model)
    # One traced function; model.predict would compile it with XLA, which is slower on processors.
    traced = _compiled(extractor)

    def extract(images: Any) -> Any:
        return np.asarray(traced(images), np.float32)

    size = extractor.output_shape[-1]
    return features.featured(
        splits, extract, _identity(extractor), size, views=views, half=half, cache=cache
    )


def fit_head(
    model: keras.Model,
    splits: data.Splits,
    *,
    compiled: Mapping[str, Any] = NOTHING,
    views: int = 1,
    cache: bool = True,
    checkpoint: Path | None = None,
    **fit_settings: Any,
) -> HeadTraining:
    """Train what comes behind the layer "features", on features that are computed once.

    Training images' features are kept in half precision. Where rounding the validation images'
    features as well would change the class of one of them, the head is trained anew on features in
    full precision.

    Args:
        model: A classifier whose layers up to "features" are to stay as they are. Its head gets the
            trained weights.
        splits: The images.
        compiled: Settings for :func:`kit.training.compile_model`.
        views: How many versions of each training image there are: 1 is the image as it is, more are
            augmented ones. An epoch goes over all of them.
        cache: Whether features are kept in the user's cache folder.
        checkpoint: Where the whole model is saved at the end.
        fit_settings: See :func:`kit.training.fit`.

    Raises:
        SettingError: A setting is out of its range, or the model has no layer "features".
        KitError: Training diverged before a single epoch was usable.
    """
    keras.utils.set_random_seed(splits.seed)
    head = _head(model)
    weights = head.get_weights()
    for half in (True, False):
        vectors = feature_splits(model, splits, views=views, half=half, cache=cache)
        if half and not cast(features.Features, vectors.images).finite:
            continue  # a feature above 65,504, which half precision cannot hold
        head.set_weights(weights)
        compile_model(head, **compiled)
        history = fit(head, vectors, **fit_settings)
        changed = _changed_by_rounding(head, vectors) if half else 0
        if not changed:
            break
        progress.say(
            f"Half precision changes the class of {changed} validation images: the features are "
            "computed again in full precision."
        )
    for layer in head.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    if checkpoint is not None:
        runs.save_model(model, checkpoint)
    return HeadTraining(history, head, vectors, half)


def _extractor(model: keras.Model) -> keras.Model:
    try:
        vector = model.get_layer("features").output
    except (ValueError, AttributeError):
        raise SettingError("The network has no layer called features to take them from.") from None
    return keras.Model(model.inputs[0], vector)


def _compiled(model: keras.Model) -> Callable[[Any], Any]:
    if keras.backend.backend() != "tensorflow":
        return cast(Callable[[Any], Any], model.predict_on_batch)
    import tensorflow as tf

    shape = (None, *model.input_shape[1:])
    signature = [tf.TensorSpec(shape, tf.float32)]
    traced: Callable[[Any], Any] = tf.function(
        lambda images: model(images, training=False), input_signature=signature
    )
    return traced


def _identity(model: keras.Model) -> str:
    """Return a hash of a network and its weights."""
    digest = blake2b(digest_size=16)
    for layer in flat(model):
        config = {key: value for key, value in layer.get_config().items() if key != "trainable"}
        digest.update(json.dumps([type(layer).__name__, config], default=str).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _head(model: keras.Model) -> keras.Model:
    """Return the layers behind "features" as a model of its own, with the same weights."""
    names = [layer.name for layer in model.layers]
    behind = model.layers[names.index("features") + 1 :]
    stack = [keras.Input(model.get_layer("features").output.shape[1:], name="features_input")]
    head = keras.Sequential(
        [*stack, *(type(layer).from_config(layer.get_config()) for layer in behind)]
    )
    head.set_weights([weight for layer in behind for weight in layer.get_weights()])
    return head


def _changed_by_rounding(head: keras.Model, splits: data.Splits) -> int:
    """Count the validation images whose class changes with features in half precision."""
    vectors = splits.images.read(splits.parts["validation"])
    with np.errstate(over="ignore"):  # too large for half precision: infinite, and so changed
        rounded = vectors.astype(np.float16).astype(np.float32)
    exact, other = (_classes(head.predict(v, verbose=0)) for v in (vectors, rounded))
    return int(np.sum((exact != other) | ~np.isfinite(rounded).all(axis=1)))


def _classes(answers: Any) -> Any:
    return answers[:, 0] > 0.5 if answers.shape[1] == 1 else answers.argmax(axis=1)


def flat(model: keras.Model) -> Iterator[Any]:
    """Yield the layers of a model, those of models within it in their place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat(layer)
        else:
            yield layer
