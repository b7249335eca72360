"""How settings are searched, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit.settings.joined import Group


@dataclass(frozen=True)
class Search(Group):
    """What is searched, and how long."""

    search: Annotated[Mapping[str, str], tyro.conf.arg(metavar="NAME=LOW:HIGH")] = field(
        default_factory=dict
    )
    """A range, for example learning_rate=1e-6:1e-1 (whole numbers at both ends give whole numbers),
    or choices, for example optimizer=adam,sgd or filters=[16,32],[32,64]. Repeatable. Rates,
    penalties, and ranges whose ends are a hundred times apart have a log scale; append :log or
    :linear to choose. By default learning_rate=1e-6:1e-1 and l2=1e-7:10, without weight decay."""
    trials: int = 30
    """Trials of the first, coarse stage; with another oracle, all trials except the finalists."""
    epochs: int | None = None
    """Epochs of the last trainings; by default those of kit-train."""
    stages: int = 3
    """How often the ranges are narrowed."""
    finalists: int = 3
    """Number of best settings that are trained again."""
    seeds: int = 3
    """Trainings of each finalist, with different seeds."""
    max_trials: int | None = None
    """Limit for the number of trials; smaller stages meet it."""
    max_epochs: float | None = None
    """Limit for the epochs of all trials together; smaller stages meet it."""
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_loss"] | None = None
    """The score to optimize; by default validation accuracy, or balanced accuracy if the largest
    class is more than three times the smallest."""
    oracle: Literal["staged", "random", "bayesian", "hyperband"] = "staged"
    """What chooses the settings: staged is described above; the others are keras-tuner's, for
    comparison."""


@dataclass(frozen=True)
class Work(Group):
    """Workers and files."""

    max_minutes: float | None = None
    """Time limit of the search, without the last training. Searches with a time limit are not
    repeatable."""
    use_validation: bool = False
    """Train the winner on the validation images too."""
    workers: int = 1
    """Number of trials at a time, each in its own process."""
    threads: int | None = None
    """Processor threads of each process; by default all, divided evenly. Results depend on them, so
    a resumed search uses the same number."""
    scheduler: Annotated[str | None, tyro.conf.arg(metavar="tls://HOST:PORT")] = None
    """Use the workers of this Dask scheduler. Its certificate is in Dask's configuration."""
    resume: bool = False
    """Continue the search in `output`, or the latest one of FOLDER."""
    output: Path | None = None
    """Folder of the search; by default models/FOLDER-ARCHITECTURE-search. A search is never
    overwritten."""
