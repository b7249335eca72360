"""What makes small classes count, and what of it goes together."""

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from kit import architectures, data
from kit.data.batches import mixing
from kit.errors import SettingError


def check_batches(model: keras.Model, splits: data.Splits, class_weight: str) -> None:
    """Check that what the batches hold is what the model's loss can take.

    Raises:
        SettingError: It is not.
    """
    if class_weight == "balanced" and splits.sampling == "balanced":
        raise SettingError(
            "Balanced sampling and class weights both balance the classes; together they would "
            "favor the small ones. Leave one out."
        )
    if splits.mix is not None:
        loss = model.loss
        name = getattr(loss, "name", None) or getattr(loss, "__name__", loss)
        mixing.check_loss(architectures.head(model), str(name))


def class_weights(splits: data.Splits) -> list[float]:
    """Return how much an image of each class counts: the inverse of their number, 1 on average.

    A class without a training image gets 0.
    """
    labels = splits.labels[splits.parts["train"]]
    classes = np.unique(labels)
    weights = np.zeros(splits.num_classes)
    weights[classes] = compute_class_weight("balanced", classes=classes, y=labels)
    return [float(weight) for weight in weights]
