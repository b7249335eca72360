"""Worker processes on this machine, looked after."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from kit import progress
from kit.errors import DataError, KitError, SettingError
from kit.search.network.chief_address import ENVIRONMENT, TOKEN

if TYPE_CHECKING:
    from kit.search.network.roster import Member, Roster

__all__ = ["Workers", "end_with_chief", "thread_limits"]

SPAWNED = "KIT_SEARCH_SPAWNED"
STARTS = 3  # in a row that reach no job: another one would not either
LOSSES = 10  # of jobs in a row: no single trial is to blame
LINES, LENGTH = 20, 400  # of what a worker wrote, and characters of a line
FOREVER = (SettingError.exit_code, DataError.exit_code)  # ends that a new start does not change


@dataclass
class _Process:
    """One worker and the ones that were here under its name."""

    name: str
    child: "subprocess.Popen[bytes]"
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    starts: int = 0  # in a row that reached no job
    losses: int = 0  # in a row in mid-job


class Workers:
    """Processes of one command, as many as there should be.

    What they write is kept, not shown; the last lines are part of the message when they fail.

    Args:
        command: A worker, which reads keras-tuner's variables and the token from the environment.
        count: How many.
        environment: More variables for them, for example :func:`thread_limits`.
    """

    def __init__(
        self, command: Sequence[str], count: int, environment: Mapping[str, str] | None = None
    ) -> None:
        if count < 1:
            raise SettingError(f"There must be at least one worker, not {count}.")
        self._command, self.count = list(command), count
        self._environment = dict(environment or {})
        self._processes: list[_Process] = []

    @property
    def pids(self) -> dict[str, int]:
        """Return the process number of each worker that runs."""
        return {one.name: one.child.pid for one in self._processes if one.child.poll() is None}

    def start(self, host: str, port: int, token: str) -> None:
        """Start them all; they find the chief at this place."""
        # A chief that listens everywhere is asked here.
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        self._environment |= dict(zip(ENVIRONMENT[1:], (near, str(port)), strict=True))
        self._environment |= {TOKEN: token, SPAWNED: "1"}
        for number in range(self.count):
            name = f"worker-{number}"
            self._processes.append(_Process(name, self._spawn(name)))
            self._listen(self._processes[-1])

    def look(self, roster: "Roster") -> None:
        """Start those again that ended by themselves; their jobs go back at once.

        Raises:
            KitError: One ends again and again without getting anything done.
        """
        for one in self._processes:
            code = one.child.poll()
            if code is None or (one.name in roster.told and roster.names):
                continue  # it works, or was told that nothing is left that others do not do
            self._count(one, roster.drop(one.name, _how(code)), code)
            _close(one.child)
            one.child = self._spawn(one.name)
            self._listen(one)

    def end(self, patience: float = 0.0) -> None:
        """End all of them, those first that do it by themselves within ``patience`` seconds."""
        children = [one.child for one in self._processes]
        _wait(children, patience)
        for child in children:
            child.terminate()
        _wait(children, 3.0)
        for child in children:
            child.kill()
            child.wait()
            _close(child)
        self._processes = []

    def _count(self, one: _Process, member: "Member | None", code: int) -> None:
        """Count a worker that was lost; say it, or end where it makes no sense to go on."""
        back = f": its trial {member.trial} goes back" if member and member.trial else ""
        progress.say(f"{one.name} {_how(code)}{back}; it is started again.")
        if member is None:
            one.starts, one.losses = one.starts + 1, one.losses
        else:
            one.starts, one.losses = 0, 1 if member.ended else one.losses + 1
        if one.starts >= STARTS or one.losses >= LOSSES or code in FOREVER:
            time.sleep(0.2)  # for its last words to arrive
            raise KitError(
                f"{one.name} {_how(code)}, and starting it again does not help. What is finished "
                "is kept: mend the cause and go on with --resume. It wrote last:",
                *(one.lines or ["nothing"]),
            )

    def _spawn(self, name: str) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                self._command,
                env={**os.environ, **self._environment, ENVIRONMENT[0]: name},
                stdin=subprocess.PIPE,  # nothing is sent: it closes when this process ends, however
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the chief, which ends its workers
            )
        except OSError as error:
            raise KitError(f"A worker cannot be started: {error}.") from error

    @staticmethod
    def _listen(one: _Process) -> None:
        def read(child: "subprocess.Popen[bytes]", lines: deque[str]) -> None:
            with cast(IO[bytes], child.stdout) as stream:
                while line := stream.readline(LENGTH):
                    lines.append(progress.clean(line.decode("utf-8", "replace").rstrip()))

        threading.Thread(target=read, args=(one.child, one.lines), daemon=True).start()


def thread_limits(threads: int) -> dict[str, str]:
    """Return the variables under which a process computes with so many processor threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
             "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # fmt: skip
    return dict.fromkeys(names, str(threads))


def end_with_chief() -> None:
    """End this process when the one that started it is gone, even where that was killed.

    Does nothing in a worker that was started in another way, which waits for its chief.
    """
    if os.environ.pop(SPAWNED, None) is None:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os._exit(1)  # files are written whole: nothing is left half done

    threading.Thread(target=wait, daemon=True).start()


def _how(code: int) -> str:
    if code >= 0:
        return f"ended by itself (exit code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    memory = ", as the system does where memory runs out" if name == "SIGKILL" else ""
    return f"was killed ({name}{memory})"


def _wait(children: Sequence["subprocess.Popen[bytes]"], seconds: float) -> None:
    end = time.monotonic() + seconds
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(end - time.monotonic(), 0))


def _close(child: "subprocess.Popen[bytes]") -> None:
    """Close our end of its input; who reads its output closes that."""
    with contextlib.suppress(OSError):
        cast(IO[bytes], child.stdin).close()
