"""Trials without networks: the score is a formula of the settings, the same everywhere."""

import hashlib
import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit.search import Chance, Job, Outcome, Report, RunTrial, read_space

SPACE = read_space(["learning_rate=1e-6:1e-1", "l2=1e-7:10"])
CHANCE = Chance(images=1000, score=0.1)


def landscape(
    best: float = 1e-2,
    decades: float = 1.0,
    diverges: float = 1.0,
    each: Callable[[Job, int], Any] = lambda job, epoch: None,
) -> RunTrial:
    """Return trials whose accuracy is best at one rate, in bell shape, and falls with L2.

    Args:
        best: The rate.
        decades: Its width.
        diverges: The rate above which the loss is no number.
        each: Called before each epoch.
    """

    def run(job: Job, report: Report) -> Outcome:
        rate, l2 = job.values["learning_rate"], job.values["l2"]
        off = math.log10(rate / best) / decades
        gain = math.exp(-off * off) / (1 + 10 * l2)
        noise = _noise(job) if gain < 0.02 else 0.2 * _noise(job)
        for epoch in range(job.first + 1, job.last + 1):
            each(job, epoch)
            if rate > diverges:
                report({"epoch": epoch, "val_accuracy": 0.1, "val_data_loss": math.nan})
                return Outcome("the loss became nan")
            learnt = gain * (1 - math.exp(-epoch / 4))
            row = {
                "epoch": epoch,
                "val_accuracy": 0.1 + 0.45 * learnt * (gain >= 0.02) + noise,
                "val_data_loss": 2.3026 - 2 * learnt,
                "data_loss": 2.3026 - 2 * learnt,
                "seconds": 0.1,
                "cpu_seconds": 0.1,
            }
            report(row)
        return Outcome()

    return run


def _noise(job: Job) -> float:
    """Return from -0.01 to 0.01, as the values and the seed have it."""
    digest = hashlib.sha256(f"{sorted(job.values.items())}{job.seed}".encode()).digest()
    return (digest[0] / 255 - 0.5) / 50


def with_states(marks: Path) -> RunTrial:
    """Return trials that go on from 11 MB, and note by whom they are trained.

    Ctrl-C, which a terminal sends to all processes, is for the one that searches.
    """
    inner = landscape()

    def run(job: Job, report: Report) -> Outcome:
        assert job.state is not None
        os.kill(os.getpid(), signal.SIGINT)
        if job.first:
            assert job.state.read_bytes() == bytes([job.trial]) * 11_000_000
        job.state.write_bytes(bytes([job.trial]) * 11_000_000)
        (marks / f"{job.trial}-{job.first}-{os.getpid()}").touch()
        return inner(job, report)

    return run


def deadly(marks: Path) -> RunTrial:
    """Return trials of which trial 3 kills its worker, always; and trial 5 once."""
    inner = landscape()

    def run(job: Job, report: Report) -> Outcome:
        if job.trial == 3 or (job.trial == 5 and not (marks / "5").exists()):
            (marks / str(job.trial)).touch()
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(job, report)

    return run
