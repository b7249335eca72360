"""The network of a run: saved so that Keras alone can load it, and loaded as the facts say."""

from pathlib import Path
from typing import TYPE_CHECKING

from kit import architectures, files
from kit.errors import SettingError
from kit.runs.facts import FACTS
from kit.runs.saved import Saved

if TYPE_CHECKING:
    import keras


def save_model(model: "keras.Model", path: Path | str) -> None:
    """Save a model without its compile state, so that Keras alone can load it.

    The optimizer's moments would triple the file, and a loss or a metric of ours in the compile
    state would ask for this package on loading. The file computes in float32.
    """
    files.write(Path(path), in_full(uncompiled(model)).save, 4 * model.count_params())


def in_full(model: "keras.Model") -> "keras.Model":
    """Let a model compute in float32 that was built to do so in bfloat16, and return it."""
    for layer in model._flatten_layers(include_self=False):
        if layer.dtype_policy.name == "mixed_bfloat16":
            layer.dtype_policy = "float32"
    model.predict_function = None  # what was traced computes as before
    return model


def uncompiled(model: "keras.Model") -> "keras.Model":
    """Return a copy of a Functional or Sequential model that was never compiled."""
    twin = type(model).from_config(model.get_config())
    architectures.copy_weights(model, twin)
    return twin


def load_model(run: Saved) -> "keras.Model":
    """Load a run's network for inference.

    Raises:
        SettingError: The file is damaged or not to be trusted, or its network takes other images or
            gives other answers than the run's facts say.
        KitError: There is too little memory for it.
    """
    model = architectures.load_file(run.model_file)
    facts = run.facts
    images = (*facts["image_size"], 3 if facts["color"] == "rgb" else 1)
    if tuple(model.input_shape[1:]) != images:
        there, here = (" x ".join(map(str, shape)) for shape in (model.input_shape[1:], images))
        raise SettingError(
            f"{run.model_file} takes images of {there} (height, width, channels), but {FACTS} says "
            f"{here}. Restore both files or train again."
        )
    units, classes = model.output_shape[-1], len(facts["class_names"])
    if units != classes and not (units == 1 and classes == 2):
        raise SettingError(
            f"{run.folder}: the model has {units} outputs, but {FACTS} names {classes} classes."
        )
    return model
