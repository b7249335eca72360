"""The settings of the programs, each said once: its name, its default and what it means.

A setting is a flag of the program, a keyword of the function and a line of ``run.yaml``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from kit.settings.image_groups import Division, Images, Variation
from kit.settings.joined import Bare, Flat, Group, Joined
from kit.settings.kinds import (
    Auditing,
    Baselining,
    Checking,
    Comparing,
    Describing,
    Downloading,
    Evaluating,
    Predicting,
    Reporting,
    Resembling,
)
from kit.settings.network_groups import Network, Optimization, Transfer
from kit.settings.search_groups import Search, Work
from kit.settings.training_groups import Comparison, Duration, Record

__all__ = [
    "Auditing",
    "Bare",
    "Baselining",
    "Checking",
    "Comparing",
    "Comparison",
    "Describing",
    "Division",
    "Downloading",
    "Duration",
    "Evaluating",
    "Flat",
    "Group",
    "Images",
    "Joined",
    "Network",
    "Optimization",
    "Predicting",
    "Record",
    "Reporting",
    "Resembling",
    "Search",
    "Training",
    "Transfer",
    "Tuning",
    "Variation",
    "Work",
]


@dataclass(frozen=True)
class Training(Joined):
    """Train a classifier on a folder of images, score it and keep it as a run.

    The folder has one sub-folder of images per class, or train/, val/ and test/ with such
    sub-folders. Or pass a table (.csv, .tsv, .parquet) with the columns path and label, and
    optionally split and group. All images are decoded and checked before training starts; the data
    are only read.
    """

    often: ClassVar[Sequence[str]] = (
        *("architecture", "backbone", "image_size", "epochs", "max_minutes", "learning_rate"),
        *("augmentation", "validation_split", "seed", "output"),
    )
    examples: ClassVar[Sequence[str]] = (
        "photos",
        "photos --backbone MobileNet --max-minutes 10",
    )

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """The images, or a table of paths and labels; by default scikit-learn's handwritten digits."""
    network: Flat[Network] = Network()
    images: Flat[Images] = Images()
    duration: Flat[Duration] = Duration()
    optimization: Flat[Optimization] = Optimization()
    variation: Flat[Variation] = Variation()
    division: Flat[Division] = Division()
    transfer: Flat[Transfer] = Transfer()
    comparison: Flat[Comparison] = Comparison()
    record: Flat[Record] = Record()


@dataclass(frozen=True)
class Tuning(Joined):
    """Search the settings of a training, from coarse to fine, and train with the best of them.

    Many short trials are drawn at random, with learning rates and penalties on a log scale. Trials
    that explode or fall behind are stopped. Then the ranges are narrowed around the best, and
    fewer, longer trials follow; a range is extended if its best values are at its edge. The best
    few are trained again with other seeds, the winner once more as an ordinary run, and the test
    part, if there is one, is scored once. Settings that are not searched are those of kit-train,
    with its defaults.
    """

    often: ClassVar[Sequence[str]] = (
        *("search", "trials", "max_minutes", "workers", "architecture", "backbone", "image_size"),
        *("epochs", "resume", "output"),
    )
    examples: ClassVar[Sequence[str]] = (
        "photos --max-minutes 60",
        "photos --search learning_rate=1e-5:1e-2 --search optimizer=adamw,sgd --trials 20",
    )
    instead: ClassVar[Mapping[str, str]] = {
        "learning_rate": (
            "The schedule's highest learning rate. Searched unless it or `search` is given."
        ),
        "l2": (
            "Penalty on the squares of the kernels, in Keras' measure. Searched unless it or "
            "`search` is given."
        ),
        "weight_decay": (
            "Decoupled weight decay, not on biases and normalization; by default none if `l2` is "
            "searched, otherwise 0.05 for adamw."
        ),
    }

    null_is_unsaid: ClassVar[bool] = True  # of what is searched, the file of a search says None

    folder: Annotated[Path | None, tyro.conf.Positional] = None
    """The images, or a table of paths and labels, as for kit-train."""
    ranges: Flat[Search] = Search()
    work: Flat[Work] = Work()
    network: Flat[Network] = Network()
    images: Flat[Images] = Images()
    optimization: Flat[Optimization] = Optimization()
    variation: Flat[Variation] = Variation()
    division: Flat[Division] = Division()
