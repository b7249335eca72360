"""Workers in other processes, on this machine or elsewhere, by Dask.

A job is complete in itself, and so is its outcome, so a worker that dies loses nothing but time:
its job goes to another. No finished future is kept, since what it holds lives on its worker and is
computed again when that dies; no more jobs are handed out than there are workers. Connections are
encrypted, and who holds the certificate can run code on the workers.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any

import dask
import distributed
from distributed.scheduler import KilledWorker

from kit.errors import KitError, SettingError
from kit.search.executors import Crew, train
from kit.search.trials import Job, Outcome, RunTrial

TOPIC = "kit-epochs"
PATIENCE = "20s"  # with a scheduler that does not answer
SETTINGS = {
    "distributed.scheduler.allowed-failures": 2,  # then a job has taken three workers along
    "distributed.admin.large-graph-warning-threshold": "1TB",  # what a training goes on from
    "distributed.worker.profile.enabled": False,
    "logging.distributed": "critical",  # Dask's own words on a worker that went or was sent away
}


@contextlib.contextmanager
def crew(
    make_run_trial: Callable[[], RunTrial], workers: int, scheduler: str | None
) -> Iterator[Crew]:
    """Give processes that train: started here, or those of a scheduler that is there already.

    Args:
        make_run_trial: Called once in each of them; sent by cloudpickle.
        workers: How many are started here.
        scheduler: Address of the scheduler, ``tls://HOST:PORT``. The files of its certificate are
            those in Dask's own configuration.

    Raises:
        SettingError: The scheduler cannot be used.
        KitError: The scheduler was lost.
    """
    with dask.config.set(SETTINGS), _quiet(), contextlib.ExitStack() as stack:
        if scheduler is None:
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=0,  # else TensorFlow is killed for what it takes
                dashboard_address=None,
                security=distributed.Security.temporary(),
                protocol="tls://",
                silence_logs=logging.CRITICAL,
            )
            client = distributed.Client(stack.enter_context(cluster))
        else:
            client = _client(scheduler)
        stack.enter_context(client)
        client.register_plugin(Trainer(make_run_trial))
        heard: queue.SimpleQueue[tuple[int, Mapping[str, float]]] = queue.SimpleQueue()
        client.subscribe_topic(TOPIC, lambda event: heard.put(tuple(event[1])))
        try:
            yield Crew(
                client.get_executor(pure=False),
                train_there,
                places=lambda: len(client.nthreads()),
                heard=lambda: iter(_next_of(heard), None),
                lost=(KilledWorker,),
                waits_for=f"workers of {scheduler}",
            )
        except (CancelledError, OSError) as error:
            if isinstance(error, OSError) and client.status == "running":
                raise
            raise KitError(
                f"The scheduler {scheduler or 'of this search'} does not answer any more. What is "
                "finished is kept: go on with --resume."
            ) from None


class Trainer(distributed.WorkerPlugin):
    """Keeps what trains the jobs in each worker's process, so that images are loaded once."""

    name = "kit-trainer"

    def __init__(self, make_run_trial: Callable[[], RunTrial]) -> None:
        """Keep how it is made."""
        self.make, self.made = make_run_trial, None

    def setup(self, worker: distributed.Worker) -> None:
        """Begin anew: another search may have been here before."""
        self.lock, self.made = threading.Lock(), None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent."""
        return {"make": self.make}


def train_there(job: Job, state: bytes | None) -> Outcome:
    """Train a job in a worker's process, one at a time, and report its epochs at once."""
    worker = distributed.get_worker()
    trainer = worker.plugins[Trainer.name]
    with trainer.lock:
        if trainer.made is None:
            trainer.made = trainer.make()
        return train(trainer.made, lambda *row: worker.log_event(TOPIC, row), job, state)


def _client(address: str) -> distributed.Client:
    security = distributed.Security()
    if not security.tls_client_cert or not security.tls_ca_file:
        raise SettingError(
            f"{address} needs a certificate: name its files in Dask's configuration, "
            "distributed.comm.tls.ca-file, .client.cert and .client.key."
        )
    try:
        return distributed.Client(address, security=security, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise SettingError(f"The scheduler {address} cannot be used: {error}.") from None


def _next_of(heard: "queue.SimpleQueue[Any]") -> Callable[[], Any]:
    def following() -> Any:
        with contextlib.suppress(queue.Empty):
            return heard.get_nowait()
        return None

    return following


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Dask says of workers that end: the search says what became of its jobs."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
