import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pretended import SECRET, Jobs, waiting
from test_chief import PROGRAM, chief, short_times, until  # noqa: F401

from kit.errors import KitError, SettingError
from kit.search.network import patience
from kit.search.network.chief_address import check_name, read_address, roles
from kit.search.network.client import Client
from kit.search.network.patience import Lost
from kit.search.network.working import work


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0.05, 0.1))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def worker(port: int, name: str = "a", **settings: Any) -> Iterator[Client]:
    with Client(f"127.0.0.1:{port}", name, settings.pop("token", SECRET), **settings) as client:
        yield client


def test_a_job_comes_to_the_worker_as_the_oracle_gave_it() -> None:
    oracle = Jobs(1)
    with chief(oracle) as (port, _), worker(port) as client:
        trial = client.create_trial("a")
        seen = client.update_trial(trial.trial_id, {"loss": 0.5}, step=2)
        trial.status = "FAILED"
        trial.hyperparameters.values["tuner/reason"] = "infeasible: it exploded"
        client.end_trial(trial)

        assert client.get_space().space[0].name == "learning_rate"
        assert client.create_trial("a").status == "STOPPED"
    expected = oracle._trial("0000")
    assert (trial.trial_id, trial.hyperparameters.values["learning_rate"]) == ("0000", 0.1)
    assert trial.hyperparameters.values["tuner/job"] == expected.hyperparameters.values["tuner/job"]
    assert oracle.received[0] == ("0000", {"loss": 0.5}, 2)
    assert oracle.received[1].hyperparameters.values == {"tuner/reason": "infeasible: it exploded"}
    assert (seen.status, seen.metrics.metrics) == ("RUNNING", {})


def test_a_long_epoch_is_no_silence() -> None:
    oracle = Jobs(1)
    with chief(oracle, silence=0.6) as (port, _), worker(port, every=0.1) as client:
        client.create_trial("a")
        time.sleep(1.5)
        client.update_trial("0000", {"loss": 0.5}, step=1)
        assert not oracle.dropped

    with chief(oracle, silence=0.6) as (port, _), worker(port, every=60) as client:
        client.create_trial("a")
        time.sleep(1.5)
        assert [name for name, _ in oracle.dropped] == ["a"]


def test_a_worker_whose_trial_was_given_away_drops_it_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    oracle = Jobs(3)
    with chief(oracle, silence=0.5) as (port, _), worker(port, every=60) as client:
        trial = client.create_trial("a")
        until(lambda: bool(oracle.dropped))
        with pytest.raises(Lost):
            client.update_trial("0000", {"loss": 0.5}, step=1)
        trial.status = "COMPLETED"
        client.end_trial(trial)
        assert not oracle.received
        assert "is no longer this worker's" in capsys.readouterr().err

        work(client, "a", waiting(0.01))
    assert len(oracle.ended) == 3


def test_a_worker_hears_of_its_loss_by_the_call_of_its_thread() -> None:
    port = free_port()
    with worker(port, every=0.1) as client:
        with chief(Jobs(2), address=f"127.0.0.1:{port}"):
            client.create_trial("a")
            time.sleep(0.3)
            assert client._lost != client._job
        with chief(Jobs(2), address=f"127.0.0.1:{port}"):  # knows of nobody
            until(lambda: client._lost == client._job)
            with pytest.raises(Lost):
                client.update_trial("0000", {"loss": 0.5}, step=1)
            assert client.create_trial("a").trial_id == "0000"
            client.update_trial("0000", {"loss": 0.5}, step=1)


def test_a_worker_with_a_wrong_token_ends_at_once() -> None:
    with chief(Jobs(1)) as (port, _), worker(port, token="not-the-right-token") as client:
        start = time.monotonic()
        with pytest.raises(SettingError, match=r"does not know this worker's token.*KIT_SEARCH_T"):
            client.create_trial("a")
        assert time.monotonic() - start < 2


def test_a_second_worker_of_one_name_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with chief(Jobs(2)) as (port, _), worker(port) as first, worker(port, patience=0.5) as second:
        first.create_trial("a")

        with pytest.raises(SettingError, match='Another worker calls itself "a"'):
            second.create_trial("a")
        first.update_trial("0000", {"loss": 0.5}, step=1)
    assert 'another worker is called "a"' in capsys.readouterr().err


def test_a_chief_that_never_comes_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with worker(port, patience=1.0) as client:
        with pytest.raises(KitError, match=rf"127.0.0.1:{port} has not answered.*--resume"):
            client.create_trial("a")
        start = time.monotonic()
        with pytest.raises(KitError, match="has not answered"):
            client.get_space()
        assert time.monotonic() - start < 0.5  # it was waited for already

    assert capsys.readouterr().err.count("Waiting for the chief at 127.0.0.1") == 1


def test_a_worker_waits_for_a_chief_that_is_started_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    first, second = Jobs(5, folder=tmp_path), None
    with worker(port, every=0.2) as client:
        thread = threading.Thread(target=work, args=(client, "a", waiting(0.1)), daemon=True)
        with chief(first, address=f"127.0.0.1:{port}"):
            thread.start()
            until(lambda: len(first.ended) >= 2 and bool(first.running))
        time.sleep(0.5)
        done = set(first.ended)
        second = Jobs(5, folder=tmp_path)
        with chief(second, address=f"127.0.0.1:{port}"):
            thread.join(20)

    assert 2 <= len(done) < 5
    assert set(second.ended.values()) == {"[1, 2, 3]"}
    assert len(second.ended) == 5
    assert not {one for one, *_ in map(_known, second.received)} & done  # nothing is done twice
    assert "The chief answers again." in capsys.readouterr().err


def test_a_chief_killed_in_mid_trial_and_started_again_ends_the_search(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "KERASTUNER_TUNER_ID": "chief",
        "KERASTUNER_ORACLE_IP": "127.0.0.1",
        "KERASTUNER_ORACLE_PORT": str(port),
        "KIT_SEARCH_TOKEN": SECRET,
    }

    command = [sys.executable, PROGRAM, str(tmp_path), "6"]
    one = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    with worker(port, every=0.2) as client:
        thread = threading.Thread(target=work, args=(client, "a", waiting(0.2)), daemon=True)
        thread.start()
        until(lambda: len(list(tmp_path.glob("*.done"))) == 2, 60)
        one.send_signal(signal.SIGKILL)
        one.wait()
        before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.done")}
        with chief(Jobs(6, folder=tmp_path), address=f"127.0.0.1:{port}"):
            thread.join(60)

        assert not thread.is_alive()
    after = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.done")}
    assert len(after) == 6
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KERASTUNER_TUNER_ID": "a"}, "KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT is not"),
        ({"KERASTUNER_ORACLE_IP": "::1", "KERASTUNER_ORACLE_PORT": "1"}, "KERASTUNER_TUNER_ID is"),
    ],
)
def test_some_of_keras_tuner_s_variables_are_too_few(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        roles(given)


def test_the_role_is_read_as_keras_tuner_reads_it() -> None:
    def of(name: str, host: str = "10.0.0.1") -> Any:
        return roles(dict(zip(_names(), (name, host, "8000"), strict=True)))

    assert roles({}) is None
    assert (of("my-chief").chief, of("worker-0").chief) == (True, False)
    assert (of("w").name, of("w").address, of("w", "::1").address) == (
        "w",
        "10.0.0.1:8000",
        "[::1]:8000",
    )
    for name, host in (("a b", "10.0.0.1"), ("w", "10.0.0.1; x")):
        with pytest.raises(SettingError):
            of(name, host)


def test_addresses_and_names_are_checked() -> None:
    assert read_address("localhost:80") == ("localhost", 80)
    assert read_address("[::1]:0") == ("::1", 0)
    assert check_name("host.example:7_b") == "host.example:7_b"
    for text in ("", "host", "host:", ":80", "::1:80", "host:65536", "http://host:80", "h:80\n"):
        with pytest.raises(SettingError):
            read_address(text)
    for text in ("", "x" * 101, "a/b", "a\n"):
        with pytest.raises(SettingError):
            check_name(text)


def _names() -> tuple[str, ...]:
    return ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")


def _known(received: Any) -> tuple[str, ...]:
    return received if isinstance(received, tuple) else (received.trial_id,)
