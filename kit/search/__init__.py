"""Random search in log space that narrows itself, coarse to fine.

``run(run_trial, space, folder)`` is a whole search in this process. ``run_trial`` comes from
:func:`from_builders`, or is any function that trains a :class:`Job` and reports its epochs.
keras-tuner, and with it TensorFlow, is imported when a search is set up, not before: reading a
space and planning need neither.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kit.search._address import TOKEN, Role, check_free, check_token, read_address, roles
from kit.search._plan import Plan, Stage, plan
from kit.search._ranking import Chance
from kit.search._space import Choices, Range, Space, possible, read_space, space_text
from kit.search._trial import Job, Outcome, Report, RunTrial, Trial

if TYPE_CHECKING:
    from kit.search._builders import from_builders
    from kit.search._chief import serve
    from kit.search._client import Client
    from kit.search._result import Best, Result, conclude, result
    from kit.search._run import run
    from kit.search._search import ORACLES, Search, prepare
    from kit.search._shown import shown
    from kit.search._spawn import Workers, end_with_chief, thread_limits
    from kit.search._work import work

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
    "ORACLES": "_search",
    "Best": "_result",
    "Client": "_client",
    "Result": "_result",
    "Search": "_search",
    "Workers": "_spawn",
    "conclude": "_result",
    "end_with_chief": "_spawn",
    "from_builders": "_builders",
    "prepare": "_search",
    "result": "_result",
    "run": "_run",
    "shown": "_shown",
    "serve": "_chief",
    "thread_limits": "_spawn",
    "work": "_work",
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{LATER[name]}"), name)
