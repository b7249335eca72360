import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from keras_tuner.src import protos
from pretended import SECRET, Jobs, waiting

from kit.errors import KitError, SettingError
from kit.search.network import chief as chief_module
from kit.search.network import roster
from kit.search.network.chief import serve
from kit.search.network.client import Client
from kit.search.network.guarded import NAME_KEY, SESSION_KEY, TOKEN_KEY, Caller, metadata
from kit.search.network.working import work

PROGRAM = str(Path(__file__).parents[2] / "helpers" / "pretended.py")
SERVICE = protos.get_service()


class Over(Exception):  # noqa: N818
    """Ends a chief from outside."""


@pytest.fixture(autouse=True)
def short_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chief_module, "TICK", 0.05)
    monkeypatch.setattr(chief_module, "FAREWELL", 0.3)


@contextlib.contextmanager
def chief(oracle: Any, **settings: Any) -> Iterator[tuple[int, threading.Thread]]:
    """Yield the port of a chief and the thread it runs in, which ends with the block."""
    port: list[int] = []
    stop = threading.Event()
    raised: list[BaseException] = []

    def watch() -> None:
        if stop.is_set():
            raise Over

    def run() -> None:
        try:
            serve(oracle, token=SECRET, on_port=port.append, watch=watch, **settings)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until(lambda: bool(port or raised))
    try:
        yield (port or [0])[0], thread
    finally:
        stop.set()
        thread.join(10)
    for error in raised:
        if not isinstance(error, Over):
            raise error


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextlib.contextmanager
def raw(port: int) -> Iterator[Callable[..., Any]]:
    """Yield what calls a method with anything beside and in the message."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:

        def call(method: str, message: Any, sent: Any = (), **more: Any) -> Any:
            known = channel.unary_unary(
                f"/keras_tuner.Oracle/{method}",
                request_serializer=lambda one: (
                    one if isinstance(one, bytes) else one.SerializeToString()
                ),
                response_deserializer=getattr(SERVICE, f"{method}Response", None)
                and getattr(SERVICE, f"{method}Response").FromString,
            )
            return known(message, metadata=sent, timeout=5, **more)

        yield call


def refused(call: Callable[..., Any], *args: Any, **more: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as error:
        call(*args, **more)
    return error.value.code()


def known(name: str = "a", session: str = "1") -> tuple[tuple[str, str], ...]:
    return metadata(SECRET, Caller(name, session))


def asks(name: str = "a") -> Any:
    return SERVICE.CreateTrialRequest(tuner_id=name)


def report(trial: str = "0000", step: int = 1, **metrics: float) -> Any:
    return SERVICE.UpdateTrialRequest(trial_id=trial, metrics=metrics or {"loss": 1.0}, step=step)


def test_two_workers_do_all_trials_and_the_chief_ends() -> None:
    oracle = Jobs(6)

    with chief(oracle) as (port, thread):

        def do(name: str) -> None:
            with Client(f"127.0.0.1:{port}", name, SECRET) as client:
                work(client, name, waiting(0.02))

        workers = [threading.Thread(target=do, args=(name,)) for name in "ab"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)
        thread.join(5)

        assert not thread.is_alive()
    assert set(oracle.ended.values()) == {"[1, 2, 3]"}
    assert len(oracle.ended) == 6


def test_the_trial_of_a_killed_worker_is_finished_by_the_other() -> None:
    oracle = Jobs(4, epochs=4)
    with chief(oracle, silence=2.0) as (port, thread):
        processes = {}
        for name in ("one", "two"):
            environment = {
                **os.environ,
                "KERASTUNER_TUNER_ID": name,
                "KERASTUNER_ORACLE_IP": "127.0.0.1",
                "KERASTUNER_ORACLE_PORT": str(port),
                "KIT_SEARCH_TOKEN": SECRET,
                "PRETENDED_SECONDS": "0.4",
                "PRETENDED_SILENCE": "2",
            }
            processes[name] = subprocess.Popen(
                [sys.executable, PROGRAM], env=environment, stderr=subprocess.DEVNULL
            )
        until(lambda: len(oracle.running) == 2 and "one" in oracle.running, 60)
        trial = oracle.running["one"]
        until(lambda: bool(oracle.rows.get(trial)))  # it is in the middle

        processes["one"].send_signal(signal.SIGKILL)
        start = time.monotonic()
        processes["one"].wait()
        until(lambda: trial in oracle.ended, 30)
        assert processes["two"].wait(30) == 0
        thread.join(5)

        assert not thread.is_alive()
        assert time.monotonic() - start < 2 + 16 * 0.4 + 5
    assert [name for name, _ in oracle.dropped] == ["one"]
    assert set(oracle.ended.values()) == {"[1, 2, 3, 4]"}


def test_a_silent_worker_loses_its_trial_and_its_late_report_has_no_effect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    oracle = Jobs(2)
    with chief(oracle, silence=0.5) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())
        until(lambda: bool(oracle.dropped))

        late = refused(call, "UpdateTrial", report(), known())
        assert late is grpc.StatusCode.FAILED_PRECONDITION
        end = SERVICE.EndTrialRequest()
        end.trial.trial_id, end.trial.status = "0000", 5
        assert refused(call, "EndTrial", end, known()) is grpc.StatusCode.FAILED_PRECONDITION
        assert not oracle.received
        assert not oracle.ended
        assert call("CreateTrial", asks(), known()).trial.trial_id == "0000"
        call("UpdateTrial", report(), known())
    assert len(oracle.received) == 1
    assert "a has not called for 0.5 s: its trial 0000 goes back" in capsys.readouterr().err


STRANGERS = {
    "no token": ((NAME_KEY, "a"), (SESSION_KEY, "1")),
    "wrong token": metadata(SECRET[:-1] + "!", Caller("a", "1")),
    "longer token": metadata(SECRET + "s", Caller("a", "1")),
    "empty token": metadata("", Caller("a", "1")),
    "two tokens": ((TOKEN_KEY, "x"), *metadata(SECRET, Caller("a", "1"))),
    "nothing": (),
}


@pytest.mark.parametrize("sent", STRANGERS.values(), ids=STRANGERS.keys())
def test_strangers_are_refused_without_effect(sent: Any) -> None:
    oracle = Jobs(2)
    forged = report(val_accuracy=-999.0)
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())  # the trial is in work

        for method, message in (
            ("CreateTrial", asks("ghost")),
            ("UpdateTrial", forged),
            ("EndTrial", SERVICE.EndTrialRequest()),
            ("GetSpace", b""),
            ("GetTrial", b""),
            ("UpdateTrial", b"\xff\xff\xff"),
            ("NoSuchMethod", b""),
        ):
            assert refused(call, method, message, sent) is grpc.StatusCode.UNAUTHENTICATED
        assert not oracle.received
        assert list(oracle.running) == ["a"]
        call("UpdateTrial", forged, known())  # the same call, by the worker whose trial it is
    assert oracle.received == [("0000", {"val_accuracy": -999.0}, 1)]


def test_malformed_messages_are_refused_without_effect() -> None:
    oracle = Jobs(3)
    status = grpc.StatusCode
    ended = SERVICE.EndTrialRequest()
    ended.trial.trial_id = "0000"
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())
        call("CreateTrial", asks("b"), known("b"))

        for method, message, sent, code in (
            ("CreateTrial", asks("b"), known(), status.INVALID_ARGUMENT),
            ("CreateTrial", b"\x0a\xff", known(), status.INVALID_ARGUMENT),
            ("CreateTrial", asks("a b"), known("a b"), status.INVALID_ARGUMENT),
            ("CreateTrial", asks(""), known(""), status.INVALID_ARGUMENT),
            ("CreateTrial", asks("x" * 101), known("x" * 101), status.INVALID_ARGUMENT),
            ("CreateTrial", asks(), known(session="2"), status.ALREADY_EXISTS),
            ("UpdateTrial", report(step=-1), known(), status.INVALID_ARGUMENT),
            ("UpdateTrial", report(step=1_000_001), known(), status.INVALID_ARGUMENT),
            (
                "UpdateTrial",
                report(**{f"m{n}": 1.0 for n in range(65)}),
                known(),
                status.INVALID_ARGUMENT,
            ),
            ("UpdateTrial", report(**{"m" * 101: 1.0}), known(), status.INVALID_ARGUMENT),
            ("UpdateTrial", report(**{"a\x1b[2J": 1.0}), known(), status.INVALID_ARGUMENT),
            ("UpdateTrial", report("0001"), known(), status.FAILED_PRECONDITION),
            ("UpdateTrial", report("0002"), known(), status.FAILED_PRECONDITION),
            ("UpdateTrial", report("../../x"), known(), status.FAILED_PRECONDITION),
            ("UpdateTrial", report(""), known("c"), status.FAILED_PRECONDITION),
            ("UpdateTrial", report(), known(session="2"), status.FAILED_PRECONDITION),
            ("UpdateTrial", b"\x00" * 2_000_000, known(), status.RESOURCE_EXHAUSTED),
            ("EndTrial", ended, known(), status.INVALID_ARGUMENT),
            ("UpdateSpace", b"", known(), status.PERMISSION_DENIED),
            ("GetBestTrials", b"", known(), status.PERMISSION_DENIED),
            ("NoSuchMethod", b"", known(), status.UNIMPLEMENTED),
        ):
            assert refused(call, method, message, sent) is code, (method, message)
        assert not oracle.received
        assert not oracle.ended
        assert oracle.running == {"a": "0000", "b": "0001"}
        call("UpdateTrial", report(**{f"m{n}": 1.0 for n in range(64)}), known())
        call("UpdateTrial", report(step=1_000_000, **{"m" * 100: 1.0}), known())
    assert len(oracle.received) == 2


def test_a_compressed_message_is_measured_as_it_is_unpacked() -> None:
    oracle = Jobs(1)
    bomb = report(**{"m": 1.0}).SerializeToString() + b"\x7a\x80\x80\x80\x10" + bytes(1 << 25)
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())

        code = refused(call, "UpdateTrial", bomb, known(), compression=grpc.Compression.Gzip)

        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not oracle.received


def test_numbers_that_are_none_are_passed_on_in_single_precision() -> None:
    oracle = Jobs(1)
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())
        call("UpdateTrial", report(a=float("nan"), b=float("-inf"), c=1e300, d=0.25), known())

    metrics = oracle.received[0][1]
    assert metrics["a"] != metrics["a"]
    assert [metrics[name] for name in "bcd"] == [float("-inf"), float("inf"), 0.25]


def test_of_a_trial_s_end_only_status_and_a_clean_reason_count() -> None:
    oracle = Jobs(1)
    message = SERVICE.EndTrialRequest()
    trial = message.trial
    trial.trial_id, trial.status, trial.score.value = "0000", 6, 999.0
    trial.metrics.metrics["val_accuracy"].observations.add(value=[1.0], step=1)
    trial.hyperparameters.space.float_space.add(name="made_up", min_value=3, max_value=1)
    trial.hyperparameters.values.values["learning_rate"].float_value = 7.0
    trial.hyperparameters.values.values["tuner/reason"].string_value = "\x1b[2Jbad" + "x" * 5000
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())
        call("EndTrial", message, known())

    got = oracle.received[0]
    assert (got.status, got.score, got.metrics.metrics) == ("FAILED", None, {})
    assert list(got.hyperparameters.values) == ["tuner/reason"]
    assert got.hyperparameters.values["tuner/reason"].startswith("\\x1b[2Jbad")
    assert len(got.hyperparameters.values["tuner/reason"]) == 1000
    assert not got.hyperparameters.space


def test_a_call_that_the_oracle_cannot_answer_holds_up_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Weak(Jobs):
        def update_trial(self, trial_id: str, metrics: Any, step: int = 0) -> Any:
            if step == 1:
                raise RuntimeError("a mistake")
            return super().update_trial(trial_id, metrics, step)

    oracle = Weak(1)
    with chief(oracle) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known())

        assert refused(call, "UpdateTrial", report(), known()) is grpc.StatusCode.INTERNAL
        call("UpdateTrial", report(step=2), known())
    assert len(oracle.received) == 1
    assert "UpdateTrial failed: RuntimeError: a mistake" in capsys.readouterr().err


def test_a_chief_that_cannot_write_ends() -> None:
    class Full(Jobs):
        def end_trial(self, trial: Any) -> None:
            raise OSError(28, "No space left on device")

    end = SERVICE.EndTrialRequest()
    end.trial.trial_id, end.trial.status = "0000", 5

    def ask() -> None:
        with chief(Full(1)) as (port, thread), raw(port) as call:
            call("CreateTrial", asks(), known())
            assert refused(call, "EndTrial", end, known()) is grpc.StatusCode.UNAVAILABLE
            thread.join(5)

    with pytest.raises(KitError, match=r"No space left on device.*--resume"):
        ask()


def test_a_name_is_free_again_when_its_worker_is_lost() -> None:
    with chief(Jobs(1), silence=0.5) as (port, _), raw(port) as call:
        call("CreateTrial", asks(), known(session="1"))
        taken = refused(call, "CreateTrial", asks(), known(session="2"))
        assert taken is grpc.StatusCode.ALREADY_EXISTS

        time.sleep(0.8)

        assert call("CreateTrial", asks(), known(session="2")).trial.trial_id == "0000"


def test_there_can_be_only_so_many_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "WORKERS", 2)
    oracle = Jobs(9)
    with chief(oracle) as (port, _), raw(port) as call:
        for name in "ab":
            call("CreateTrial", asks(name), known(name))

        full = refused(call, "CreateTrial", asks("c"), known("c"))

        assert full is grpc.StatusCode.RESOURCE_EXHAUSTED
        call("CreateTrial", asks("b"), known("b"))
    assert set(oracle.running) == {"a", "b"}


def test_callers_who_send_no_message_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chief_module, "THREADS", 2)
    silent = threading.Event()

    def nothing() -> Iterator[bytes]:
        silent.wait(5)
        yield b""

    with (
        chief(Jobs(1)) as (port, _),
        raw(port) as call,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stream = channel.stream_unary("/keras_tuner.Oracle/GetSpace")
        waiting_calls = [stream.future(nothing()) for _ in range(4)]

        assert call("GetSpace", b"", known()).hyperparameters.space.float_space
        silent.set()
        for one in waiting_calls:
            assert one.exception().code() is grpc.StatusCode.UNAUTHENTICATED


def test_a_chief_ends_soon_after_the_search_though_a_worker_is_gone() -> None:
    oracle = Jobs(1)
    with chief(oracle, silence=1.0) as (port, thread), raw(port) as call:
        call("CreateTrial", asks(), known())
        call("CreateTrial", asks("b"), known("b"))  # has nothing to do, and is never heard again
        end = SERVICE.EndTrialRequest()
        end.trial.trial_id, end.trial.status = "0000", 5
        call("EndTrial", end, known())
        assert call("CreateTrial", asks(), known()).trial.status == 4
        start = time.monotonic()
        thread.join(10)

        assert 0.3 < time.monotonic() - start < 3


def test_a_chief_without_workers_says_what_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chief_module, "ALONE", 0.2)
    with chief(Jobs(7)) as (_, thread):
        time.sleep(0.5)
        assert thread.is_alive()

    assert "No worker is here, and 7 trials are left: waiting" in capsys.readouterr().err


def test_ctrl_c_ends_the_chief_and_is_raised_on() -> None:
    ports: list[int] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve(Jobs(1), token=SECRET, on_port=ports.append, watch=interrupted)
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", ports[0])) != 0


def test_a_taken_port_is_named() -> None:
    with (
        chief(Jobs(1)) as (port, _),
        pytest.raises(SettingError, match=f"127.0.0.1:{port}: the port is taken"),
    ):
        serve(Jobs(1), f"127.0.0.1:{port}", SECRET)


@pytest.mark.parametrize(
    ("address", "token", "said"),
    [
        ("127.0.0.1:0", None, "need a shared token"),
        ("0.0.0.0:0", None, "need a shared token"),
        ("0.0.0.0:0", "", "need a shared token"),
        ("127.0.0.1:0", "short", "at least 16 characters"),
        ("127.0.0.1:0", "x" * 15, "at least 16 characters"),
        ("127.0.0.1:0", "geheimnis für alle", "plain letters"),
        ("127.0.0.1", SECRET, "must be HOST:PORT"),
        ("127.0.0.1:99999", SECRET, "must be HOST:PORT"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_opened(
    address: str, token: str | None, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        serve(Jobs(1), address, token)


def test_an_open_port_is_said_to_be_open(capsys: pytest.CaptureFixture[str]) -> None:
    with chief(Jobs(1), address="0.0.0.0:0"):
        pass
    with chief(Jobs(1)):
        pass

    assert capsys.readouterr().err.count("nothing is encrypted") == 1
