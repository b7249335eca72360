"""Random search in log space that narrows itself, coarse to fine.

``run(run_trial, space, folder)`` is a whole search in this process. ``run_trial`` comes from
:func:`from_builders`, or is any function that trains a :class:`Job` and reports its epochs.
keras-tuner, and with it TensorFlow, is imported when a search is set up, not before: reading a
space and planning need neither.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kit.search.network.chief_address import (
    TOKEN,
    Role,
    check_free,
    check_token,
    read_address,
    roles,
)
from kit.search.plans import Plan, Stage, plan
from kit.search.space import Choices, Range, Space, possible, read_space, space_text
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import Job, Outcome, Report, RunTrial, Trial

if TYPE_CHECKING:
    from kit.search.network.chief import serve
    from kit.search.network.client import Client
    from kit.search.network.spawning import Workers, end_with_chief, thread_limits
    from kit.search.network.working import work
    from kit.search.results.result import Best, Result, conclude, result
    from kit.search.running import run
    from kit.search.searching import ORACLES, Search, prepare
    from kit.search.stage_display import shown
    from kit.search.trainer import from_builders

__all__ = [
    "ORACLES",
    "TOKEN",
    "Best",
    "Chance",
    "Choices",
    "Client",
    "Job",
    "Outcome",
    "Plan",
    "Range",
    "Report",
    "Result",
    "Role",
    "RunTrial",
    "Search",
    "Space",
    "Stage",
    "Trial",
    "Workers",
    "check_free",
    "check_token",
    "conclude",
    "end_with_chief",
    "from_builders",
    "plan",
    "possible",
    "prepare",
    "read_address",
    "read_space",
    "result",
    "roles",
    "run",
    "serve",
    "shown",
    "space_text",
    "thread_limits",
    "work",
]

LATER = {  # where it is, for what needs keras-tuner or pandas
    "ORACLES": "searching",
    "Best": "results.result",
    "Client": "network.client",
    "Result": "results.result",
    "Search": "searching",
    "Workers": "network.spawning",
    "conclude": "results.result",
    "end_with_chief": "network.spawning",
    "from_builders": "trainer",
    "prepare": "searching",
    "result": "results.result",
    "run": "running",
    "shown": "stage_display",
    "serve": "network.chief",
    "thread_limits": "network.spawning",
    "work": "network.working",
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LATER[name]}"), name)
