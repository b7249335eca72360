"""Labels as losses want them, and which batches can have which."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kit.errors import SettingError

if TYPE_CHECKING:
    from kit.data.splits import Splits


def check(splits: "Splits", label_mode: str) -> None:
    """Raise SettingError where training batches of this kind cannot be made."""
    if splits.sampling == "smote":
        raise SettingError(
            "SMOTE interpolates between vectors, so it works only on the features of a frozen "
            'backbone (kit.data.features.smote). For images use sampling "balanced".'
        )
    if splits.mix is None:
        return
    if label_mode != "categorical":
        raise SettingError(
            'A mixed image belongs to two classes, so mixing needs label_mode "categorical"; got '
            f"{label_mode!r}."
        )
    if len(splits.images.shape) != 3:
        raise SettingError("Mixing works on images, and these are features. Leave out mix.")


def labels(splits: "Splits", label_mode: str) -> NDArray[Any]:
    """Return the labels of all images as :func:`kit.data.batches.pipeline.ordered` says.

    Raises:
        SettingError: There is no such mode, or it does not fit the classes.
    """
    if label_mode == "categorical":
        return np.eye(splits.num_classes, dtype=np.float32)[splits.labels]
    if label_mode == "int":
        return splits.labels.astype(np.int32)
    if label_mode != "binary":
        raise SettingError(f"label_mode must be categorical, binary or int, not {label_mode!r}.")
    if splits.num_classes != 2:
        raise SettingError(
            f"Binary labels need 2 classes, not {splits.num_classes}; use a softmax head instead."
        )
    return splits.labels.astype(np.float32)[:, None]
