"""The images of a training, read and divided among its attempts."""

import dataclasses

import numpy as np

from kit import data, progress
from kit.experiments.choice.plan import Plan
from kit.experiments.choice.variation import imbalance
from kit.experiments.trainings import folds, overview


def read(plan: Plan) -> tuple[data.Splits, ...]:
    """Read the images and say what there is; return the data of each attempt."""
    settings = plan.settings
    strength = settings.variation.augmentation or "light"
    given = {
        **vars(settings.images),
        **vars(settings.division),
        **vars(settings.variation),
        "augmentation": strength if plan.varies_images else "none",
    }
    splits = data.load(plan.source, **given)
    if settings.duration.use_validation:
        splits = _all_to_learn_from(splits)
    if settings.comparison.folds is None:
        divided = (splits,) * len(plan.attempts)
        progress.say(*overview.parts_table(splits).split("\n"))
    else:
        divided = data.folds(splits, settings.comparison.folds)
        progress.say(*folds.overview(divided).split("\n"))
    if note := imbalance(divided[0], settings.optimization.class_weight):
        progress.say(note)
    return divided


def _all_to_learn_from(splits: data.Splits) -> data.Splits:
    """Return the data with the validation images among the training images."""
    parts = dict(splits.parts)
    parts["train"] = np.sort(np.concatenate([parts["train"], parts.pop("validation")]))
    return dataclasses.replace(splits, parts=parts)
