import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.errors import KitError, SettingError
from kit.search.network import spawning
from kit.search.network.spawning import Workers, thread_limits

PLACE = ("127.0.0.1", 8000, "a-token-that-nobody-knows")


class Here:
    """What the chief knows of workers, as far as those who look after them ask."""

    def __init__(self, member: Any = None) -> None:
        self.member = member
        self.names: list[str] = []
        self.told: list[str] = []
        self.dropped: list[tuple[str, str]] = []

    def drop(self, name: str, why: str) -> Any:
        self.dropped.append((name, why))
        return self.member


class Member:
    def __init__(self, ended: int = 0, trial: str | None = "0007") -> None:
        self.ended, self.trial = ended, trial


@pytest.fixture
def started() -> Iterator[Callable[..., Workers]]:
    all_of_them: list[Workers] = []

    def start(code: str, count: int = 1, environment: Any = None) -> Workers:
        workers = Workers([sys.executable, "-c", code], count, environment)
        all_of_them.append(workers)
        workers.start(*PLACE)
        return workers

    yield start
    for workers in all_of_them:
        workers.end()


def look_until(workers: Workers, here: Here, dropped: int) -> None:
    end = time.monotonic() + 20
    while len(here.dropped) < dropped:
        assert time.monotonic() < end
        workers.look(here)  # type: ignore[arg-type]
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_know_who_and_where_they_are(started: Callable[..., Workers]) -> None:
    code = (
        "import os, sys; print(*[os.environ[n] for n in ('KERASTUNER_TUNER_ID', "
        "'KERASTUNER_ORACLE_IP', 'KERASTUNER_ORACLE_PORT', 'KIT_SEARCH_TOKEN', "
        "'OMP_NUM_THREADS', 'TF_NUM_INTRAOP_THREADS')], flush=True); sys.stdin.read()"
    )
    workers = started(code, 2, thread_limits(1))
    end = time.monotonic() + 10
    while not all(one.lines for one in workers._processes):
        assert time.monotonic() < end
        time.sleep(0.02)

    said = [one.lines[0] for one in workers._processes]
    assert said == [f"worker-{n} 127.0.0.1 8000 {PLACE[2]} 1 1" for n in range(2)]
    assert PLACE[2] not in " ".join(workers._command)


def test_a_worker_that_dies_at_work_is_dropped_and_started_again(
    started: Callable[..., Workers], capsys: pytest.CaptureFixture[str]
) -> None:
    workers = started("import time; time.sleep(60)", 2)
    here, before = Here(Member(ended=1)), workers.pids
    os.kill(before["worker-0"], signal.SIGKILL)

    look_until(workers, here, 1)

    after = workers.pids
    assert after["worker-1"] == before["worker-1"]
    assert after["worker-0"] != before["worker-0"]
    assert here.dropped[0][0] == "worker-0"
    said = capsys.readouterr().err
    assert "worker-0 was killed (SIGKILL, as the system does where memory runs out)" in said
    assert "its trial 0007 goes back; it is started again" in said


def test_a_worker_that_never_gets_to_a_job_is_started_three_times(
    started: Callable[..., Workers],
) -> None:
    workers, here = started("import sys; sys.exit('no \\x1b[2J library')"), Here()

    with pytest.raises(KitError, match=r"does not help.*\n.*no \\x1b\[2J library"):
        look_until(workers, here, 99)
    assert len(here.dropped) == 3


def test_a_worker_that_loses_job_after_job_is_given_up(
    started: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spawning, "LOSSES", 4)
    workers, here = started("import os; os.abort()"), Here(Member())

    with pytest.raises(KitError, match="SIGABRT"):
        look_until(workers, here, 99)
    assert len(here.dropped) == 4

    workers, here = started("import os; os.abort()"), Here(Member(ended=1))
    look_until(workers, here, 6)  # each of these finished a job: that is no reason to end


def test_a_worker_with_a_wrong_setting_is_not_started_again(
    started: Callable[..., Workers],
) -> None:
    workers, here = started("import sys; print('Error: no such folder'); sys.exit(3)"), Here()

    with pytest.raises(KitError, match=r"exit code 3.*\nError: no such folder"):
        look_until(workers, here, 99)
    assert len(here.dropped) == 1


def test_a_worker_that_was_told_to_stop_may_end(started: Callable[..., Workers]) -> None:
    workers, here = started("pass"), Here()
    here.told, here.names = ["worker-0"], ["another"]
    end = time.monotonic() + 10
    while workers.pids:
        assert time.monotonic() < end
        time.sleep(0.02)

    workers.look(here)  # type: ignore[arg-type]

    assert not here.dropped
    assert not workers.pids
    here.names = []  # the other one is lost: somebody must do its job
    workers.look(here)  # type: ignore[arg-type]
    assert len(here.dropped) == 1


def test_the_end_ends_them_all_also_those_who_do_not_want_to(
    started: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('ready', flush=True); time.sleep(60)"
    )
    workers = started(stubborn, 2)
    while not all(one.lines for one in workers._processes):
        time.sleep(0.02)
    pids = list(workers.pids.values())

    workers.end()

    assert not any(alive(pid) for pid in pids)


def test_workers_end_when_their_chief_is_killed(tmp_path: Path) -> None:
    worker = (
        "from kit.search.network.spawning import end_with_chief; import os, time; end_with_chief();"
        f"open(r'{tmp_path}/' + str(os.getpid()), 'w').close(); time.sleep(60)"
    )
    of_chief = (
        "import sys, time; from kit.search.network.spawning import Workers;"
        f"workers = Workers([sys.executable, '-c', {worker!r}], 2);"
        f"workers.start(*{PLACE!r}); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", of_chief]) as killed:
        end = time.monotonic() + 30
        while len(list(tmp_path.iterdir())) < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        pids = [int(path.name) for path in tmp_path.iterdir()]
        assert all(alive(pid) for pid in pids)

        killed.kill()

    end = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_command_that_is_not_there_is_named() -> None:
    workers = Workers(["/no/such/program"], 1)

    with pytest.raises(KitError, match=r"cannot be started.*no/such/program"):
        workers.start(*PLACE)
    with pytest.raises(SettingError, match="at least one worker, not 0"):
        Workers(["x"], 0)
