"""What is measured during training and Keras does not have."""

from typing import Any

import keras
from keras import ops


class BalancedAccuracy(keras.metrics.Metric):
    """Mean over the classes of the share of their images that is recognised.

    Classes without an image are left out of the mean, as in scikit-learn's
    ``balanced_accuracy_score``. Labels and outputs have shape (batch, classes), or (batch, 1) for
    one sigmoid unit.
    """

    def __init__(self, num_classes: int, name: str = "balanced_accuracy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.hits = self.add_variable((num_classes,), initializer="zeros", name="hits")
        self.images = self.add_variable((num_classes,), initializer="zeros", name="images")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch; weights are ignored, since every image counts once."""
        true, predicted = self._numbers(y_true), self._numbers(y_pred)
        rows = ops.one_hot(true, self.num_classes, dtype=self.dtype)
        right = ops.cast(ops.equal(true, predicted), self.dtype)
        self.hits.assign_add(ops.sum(rows * right[:, None], axis=0))
        self.images.assign_add(ops.sum(rows, axis=0))

    def result(self) -> Any:
        """Return the mean recall so far."""
        present = ops.cast(self.images > 0, self.dtype)
        recall = self.hits / ops.maximum(self.images, 1)
        return ops.sum(recall) / ops.maximum(ops.sum(present), 1)

    def _numbers(self, rows: Any) -> Any:
        if rows.shape[-1] == 1:
            return ops.cast(rows[:, 0] > 0.5, "int32")
        return ops.cast(ops.argmax(rows, axis=-1), "int32")


class DataLoss(keras.metrics.Mean):
    """Mean over the images of a loss without penalties; each counts once, whatever its weight.

    Args:
        loss: As a model is compiled with it: Keras' object, a function or a name.
        name: Of the column.
    """

    def __init__(self, loss: Any, name: str = "data_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.loss = keras.losses.get(loss)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        super().update_state(ops.mean(self.loss(y_true, y_pred)), ops.shape(y_true)[0])
