"""Workers in other processes, on this machine or elsewhere, by Dask.

A job is complete in itself, and so is its outcome, so a worker that dies loses nothing but time:
its job goes to another. No finished future is kept, since what it holds lives on its worker and is
computed again when that dies; no more jobs are handed out than there are workers. Connections are
encrypted, and who holds the certificate can run code on the workers.
"""

import contextlib
import logging
import queue
import random
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

import dask
import dask.sizeof
import distributed
from distributed import utils_comm
from distributed.comm import core
from distributed.scheduler import KilledWorker

from kit.errors import KitError, SettingError
from kit.search.executors import Crew, train
from kit.search.trials import Job, Outcome, RunTrial

PATIENCE = "20s"  # with a scheduler that does not answer
CLOSING = 30  # seconds for processes to end; they end with this process in any case
SETTINGS = {
    "distributed.scheduler.allowed-failures": 2,  # then a job has taken three workers along
    "distributed.admin.large-graph-warning-threshold": "1TB",  # what a training goes on from
    "distributed.worker.profile.enabled": False,
    "logging.distributed": "critical",  # Dask's own words on a worker that went or was sent away
}
# Modules of Dask that draw from Python's random in threads of their own, while Keras draws the
# seeds of initial weights from it.
DRAWING = (dask.sizeof, utils_comm, core)
Heard = tuple[int, Mapping[str, float]]  # the number of a trial, and an epoch of it
TRAINING = threading.Lock()  # a process trains one job at a time, whoever asks for it
made: dict[str, RunTrial] = {}  # in a worker's process, by the search that was served last


@contextlib.contextmanager
def crew(
    make_run_trial: Callable[[], RunTrial], workers: int, scheduler: str | None
) -> Iterator[Crew]:
    """Give processes that train: started here, or those of a scheduler that is there already.

    Args:
        make_run_trial: Called in each of them, once unless another search comes between; sent by
            cloudpickle.
        workers: How many are started here.
        scheduler: Address of the scheduler, ``tls://HOST:PORT``. The files of its certificate are
            those in Dask's own configuration.

    Raises:
        SettingError: The scheduler cannot be used.
        KitError: The scheduler was lost.
    """
    with dask.config.set(SETTINGS), _quiet(), contextlib.ExitStack() as stack:
        if scheduler is None:
            client = distributed.Client(stack.enter_context(_closing(_cluster(workers))))
        else:
            client = _client(scheduler)
        stack.enter_context(_closing(client))
        trainer = Trainer(make_run_trial, ours=scheduler is None)
        client.register_plugin(trainer)
        if scheduler is not None:
            stack.callback(_dismiss, client, trainer.name)
        heard = queue.SimpleQueue[Heard]()
        client.subscribe_topic(trainer.name, lambda event: heard.put(tuple(event[1])))
        try:
            yield Crew(
                client.get_executor(pure=False),
                partial(train_there, trainer.name),
                places=lambda: len(client.nthreads()),
                heard=partial(_taken, heard),
                lost=(KilledWorker,),
                waits_for=f"workers of {scheduler}",
            )
        except (CancelledError, OSError) as error:
            if isinstance(error, OSError) and client.status == "running":
                raise
            raise KitError(
                f"The scheduler {scheduler or 'of this search'} no longer answers. Finished trials "
                "are kept: continue with `resume`."
            ) from None


class Trainer(distributed.WorkerPlugin):
    """Makes in each worker's process what trains the jobs of one search.

    Args:
        make: Makes it.
        ours: Whether the workers are of this search alone, and end with it.
    """

    def __init__(self, make: Callable[[], RunTrial], ours: bool) -> None:
        self.make, self.ours = make, ours
        self.name = f"kit-{uuid.uuid4().hex}"  # a scheduler may serve several searches at a time

    def setup(self, worker: distributed.Worker) -> None:
        """Keep Dask's other threads and a terminal's Ctrl-C away from the trainings."""
        for module in DRAWING:
            vars(module)["random"] = random.Random()
        if self.ours:  # Ctrl-C goes to every process; the one that searches answers it
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: distributed.Worker) -> None:
        """Let go of the images."""
        made.pop(self.name, None)


def train_there(name: str, job: Job, state: bytes | None) -> Outcome:
    """Train a job of the search with this name in a worker's process; report epochs at once."""
    worker = distributed.get_worker()
    with TRAINING:
        if name not in made:
            made.clear()  # another search's images
            made[name] = worker.plugins[name].make()
        return train(made[name], lambda *row: worker.log_event(name, row), job, state)


def _cluster(workers: int) -> distributed.LocalCluster:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=0,  # else TensorFlow is killed for what it takes
        dashboard_address=None,
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},  # any free port
        security=distributed.Security.temporary(),
        protocol="tls://",
        silence_logs=logging.CRITICAL,
    )


@contextlib.contextmanager
def _closing(part: Any) -> Iterator[Any]:
    """Close a client or a cluster at the end; where that fails, the search is over all the same."""
    try:
        yield part
    finally:
        with contextlib.suppress(Exception):
            part.close(timeout=CLOSING)


def _dismiss(client: distributed.Client, name: str) -> None:
    """Let the workers of a scheduler, which stay, forget a search."""
    if client.status == "running":  # else nobody answers
        with contextlib.suppress(Exception):
            client.unregister_worker_plugin(name)


def _client(address: str) -> distributed.Client:
    security = distributed.Security()
    if not security.tls_client_cert or not security.tls_ca_file:
        raise SettingError(
            f"{address} needs a certificate. Name its files in Dask's configuration: "
            "distributed.comm.tls.ca-file, .client.cert and .client.key."
        )
    try:
        return distributed.Client(address, security=security, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise SettingError(f"The scheduler {address} cannot be used: {error}.") from None


def _taken(heard: "queue.SimpleQueue[Heard]") -> Iterator[Heard]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield heard.get_nowait()


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
