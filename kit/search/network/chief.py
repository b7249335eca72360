"""The process that hands out a search's jobs to workers, here or on other machines."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from keras_tuner.src import protos

from kit import progress
from kit.errors import KitError
from kit.search.network.chief_address import (
    check_free,
    check_token,
    is_loopback,
    new_token,
    read_address,
)
from kit.search.network.guarded import OPTIONS, Guard
from kit.search.network.roster import Member, Oracle, Roster
from kit.search.network.servicer import Servicer
from kit.search.network.spawning import Workers

__all__ = ["serve"]

SILENCE = 60.0  # seconds: six missed calls
FAREWELL = 3.0  # seconds beyond the silence, for the last workers to hear that it is over
ALONE = 60.0  # seconds without a worker, after which a line says so
TICK = 0.5  # seconds between two looks
THREADS, CALLS = 8, 64  # calls that are answered at a time, and that may wait
SERVER = (
    *OPTIONS,
    ("grpc.so_reuseport", 0),  # or two chiefs take turns on one port
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


def serve(
    oracle: Oracle,
    address: str = "127.0.0.1:0",
    token: str | None = None,
    *,
    silence: float = SILENCE,
    workers: Workers | None = None,
    on_port: Callable[[int], None] | None = None,
    watch: Callable[[], None] | None = None,
) -> None:
    """Hand out jobs until the search is finished and every worker knows it or is lost.

    keras-tuner's own chief waits for ever for a worker that died, and takes reports from anybody.
    Here a worker that does not call for ``silence`` loses its job to another, callers must know
    the token, and a worker can report on nothing but its own trial. Without workers it waits and
    says so once a minute.

    Args:
        oracle: What decides.
        address: ``HOST:PORT`` to listen at; port 0 is any free one. Only programs on this machine
            reach 127.0.0.1.
        token: What workers must know; may be left out where all are of ``workers``.
        silence: Seconds; workers call every ten.
        workers: Started on this machine, looked after and ended.
        on_port: Told the port.
        watch: Called twice a second.

    Raises:
        SettingError: The address or the token cannot be used.
        KitError: Workers that were started here end again and again, or the search cannot be
            written.
    """
    host, port = read_address(address)
    if token is None and workers is not None and is_loopback(host):
        token = new_token()
    token = check_token(token)
    roster = Roster(oracle)
    servicer = Servicer(roster)
    server = grpc.server(
        ThreadPoolExecutor(THREADS, "chief"),
        interceptors=[Guard(token)],
        options=SERVER,
        maximum_concurrent_rpcs=CALLS,
    )
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    port = _bind(server, host, port)
    server.start()
    patience = 0.0  # for what is still under way, where this ends by an error or Ctrl-C
    try:
        if not is_loopback(host):
            progress.say(
                f"Port {port} can be reached from other machines. Callers must know the token, but "
                f"nothing is encrypted: use it in a network that you trust, or through SSH."
            )
        if on_port is not None:
            on_port(port)
        if workers is not None:
            workers.start(host, port, token)
        _wait(servicer, silence, workers, watch)
        patience = FAREWELL
    finally:
        stopped = server.stop(patience)  # first, so that no job is given out any more
        if workers is not None:
            workers.end(patience)
        stopped.wait()


def _wait(
    servicer: Servicer,
    silence: float,
    workers: Workers | None,
    watch: Callable[[], None] | None,
) -> None:
    oracle, roster = servicer.roster.oracle, servicer.roster
    finished: float | None = None
    alone = time.monotonic()
    while True:
        for name, member in roster.drop_silent(silence).items():
            progress.say(f"{name} has not called for {silence:g} s{_back(member)}.")
        if servicer.broken is not None:
            raise KitError(
                f"The search cannot be written: {servicer.broken}. What was finished is kept; "
                f"mend this and go on with --resume."
            ) from servicer.broken
        now = time.monotonic()
        if oracle.finished:
            finished = now if finished is None else finished
            if not roster.names or now - finished > silence + FAREWELL:
                return
        elif workers is not None:
            workers.look(roster)
        if roster.names or oracle.finished:
            alone = now
        elif now - alone > ALONE:
            alone = now
            left = oracle.remaining_trials()
            some = "trials are left" if left is None else f"{left} trials are left"
            progress.say(f"No worker is here, and {some}: waiting for one to come.")
        if watch is not None:
            watch()
        time.sleep(TICK)


def _back(member: Member | None) -> str:
    if member is None or member.trial is None:
        return ""
    return f": its trial {member.trial} goes back to be given to another"


def _bind(server: grpc.Server, host: str, port: int) -> int:
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    check_free(shown)
    return int(server.add_insecure_port(shown))
