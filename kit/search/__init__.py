"""Random search in log space that narrows itself, coarse to fine.

``run(run_trial, space, folder)`` is a whole search in this process. ``run_trial`` comes from
:func:`from_builders`, or is any function that trains a :class:`Job` and reports its epochs.
keras-tuner, and with it TensorFlow, is imported when a search is set up, not before: reading a
space and planning need neither.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kit.search.executors import check_crew, crew, here
from kit.search.plans import Plan, Stage, plan
from kit.search.space import Choices, Range, Space, possible, read_space, space_text
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import Job, Outcome, Report, RunTrial, Trial

if TYPE_CHECKING:
    from kit.search.results.result import Result, conclude, result
    from kit.search.running import ORACLES, prepare, run
    from kit.search.searching import Search
    from kit.search.showing.stage_display import shown
    from kit.search.trainer import from_builders
    from kit.search.tuner.hypermodel import hypermodel

__all__ = [
    "ORACLES",
    "Chance",
    "Choices",
    "Job",
    "Outcome",
    "Plan",
    "Range",
    "Report",
    "Result",
    "RunTrial",
    "Search",
    "Space",
    "Stage",
    "Trial",
    "check_crew",
    "conclude",
    "crew",
    "from_builders",
    "here",
    "hypermodel",
    "plan",
    "possible",
    "prepare",
    "read_space",
    "result",
    "run",
    "shown",
    "space_text",
]

LATER = {  # where it is, for what needs keras-tuner or pandas
    "ORACLES": "running",
    "Result": "results.result",
    "Search": "searching",
    "conclude": "results.result",
    "from_builders": "trainer",
    "hypermodel": "tuner.hypermodel",
    "prepare": "running",
    "result": "results.result",
    "run": "running",
    "shown": "showing.stage_display",
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LATER[name]}"), name)
