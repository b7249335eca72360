"""Who trains the jobs of a search: this process, or others on this machine and elsewhere."""

import ast
import dataclasses
import errno
import importlib.util
import inspect
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.errors import DataError, KitError, SettingError
from kit.search.trials import Job, Outcome, Report, RunTrial, plain_row

Heard = Callable[[int, Mapping[str, float]], None]  # takes the number of a trial and an epoch's row
FULL = (errno.ENOSPC, errno.EDQUOT)  # no room on the disk, or none for this user


@dataclass(frozen=True)
class Crew:
    """Who trains the jobs.

    Attributes:
        executor: With the interface of :mod:`concurrent.futures`.
        train: What is submitted to it, with a job and the bytes that it goes on from.
        places: Returns how many jobs may be trained at a time now.
        heard: Returns what was reported since it was called last, where that comes from elsewhere.
        lost: What a future raises whose job took its workers along.
        waits_for: Who has to come before there is a place.
    """

    executor: Executor
    train: Callable[[Job, bytes | None], Outcome]
    places: Callable[[], int] = lambda: 1
    heard: Callable[[], Iterable[tuple[int, Mapping[str, float]]]] = tuple
    lost: tuple[type[Exception], ...] = ()
    waits_for: str = ""

    def outcome(self, future: "Future[Outcome]") -> Outcome:
        """Return how a job ended.

        Raises:
            DataError: The images cannot be used.
            SettingError: So with a setting that all trials have.
        """
        try:
            return future.result()
        except self.lost:
            return Outcome(failed="three workers in a row died while training it")


class Here(Executor):
    """Does at once what is submitted, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Return a future that is done. An interruption is raised."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def here(run_trial: RunTrial, heard: Heard) -> Crew:
    """Return a crew of this process alone."""
    return Crew(Here(), partial(train, run_trial, heard))


def crew(
    make_run_trial: Callable[[], RunTrial],
    heard: Heard,
    workers: int = 1,
    scheduler: str | None = None,
) -> AbstractContextManager[Crew]:
    """Return a crew, which is there within the context: by Dask where it is not this process alone.

    Args:
        make_run_trial: Called once in each process that trains.
        heard: Called with each row that is reported in this process.
        workers: How many processes are started; 1 trains here.
        scheduler: Take the workers of this scheduler, ``tls://HOST:PORT``, instead.

    Raises:
        SettingError: Dask is not installed, or the scheduler cannot be used.
    """
    if workers == 1 and scheduler is None:
        return nullcontext(here(make_run_trial(), heard))
    check_crew(workers, scheduler)
    from kit.search import cluster

    return cluster.crew(make_run_trial, workers, scheduler)


def check_crew(workers: int = 1, scheduler: str | None = None) -> None:
    """Make sure that there can be such a crew, as far as that can be told at once.

    Raises:
        SettingError: Dask is not installed, the script that calls would be begun anew by each
            process that it starts, or the address is none that is encrypted.
    """
    if workers == 1 and scheduler is None:
        return
    if importlib.util.find_spec("distributed") is None:
        raise SettingError(
            "Several workers need Dask: pip install 'kit-image-classification[cluster]'."
        )
    if scheduler is None:
        _refuse_unguarded()
    elif not scheduler.startswith("tls://"):
        raise SettingError(
            f"A scheduler's address looks like tls://HOST:PORT, not {scheduler!r}. Without a "
            "certificate, anybody in the network could run code on its workers."
        )


def _refuse_unguarded() -> None:
    file = getattr(sys.modules["__main__"], "__file__", None)
    frames = [each.frame for each in inspect.stack(0)]
    script = [one for one in frames if one.f_code.co_filename == file]
    if file is None or not script or script[-1].f_code.co_name != "<module>":
        return
    line = script[-1].f_lineno
    guards = [one for one in ast.parse(Path(file).read_text("utf-8")).body if type(one) is ast.If]
    if not any(one.lineno <= line <= (one.end_lineno or 0) for one in guards):
        raise SettingError(
            f"{file} starts processes that import it, and each would start the search again. Put "
            'its code below the line  if __name__ == "__main__":  and indent it.'
        )


def train(run_trial: RunTrial, heard: Heard, job: Job, state: bytes | None) -> Outcome:
    """Train a job, complete in itself: what it goes on from comes and goes as bytes.

    Whatever error a trial ends with, the others go on.

    Raises:
        DataError: The images cannot be used.
        SettingError: So with a setting that all trials have.
        KitError: The disk is full.
    """
    rows: list[Mapping[str, float]] = []

    def report(row: Mapping[str, float]) -> None:
        rows.append(plain_row(row))
        heard(job.trial, rows[-1])

    try:
        with tempfile.TemporaryDirectory(prefix="kit-") as folder:
            path = Path(folder) / "state.npz"
            if state is not None:
                path.write_bytes(state)
            outcome = _tried(run_trial, dataclasses.replace(job, state=path), report)
            goes_on = job.last < job.epochs and path.exists()
            left = path.read_bytes() if goes_on else None
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = error.filename or tempfile.gettempdir()
        raise KitError(
            f"{where}: {error.strerror}. Nothing is lost. Free some space and continue with "
            "`resume`."
        ) from None
    return dataclasses.replace(outcome, rows=tuple(rows), state=left)


def _tried(run_trial: RunTrial, job: Job, report: Report) -> Outcome:
    """Return how a job ended, also where an error of the program ended it."""
    try:
        return run_trial(job, report)
    except (DataError, SettingError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise  # no fault of the trial, which would count as failed for good
        progress.say(*traceback.format_exc().split("\n"))
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return Outcome(failed=said[:500])
