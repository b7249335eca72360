"""Which settings mattered, as far as so many trials can tell."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kit.search.space import Parameter, Range, Space
from kit.search.trials import Trial, rank_key
from kit.search.words import value_text

Verdict = Literal["matters", "cannot be told from chance", "too few trials"]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

PARTS = 3  # of a range: low, middle and high show a best value in the middle, too
FEW = 10  # trials: of fewer, only overwhelming effects could be told from chance
LEVELS = np.linspace(-0.4, 0.4, 9)  # of the ranks of a stage, which go from -0.5 to 0.5
PER_GROUP = 3  # trials for each value of a choice, below which one lucky trial decides
SHUFFLES = 1999  # so that the least p is 1 / 2000
CERTAIN = 0.05  # chance that, with no effect of any setting, one is said to matter
BEST = 5  # the best of so many trials, one in ..., show where the best values lie


@dataclass(frozen=True)
class Importance:
    """How much of the trials' order one setting explains.

    Attributes:
        name: Of the setting.
        share: Of the variation of the order that the setting's value explains, 0 to 1, less what
            chance alone explains on average. Shares do not add up to 1: chance has a part, and
            what only two settings together do is in no share.
        p: How often a shuffled order is explained as well; already corrected for the number of
            settings (Holm).
        trials: How many were compared.
        verdict: ``"matters"``, ``"cannot be told from chance"`` or ``"too few trials"``.
        best: Where the best trials lie: "between 0.0003 and 0.002", "with adam"; may be empty.
    """

    name: str
    share: float
    p: float
    trials: int
    verdict: Verdict
    best: str


def importance(
    trials: Iterable[Trial], space: Space, objective: str, *, seed: int = 1
) -> list[Importance]:
    """Return for every setting that varies how much it mattered, the most important first.

    The trials of a stage are ranked, the infeasible ones equally last; the stages are long to
    different degrees, so ranks are compared within a stage. The values of a range are cut at thirds
    of the stage's trials. The share is that of the variation between these groups in which trials
    are below a rank, over all ranks (Cramér and von Mises' statistic for several samples), its p by
    shuffling the ranks within each stage. Unlike a comparison of mean ranks it sees a plateau
    beside a cliff, where the best and the worst lie next to each other. This holds for values that
    were drawn at random, not for those that a Bayesian search proposed.

    Of trials with the same values, such as finalists with other seeds, the first counts. Trials
    that failed or have not ended do not count.

    Args:
        trials: All, or those of one stage.
        space: The settings.
        objective: A column of the trials' rows.
        seed: Of the shuffling.

    Source: J. Kiefer, "K-sample analogues of the Kolmogorov-Smirnov and Cramér-v. Mises tests",
    Annals of Mathematical Statistics 30, 1959; S. Holm, "A simple sequentially
    rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    compared = _compared(trials, space)
    if not compared:
        return []
    stages = np.array([trial.stage for trial in compared])
    ranks = _ranks([_goodness(trial, objective) for trial in compared], stages)
    shuffled = _shuffled(ranks, stages, seed)
    found: list[tuple[Parameter, float, float, bool]] = []
    for parameter in space:
        groups = _groups(
            parameter, [trial.values.get(parameter.name) for trial in compared], stages
        )
        kinds = len(np.unique([_key(trial.values.get(parameter.name)) for trial in compared]))
        if kinds < 2:
            continue
        share, p = _explained(groups, stages, ranks, shuffled)
        parts = PARTS if isinstance(parameter, Range) else kinds
        found.append((parameter, share, p, len(compared) < max(FEW, PER_GROUP * parts)))
    corrected = _holm([p for _, _, p, _ in found])
    told = [
        Importance(
            name=parameter.name,
            share=share,
            p=p,
            trials=len(compared),
            verdict=_verdict(p, few),
            best=_best(parameter, compared, objective),
        )
        for (parameter, share, _, few), p in zip(found, corrected, strict=True)
    ]
    return sorted(told, key=lambda one: -one.share)


def _compared(trials: Iterable[Trial], space: Space) -> list[Trial]:
    first: dict[str, Trial] = {}
    for trial in sorted(trials, key=lambda one: one.number):
        trained = trial.status in ("complete", "stopped") and trial.rows
        if trained or trial.status == "infeasible":
            first.setdefault(_key([trial.values.get(one.name) for one in space]), trial)
    return list(first.values())


def _goodness(trial: Trial, objective: str) -> tuple[float, float]:
    """Return what sorts trials: those that went further first, then by the objective."""
    if not trial.feasible:
        return (0, math.inf)
    return (-len(trial.rows), rank_key(trial.best(objective), objective)[0])


def _ranks(keys: Sequence[tuple[float, float]], stages: npt.NDArray[Any]) -> Floats:
    """Return ranks within each stage, scaled to the same spread and around 0."""
    from scipy.stats import rankdata

    scores = [sorted(set(keys)).index(key) for key in keys]
    ranks = np.zeros(len(scores))
    for stage in np.unique(stages):
        mine = stages == stage
        ranks[mine] = rankdata(np.asarray(scores)[mine]) / mine.sum()
        ranks[mine] -= ranks[mine].mean()
    return ranks


def _shuffled(ranks: Floats, stages: npt.NDArray[Any], seed: int) -> Floats:
    """Return the ranks (SHUFFLES, trials) shuffled within each stage."""
    rng = np.random.default_rng(seed)
    shuffled = np.tile(ranks, (SHUFFLES, 1))
    for stage in np.unique(stages):
        mine = stages == stage
        shuffled[:, mine] = rng.permuted(shuffled[:, mine], axis=1)
    return shuffled


def _groups(parameter: Parameter, values: Sequence[Any], stages: npt.NDArray[Any]) -> Numbers:
    """Return the group of each trial: its stage and the third of the range, or the choice."""
    from scipy.stats import rankdata

    if isinstance(parameter, Range):
        parts = np.zeros(len(values), np.int64)
        for stage in np.unique(stages):
            mine = stages == stage
            place = rankdata(np.asarray(values, np.float64)[mine])  # equal values, equal places
            parts[mine] = np.floor(PARTS * (place - 0.5) / mine.sum()).astype(np.int64)
    else:
        parts = np.unique([_key(value) for value in values], return_inverse=True)[1]
    pairs = np.stack([np.asarray(stages, np.int64), parts])
    return np.asarray(np.unique(pairs, axis=1, return_inverse=True)[1], np.int64)


def _explained(
    groups: Numbers, stages: npt.NDArray[Any], ranks: Floats, shuffled: Floats
) -> tuple[float, float]:
    """Return the share of the ranks' variation between groups, less chance's, and its p."""
    member = np.eye(int(groups.max()) + 1)[groups]
    counts, rows = member.sum(axis=0), np.vstack([ranks, shuffled])
    total, between = 0.0, np.zeros(len(rows))
    for level in LEVELS:
        below = (ranks <= level).astype(np.float64)
        expected = np.zeros_like(below)  # shuffling does not change it
        for stage in np.unique(stages):
            expected[stages == stage] = below[stages == stage].mean()
        total += float(((below - expected) ** 2).sum())
        between += ((((rows <= level) - expected) @ member) ** 2 / counts).sum(axis=-1)
    if total == 0:  # all trials are equal, for example infeasible
        return 0.0, 1.0
    real, chance = float(between[0]) / total, between[1:] / total
    p = (1 + int((chance >= real - 1e-9).sum())) / (1 + len(chance))
    usual = float(chance.mean())
    return (max(0.0, (real - usual) / (1 - usual)) if usual < 1 - 1e-9 else 0.0), p


def _holm(ps: Sequence[float]) -> list[float]:
    corrected, highest = [0.0] * len(ps), 0.0
    for place, index in enumerate(np.argsort(ps, kind="stable")):
        highest = max(highest, min(1.0, (len(ps) - place) * ps[index]))
        corrected[index] = highest
    return corrected


def _verdict(p: float, few: bool) -> Verdict:
    if few:
        return "too few trials"
    return "matters" if p <= CERTAIN else "cannot be told from chance"


def _best(parameter: Parameter, trials: Sequence[Trial], objective: str) -> str:
    feasible = [trial for trial in trials if trial.feasible]
    feasible.sort(key=lambda trial: rank_key(trial.best(objective), objective))
    top: list[Any] = [
        one.values.get(parameter.name) for one in feasible[: max(3, len(feasible) // BEST)]
    ]
    if not top:
        return ""
    if isinstance(parameter, Range):
        low, high = (value_text(end if parameter.integer else float(f"{end:.2g}"))
                     for end in (min(top), max(top)))  # fmt: skip
        return f"at {low}" if low == high else f"between {low} and {high}"
    keys = [_key(value) for value in top]
    often = max(dict.fromkeys(keys), key=keys.count)  # of equals, the one of the better trial
    return f"with {value_text(top[keys.index(often)])}"


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
