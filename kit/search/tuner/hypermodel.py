"""Our networks for any tuner of keras-tuner's."""

import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import keras_tuner

from kit import architectures, data, training
from kit.errors import SettingError, nearest
from kit.search.space import read_space
from kit.search.tuner.hyperparameters import declare

if TYPE_CHECKING:
    import keras


def hypermodel(
    architecture: str,
    splits: data.Splits,
    space: Mapping[str, str] | Iterable[str],
    **fixed: Any,
) -> keras_tuner.HyperModel:
    """Return a network as keras-tuner's tuners take one: compiled for the values of a trial.

    Args:
        architecture: Its name.
        splits: The data: its images say the input's shape and the classes, and what a scaling
            needs to know of them.
        space: What is searched, as :func:`kit.search.read_space` takes it: settings of the
            architecture, and those of :func:`kit.training.compile_model`.
        fixed: Other settings of both.

    Raises:
        SettingError: There is no such setting.
    """
    return _Network(architecture, splits, space, fixed)


class _Network(keras_tuner.HyperModel):
    def __init__(self, architecture: str, splits: data.Splits, space: Any, fixed: Any) -> None:
        super().__init__(name=architecture)
        self.architecture, self.splits, self.fixed = architecture, splits, fixed
        self.space = read_space(space)
        self.own = set(architectures.settings(architecture))
        known = self.own | set(inspect.signature(training.compile_model).parameters) - {"model"}
        for name in (*(one.name for one in self.space), *fixed):
            if name not in known:
                raise SettingError(f'There is no setting "{name}".{nearest(name, known)}')

    def build(self, hp: keras_tuner.HyperParameters) -> "keras.Model":
        """Return the network, compiled."""
        values = {**self.fixed, **declare(hp, self.space)}
        own = {name: value for name, value in values.items() if name in self.own}
        others = {name: value for name, value in values.items() if name not in self.own}
        shape, classes = self.splits.image_shape, self.splits.num_classes
        model = architectures.build(self.architecture, shape, classes, **own)
        if architectures.needs_data(model):
            batches = data.ordered_batches(self.splits, "train", "int")
            architectures.adapt(model, (images.numpy() for images, _ in batches))
        return training.compile_model(model, **others)

    def fit(self, hp: Any, model: "keras.Model", *data: Any, **settings: Any) -> Any:
        """Train it: our data shuffles itself, and Keras warns where it is asked to."""
        return model.fit(*data, **{"shuffle": False, **settings})
