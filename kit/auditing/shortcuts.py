"""What gives a label away that no picture should be judged by: size, format, camera, light.

A network takes the easiest way to the label. Where all cats come from one camera and all dogs from
another, it learns cameras (R. Geirhos et al., "Shortcut Learning in Deep Neural Networks", Nature
Machine Intelligence 2, 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit.setting_names import said

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COLUMNS = {
    "file size": ("bytes",),
    "dimensions": ("width", "height"),
    "brightness": ("brightness", "contrast"),
    "format": ("format", "mode"),
    "camera": ("camera",),
}
HINTS = {
    "file size": (
        "Either the storage or the amount of detail differs between classes; file sizes alone "
        "cannot tell which."
    ),
    "dimensions": (
        "Image sizes predict the label, and black borders or stretching reveal them. Bring all "
        "images to one size and shape before training, or use `aspect=crop`."
    ),
    "brightness": (
        "Brightness differs naturally for some classes (snow, night). Otherwise photograph all "
        "in the same light, or use `equalization=contrast`."
    ),
    "format": "Save all files in one format and color mode. Compression leaves traces in pixels.",
    "camera": "Photograph every class with every camera, and validate on photos of another camera.",
}
FOLDS = 5
DEPTH = 4  # a tree of 16 leaves finds thresholds, not single files
LEAF = 5  # images
MOST = 20_000  # images, evenly spread: the interval is narrow by then
DRAWS = 4000
CLEARLY = 0.1  # of the way from guessing to certainty that the interval's lower end must have gone
KINDS_KEPT = 20  # formats or cameras; the rest is one kind


@dataclass(frozen=True)
class Shortcut:
    """How well one thing that is no picture tells the label.

    Attributes:
        name: ``"file size"``, ``"dimensions"``, ``"brightness"``, ``"format"`` or ``"camera"``.
        images: How many it was tried on, none of them twice.
        balanced_accuracy: Mean recall of the classes, cross-validated.
        low: Lower end of its 95 % interval.
        high: Upper end.
        guessing: The balanced accuracy of always answering one class.
        majority: Share of the largest class: the plain accuracy of always answering that.
        clear: Whether it is worth a warning.
    """

    name: str
    images: int
    balanced_accuracy: float
    low: float
    high: float
    guessing: float
    majority: float
    clear: bool

    @property
    def advice(self) -> str:
        """What to do about it."""
        return said(HINTS[self.name])


def shortcuts(images: pd.DataFrame, groups: Numbers) -> list[Shortcut]:
    """Try to tell the label from each thing alone.

    A decision tree of depth 4 is trained and scored by 5-fold cross-validation, stratified by
    class; of each group of copies the first is used, since a copy has the size of its original.
    Classes of fewer than 5 images are left out, and so are things that do not vary.
    """
    if images.empty:
        return []
    once = images.iloc[np.sort(np.unique(groups, return_index=True)[1])]
    once = once[once.groupby("label")["label"].transform("size") >= FOLDS]
    once = once.iloc[:: -(-len(once) // MOST) or 1]
    once = once[once.groupby("label")["label"].transform("size") >= FOLDS]
    if once["label"].nunique() < 2:
        return []
    return [
        _tried(name, _features(once, columns), once["label"].to_numpy(np.int64))
        for name, columns in COLUMNS.items()
        if len(once[list(columns)].drop_duplicates()) > 1
    ]


def _features(images: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Return numbers as they are, and a column of zeros and ones for each kind of anything else."""
    found = []
    for column in columns:
        values = images[column]
        if pd.api.types.is_numeric_dtype(values):
            found.append(values.to_numpy(float))
            continue
        frequent = values.value_counts().index[:KINDS_KEPT]
        found += [(values == kind).to_numpy(float) for kind in frequent]
    return np.stack(found, axis=1)


def _tried(name: str, features: Floats, labels: Numbers) -> Shortcut:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=LEAF, class_weight="balanced", random_state=0
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    answers = cross_val_predict(tree, features, labels, cv=folds)
    classes, counts = np.unique(labels, return_counts=True)
    right = np.array([(answers[labels == one] == one).sum() for one in classes])
    low, high = _interval(right, counts)
    guessing = 1 / len(classes)
    return Shortcut(
        name=name,
        images=len(labels),
        balanced_accuracy=float((right / counts).mean()),
        low=low,
        high=high,
        guessing=guessing,
        majority=float(counts.max() / counts.sum()),
        clear=low - guessing >= CLEARLY * (1 - guessing),
    )


def _interval(right: Numbers, counts: Numbers) -> tuple[float, float]:
    """Return a 95 % interval for the mean recall: Jeffreys' for each class, by drawing.

    See L. D. Brown et al., "Interval Estimation for a Binomial Proportion", Statistical Science
    16, 2001.
    """
    rng = np.random.default_rng(0)
    recalls = rng.beta(right + 0.5, counts - right + 0.5, (DRAWS, len(counts)))
    low, high = np.percentile(recalls.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
