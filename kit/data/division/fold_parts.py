"""Cross-validation: every image that is no test image validates once."""

import dataclasses

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.division.stratified_draw import contradicting
from kit.data.splits import Splits
from kit.errors import DataError, SettingError
from kit.progress import some

Indices = npt.NDArray[np.int64]

MANY = 5_000  # groups, from which dealing them takes seconds


def folds(splits: Splits, count: int) -> tuple[Splits, ...]:
    """Return the data divided ``count`` times: in number k, fold k is the validation part.

    The folds are of nearly equal size and stratified by class; images of one group are in one fold.
    They are drawn from ``splits.seed``. All images take part but those of the test part, which is
    the same in each of the results, and those that lie in two classes, which only train: there is
    no right answer to them.

    Args:
        splits: The data; its training and validation part are joined and dealt anew.
        count: Number of folds, from 2.

    Raises:
        SettingError: ``count`` is below 2.
        DataError: A class has fewer groups than there are folds.

    Source: M. Stone, "Cross-validatory choice and assessment of statistical predictions", Journal
    of the Royal Statistical Society B 36, 1974.
    """
    if count < 2:
        raise SettingError(f"There must be at least 2 folds; got {count}.")
    both = np.sort(np.concatenate([splits.parts["train"], splits.parts["validation"]]))
    names = np.asarray(splits.groups)
    bound = np.isin(names, _contradicting(splits))
    pool, always = both[~bound[both]], both[bound[both]]
    groups = np.unique(names[pool], return_inverse=True)[1].ravel()
    labels = splits.labels[pool]
    _refuse_small(splits, labels, groups, count)
    parts = []
    for inside in _dealt(labels, groups, count, splits.seed):
        validation = pool[inside]
        train = np.union1d(np.setdiff1d(pool, validation), always)
        _refuse_lacking(splits, train)
        parts.append({**splits.parts, "train": train, "validation": validation})
    return tuple(dataclasses.replace(splits, parts=part) for part in parts)


def _contradicting(splits: Splits) -> list[str]:
    """Return the groups with an image that lies in two classes."""
    twofold = contradicting(splits.labels.tolist(), splits.hashes)
    pairs = zip(splits.groups, splits.hashes, strict=True)
    return sorted({group for group, content in pairs if content in twofold})


def _dealt(labels: Indices, groups: Indices, count: int, seed: int) -> list[Indices]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    settings = {"n_splits": count, "shuffle": True, "random_state": seed}
    if groups.max() + 1 == len(groups):  # each on its own: exact, and a hundred times as fast
        divided = StratifiedKFold(**settings).split(labels, labels)
    else:
        if groups.max() > MANY:
            progress.say(f"Assigning {groups.max() + 1} groups to {count} folds ...")
        divided = StratifiedGroupKFold(**settings).split(labels, labels, groups)
    return [validation for _, validation in divided]


def _refuse_small(splits: Splits, labels: Indices, groups: Indices, count: int) -> None:
    each = [len(np.unique(groups[labels == label])) for label in range(splits.num_classes)]
    small = [
        f"{name} ({found})"
        for name, found in zip(splits.class_names, each, strict=True)
        if found < count
    ]
    if not small:
        return
    least = min(each)
    advice = f"Use `folds={least}`, or add" if least > 1 else "Add"
    raise DataError(
        f"{count} folds need {count} images of every class besides the test images, where copies "
        f"and images of one group count once; too few in {some(small)}. {advice} images."
    )


def _refuse_lacking(splits: Splits, train: Indices) -> None:
    """Groups of many images may leave a class to one fold, whatever is dealt."""
    there = np.bincount(splits.labels[train], minlength=splits.num_classes)
    lacking = [name for name, found in zip(splits.class_names, there, strict=True) if not found]
    if lacking:
        raise DataError(
            f"The groups are so large that all images of {some(lacking)} are in one fold, so none "
            "is left for training. Use another number of folds or another seed."
        )
