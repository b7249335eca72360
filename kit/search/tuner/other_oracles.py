"""Oracles of keras-tuner's own, to compare."""

from typing import Any

import keras_tuner

from kit.search.plans import Plan
from kit.search.staged.state import Settings
from kit.search.tuner.hyperparameters import hyperparameters, objective_of
from kit.search.tuner.oracle import NEVER


def other_oracle(settings: Settings, name: str) -> keras_tuner.Oracle:
    """Return the oracle "random", "bayesian" or "hyperband" for a search."""
    given: dict[str, Any] = {
        "objective": objective_of(settings.objective),
        "hyperparameters": hyperparameters(settings.space),
        "seed": settings.seed + 1,  # keras-tuner replaces 0 by a random one
        "max_consecutive_failed_trials": NEVER,
    }
    count = sum(stage.trials for stage in settings.plan.stages)
    if name == "hyperband":
        made = keras_tuner.oracles.HyperbandOracle(max_epochs=settings.plan.epochs, **given)
    elif name == "bayesian":
        made = keras_tuner.oracles.BayesianOptimizationOracle(max_trials=count, **given)
    else:
        made = keras_tuner.oracles.RandomSearchOracle(max_trials=count, **given)
    made.verbose = 0
    made.save = lambda: None  # its state is in our file
    made._save_trial = lambda trial: None
    return made


def trials_at_most(plan: Plan, inner: keras_tuner.Oracle) -> int:
    """Return how many trials an oracle asks for at most."""
    if isinstance(inner, keras_tuner.oracles.HyperbandOracle):
        brackets = range(inner._get_num_brackets())
        rounds = [(one, turn) for one in brackets for turn in range(inner._get_num_rounds(one))]
        return int(sum(inner._get_size(*each) for each in rounds))
    return sum(stage.trials for stage in plan.stages)
