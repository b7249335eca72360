"""Training a new head on top of a network that was trained before.

A frozen backbone gives the same features in every epoch, so they are computed once, and the head is
trained on them (Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for Generic Visual
Recognition", ICML 2014).
"""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import keras
import numpy as np

from kit import data, progress, runs
from kit.data.features import features, smote
from kit.errors import SettingError
from kit.training.compiling import compile_model
from kit.training.fit_checks import default_monitor
from kit.training.fitting import History, fit
from kit.training.pace import minutes_left

__all__ = [
    "NOTHING",
    "HeadTraining",
    "feature_name",
    "feature_splits",
    "fit_head",
    "flat",
    "head_alone",
    "is_frozen",
    "on_features",
    "shared_features",
]

CONSTANTS = 100_000_000  # parameters: TensorFlow's graphs hold 2 GB at most
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class HeadTraining:
    """What training a head on features gives.

    Attributes:
        history: Of the head, as :func:`kit.training.fit` gives it.
        head: The head alone: features in, probabilities out. It shares its layers with the model,
            and gives the same answers without running the backbone again.
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
    max_minutes: float | None = None,
) -> data.Splits:
    """Return the data with a model's features in place of its images.

    Args:
        model: A classifier with a layer called "features" that gives a vector.
        splits: The images.
        views: Versions of each training image, see :func:`kit.data.features.features.featured`.
        half: Keep training images' features in half precision.
        cache: Whether they are kept in the user's cache folder.
        max_minutes: Limit.

    Raises:
        SettingError: The model has no such layer, ``views`` is out of its range, or the features
            take longer than the limit.
    """
    extractor = _extractor(model)
    # One traced function; model.predict would compile it with XLA, which is slower on processors.
    traced = _compiled(extractor)

    def extract(images: Any) -> Any:
        return np.asarray(traced(images), np.float32)

    size, name = extractor.output_shape[-1], _identity(extractor)
    until = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
    return features.featured(
        splits, extract, name, size, views=views, half=half, cache=cache, until=until
    )


def shared_features(
    model: keras.Model, divided: Sequence[data.Splits], *, views: int = 1, **settings: Any
) -> list[data.Splits]:
    """Return the features of one data set that is divided in several ways, each computed once.

    They are kept in full precision: any image validates in one division or another.

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


def fit_head(
    model: keras.Model,
    splits: data.Splits,
    *,
    compiled: Mapping[str, Any] = NOTHING,
    views: int = 1,
    cache: bool = True,
    computed: data.Splits | None = None,
    checkpoint: Path | str | None = None,
    max_minutes: float | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
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
        computed: The features, where they are there already, as :func:`shared_features` gives them.
        checkpoint: Where the whole model is saved at the end, or as it was in the best epoch so far
            where a KeyboardInterrupt comes in a later one.
        max_minutes: Limit for features and training together.
        callbacks: More of Keras' callbacks.
        fit_settings: See :func:`kit.training.fit`.

    Raises:
        SettingError: A setting is out of its range, the model has no layer "features", or the
            features alone take longer than the limit.
        KitError: Training diverged before a single epoch was usable.
    """
    start = time.monotonic()
    if fit_settings.get("monitor") is None:  # what is made by SMOTE is not to hide an imbalance
        fit_settings["monitor"] = default_monitor(splits)
    head = _head(model)
    weights = head.get_weights()
    for half in (True, False) if computed is None else (False,):
        left = minutes_left(max_minutes, start)
        vectors = computed or feature_splits(
            model, splits, views=views, half=half, cache=cache, max_minutes=left
        )
        if half and not cast(features.Features, vectors.images).finite:
            continue  # a feature above 65,504, which half precision cannot hold
        head.set_weights(weights)
        compile_model(head, **compiled)
        learnt = smote.oversampled(vectors) if vectors.sampling == "smote" else vectors
        with _kept_if_interrupted(model, checkpoint) as epochs:
            history = fit(
                head,
                learnt,
                max_minutes=minutes_left(max_minutes, start),
                callbacks=[*callbacks, epochs],
                **fit_settings,
            )
        changed = _changed_by_rounding(head, vectors) if half else 0
        if not changed:
            break
        progress.say(
            f"Half precision changes the class of {changed} validation images: the features are "
            "computed again in full precision."
        )
    if checkpoint is not None:
        runs.save_model(model, checkpoint)
    return HeadTraining(history, head, vectors, half)


def feature_name(model: keras.Model) -> str:
    """Return a hash of all up to the layer "features": where it is equal, features are.

    Raises:
        SettingError: The model has no such layer.
    """
    return _identity(_extractor(model))


def head_alone(model: keras.Model) -> keras.Model:
    """Return the layers behind "features", these very ones, compiled as the model is.

    Args:
        model: Compiled and not trained; it is not to be trained any more.
    """
    head = _head(model)
    head.compile(
        optimizer=model.optimizer,
        loss=model.loss,
        run_eagerly=model.run_eagerly,
        jit_compile=model.jit_compile,
    )
    return head


def on_features(model: keras.Model, images: Any) -> tuple[keras.Model, Any]:
    """Return the layers behind "features" as a model, and what they take for some images.

    Args:
        model: A classifier with a layer called "features" that gives a vector. The head shares its
            layers, and is not compiled.
        images: float32 ``(n, height, width, channels)`` in [0, 255].

    Raises:
        SettingError: The model has no such layer.
    """
    traced = _compiled(_extractor(model))
    parts = np.array_split(np.asarray(images, np.float32), range(32, len(images), 32))
    return _head(model), np.concatenate([np.asarray(traced(part), np.float32) for part in parts])


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


def _identity(model: keras.Model) -> str:
    """Return a hash of a network and its weights."""
    digest = blake2b(digest_size=16)
    digest.update(f"{keras.backend.backend()} {keras.__version__}".encode())
    for layer in flat(model):
        if isinstance(layer, keras.layers.InputLayer):  # a Sequential model has one in each block
            continue
        config = {key: value for key, value in layer.get_config().items() if key != "trainable"}
        digest.update(json.dumps([type(layer).__name__, config], default=str).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def _head(model: keras.Model) -> keras.Model:
    """Return the layers behind "features", these very ones, as a model of its own."""
    return keras.Model(model.get_layer("features").output, model.outputs[0])


@contextmanager
def _kept_if_interrupted(
    model: keras.Model, checkpoint: Path | str | None
) -> Iterator[keras.callbacks.Callback]:
    """Give what counts the epochs, and save the model where an interrupt follows a whole one."""
    ended: list[int] = []
    try:
        yield keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    except KeyboardInterrupt:
        if ended and checkpoint is not None:
            runs.save_model(model, checkpoint)
        raise


def _changed_by_rounding(head: keras.Model, splits: data.Splits) -> int:
    """Count the validation images whose class changes with features in half precision."""
    if "validation" not in splits.parts:  # all else is kept in half precision or scored at the end
        return 0
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
