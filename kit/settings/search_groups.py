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
    """A range, learning_rate=1e-6:1e-1, with whole numbers at both ends if such are wanted, or
    choices, optimizer=adam,sgd or filters=[16,32],[32,64]. Repeatable. It is on a log scale for
    rates and penalties and where the ends are a hundred times apart; :log or :linear behind it says
    otherwise. By default learning_rate=1e-6:1e-1 and l2=1e-7:10, and no weight decay."""
    trials: int = 30
    """Of the first, coarse stage; of another oracle all but the finalists."""
    epochs: int | None = None
    """Of the last trainings; by default those of kit-train."""
    stages: int = 3
    """How often the ranges are narrowed."""
    finalists: int = 3
    """How many of the best are trained again."""
    seeds: int = 3
    """Starts for each of them."""
    max_trials: int | None = None
    """Limit for all trials; the stages are made smaller."""
    max_epochs: float | None = None
    """Limit for the epochs of all trials together, met likewise."""
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_loss"] | None = None
    """What is to become best; by default the validation accuracy, balanced where the largest class
    is more than three times the smallest."""
    oracle: Literal["staged", "random", "bayesian", "hyperband"] = "staged"
    """Who chooses the settings: staged is described above; the others are keras-tuner's, to
    compare."""


@dataclass(frozen=True)
class Work(Group):
    """Who does the work, and where it goes."""

    max_minutes: float | None = None
    """Time limit of the search, without the last training. Two searches under one are not the
    same."""
    use_validation: bool = False
    """Train the winner on the validation images, too."""
    workers: int = 1
    """Trials at a time, each in a process of its own."""
    threads: int | None = None
    """Processor threads of each; by default all, shared out. Sums depend on them, so a search goes
    on with as many as it began with."""
    scheduler: Annotated[str | None, tyro.conf.arg(metavar="tls://HOST:PORT")] = None
    """Take the workers of this Dask scheduler. Its certificate is in Dask's configuration."""
    resume: bool = False
    """Go on with the search in `output`, or with the latest one of FOLDER."""
    output: Path | None = None
    """Folder of the search; by default models/FOLDER-ARCHITECTURE-search. A search is never
    overwritten."""
