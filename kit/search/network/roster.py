"""Which workers are here, and whose each trial is."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import grpc

from kit.search.network.guarded import Caller, Refused

__all__ = ["Member", "Oracle", "Roster"]

WORKERS = 1_000  # at a time


class Oracle(Protocol):
    """What hands out jobs and takes reports; :class:`kit.search.SearchOracle` is one."""

    @property
    def finished(self) -> bool:
        """Tell whether all is done and no more jobs will come."""

    def remaining_trials(self) -> int | None:
        """Return how many trials are left, None where that is not known."""

    def seen(self, tuner_id: str) -> None:
        """Note that a worker has called."""

    def drop(self, tuner_id: str, why: str) -> Any:
        """Forget a worker; its job is given to another."""

    def silent(self, seconds: float) -> list[str]:
        """Return the workers that have not called for so long."""

    def create_trial(self, tuner_id: str) -> Any:
        """Return the next job of a worker."""

    def update_trial(self, trial_id: str, metrics: Any, step: int = 0) -> Any:
        """Take the row of an epoch."""

    def end_trial(self, trial: Any) -> None:
        """Take the end of a job."""

    def get_space(self) -> Any:
        """Return the ranges."""


@dataclass
class Member:
    """A worker that has asked for a job.

    Attributes:
        session: Of its process.
        trial: What it works on.
        ended: How many jobs it has finished.
    """

    session: str
    trial: str | None = None
    ended: int = 0


class Roster:
    """Everything that is known of the workers.

    Attributes:
        lock: Held from the check of a call to the end of its effect, so that no worker loses its
            trial in between.
        told: Those that were last told that the search is over.
    """

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.lock = threading.RLock()
        self.told: deque[str] = deque(maxlen=WORKERS)
        self._members: dict[str, Member] = {}

    @property
    def names(self) -> list[str]:
        """Return the workers that are here."""
        with self.lock:
            return list(self._members)

    def seen(self, who: Caller) -> None:
        """Note that a worker has called, if it is one that is here."""
        member = self._members.get(who.name)
        if member is not None and member.session == who.session:
            self.oracle.seen(who.name)

    def check(self, who: Caller) -> None:
        """Check that a worker may ask for a job.

        Raises:
            Refused: Its name is taken, or there are too many.
        """
        member = self._members.get(who.name)
        if member is not None and member.session != who.session:
            raise Refused(
                grpc.StatusCode.ALREADY_EXISTS, f"another worker is called {who.name} and is here"
            )
        if member is None and len(self._members) >= WORKERS:
            raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{WORKERS} workers are here")

    def assign(self, who: Caller, trial: str | None) -> None:
        """Note what a worker works on, which may have come just now."""
        self._members.setdefault(who.name, Member(who.session)).trial = trial
        if who.name in self.told:
            self.told.remove(who.name)

    def owner(self, who: Caller, trial: str) -> Member:
        """Return the worker whose trial this is.

        Raises:
            Refused: It is another's, or nobody's.
        """
        member = self._members.get(who.name)
        if member is None or member.session != who.session or not trial or member.trial != trial:
            raise Refused(
                grpc.StatusCode.FAILED_PRECONDITION, f"this trial is not one of {who.name}"
            )
        return member

    def tell(self, name: str) -> None:
        """Strike out a worker that is told that the search is over."""
        self._members.pop(name, None)
        if name not in self.told:
            self.told.append(name)

    def drop(self, name: str, why: str) -> Member | None:
        """Strike out a worker that is lost; return what was known of it, if it was here."""
        with self.lock:
            self.oracle.drop(name, why)
            return self._members.pop(name, None)

    def drop_silent(self, seconds: float) -> dict[str, Member | None]:
        """Strike out those that have not called for so long."""
        with self.lock:
            why = f"silent for {seconds:g} s"
            return {name: self.drop(name, why) for name in self.oracle.silent(seconds)}
