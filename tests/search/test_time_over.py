"""What a time limit cuts off is ranked, waited for and gone on with rightly, whoever trains."""

import dataclasses
import random
from typing import Any

import made_up
import pytest

from kit import search
from kit.search import Job
from kit.search.staged.stages import state
from kit.search.staged.state import Facts, Settings, State

PLAN = search.plan(16, 16, 3, 2, 2, "geometric")
SETTINGS = Settings(made_up.SPACE, PLAN, "val_accuracy", 1, made_up.CHANCE)
RUN = made_up.landscape()


def rows_of(job: Job) -> list[dict[str, float]]:
    rows: list[Any] = []
    RUN(job, rows.append)
    return rows


def simulated(
    facts: dict[int, Facts], workers: int = 1, over: tuple[int, int] = (999, 999), seed: int = 0
) -> State:
    """Go through a search without files, on workers of random speed.

    Args:
        facts: What is known; what is trained is added.
        workers: How many there are.
        over: After so many jobs the time of the stages is over, and all time.
        seed: Of who is done first.
    """
    chosen, running, ended = random.Random(seed), dict[int, Job](), 0
    while True:
        cut = (ended >= over[0]) + (ended >= over[1])
        now = state(SETTINGS, facts, cut, set(running))
        for job in now.jobs:
            if job.trial not in running and len(running) < workers:
                running[job.trial] = job
        if not running:
            assert now.done
            return now
        job, ended = running.pop(chosen.choice(sorted(running))), ended + 1
        known = facts.get(job.trial)
        if known is None or not known.belong(job):
            known = Facts(job.values, job.seed)
        more = (*known.rows[: job.first], *rows_of(job))
        facts[job.trial] = dataclasses.replace(known, rows=more)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_results_of_a_search_that_was_cut_off_are_those_of_its_settings(workers: int) -> None:
    for jobs in range(0, 50, 7):
        found = simulated({}, workers, (jobs, jobs + jobs % 7), seed=jobs)
        for one in found.trials:
            span = (0, len(one.rows), one.planned, one.share)
            assert list(one.rows) == rows_of(Job(one.number, one.values, one.seed, *span))
            assert one.status != "complete" or len(one.rows) == one.planned


@pytest.mark.parametrize("workers", [1, 3])
def test_a_search_that_was_cut_off_goes_on_as_if_it_had_not_been(workers: int) -> None:
    whole = simulated({})

    for jobs in range(1, 32, 6):
        facts: dict[int, Facts] = {}
        assert not simulated(facts, workers, (jobs, jobs + jobs % 7), seed=jobs).whole
        assert simulated(facts, workers, seed=jobs) == whole
