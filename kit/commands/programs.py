"""What every program does around its function: flags, settings file, errors, exit codes."""

import contextlib
import functools
import inspect
import io
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import tyro

from kit import progress
from kit.commands import usage
from kit.commands.settings_command import Command
from kit.commands.streams import enduring
from kit.errors import KitError, SettingError
from kit.settings import Bare, values
from kit.settings.stored import read_settings

__all__ = ["program"]

PACKAGE = "kit-image-classification"


@enduring()
def program(command: Callable[..., object], arguments: Sequence[str] | None = None) -> None:
    """Run a command with the flags of its signature, and end the process with its exit code.

    ``--config FILE`` gives settings as YAML; flags go before them.

    Args:
        command: Its parameters are the flags, its docstring is the help.
        arguments: Instead of the process's own.
    """
    _prepare_process(restart=arguments is None)
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        print(f"{Path(sys.argv[0]).name} {metadata.version(PACKAGE)}")
        return
    try:
        _refuse_empty(given)
        given, config = _take_config(_spelled_out(command, given))
        known = read_settings(getattr(command, "kind", command), config) if config else {}
        with _reached():
            _parsed(command, known, given)()
    except KitError as error:
        progress.say(*f"Error: {error}".split("\n"))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        progress.say("Interrupted.")
        sys.exit(130)
    except MemoryError:
        progress.say(
            "Error: there is too little memory. Close other programs, or take a smaller image size "
            "or batch size."
        )
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        where = error.filename2 or error.filename or "system"  # the second is where to
        progress.say(f"Error: {where}: {error.strerror}.")
        sys.exit(1)


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """Print what was known before an exception, which carries it as its notes."""
    try:
        yield
    except BaseException as error:
        for line in getattr(error, "__notes__", ()):
            print(progress.clean(line))
        raise


def _parsed(
    command: Callable[..., object], known: Mapping[str, Any], words: Sequence[str]
) -> Callable[[], object]:
    """Return the command with its settings, to be called; what is wrong is said in one voice."""
    name = Path(sys.argv[0]).name

    @functools.wraps(command)
    def later(*arguments: Any, **settings: Any) -> Callable[[], object]:
        return functools.partial(command, *arguments, **settings)

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            if isinstance(command, Command):
                return command.parsed(words, known, name)
            run: Callable[[], object] = tyro.cli(
                functools.partial(later, **known) if known else later, args=list(words), prog=name
            )
    except SystemExit as end:
        if not end.code:  # the help
            raise
        sentence = usage.mistake(command, words, name) or " ".join(said.getvalue().split())
        raise SettingError(sentence) from None
    return run


def _refuse_empty(words: Sequence[str]) -> None:
    for before, word in itertools.pairwise([Path(sys.argv[0]).name, *words]):
        if not word or (word.startswith("--") and word.endswith("=")):
            raise SettingError(
                f"The text behind {word.rstrip('=') or before} is empty. The current folder is "
                "written as a dot: ."
            )


def _prepare_process(restart: bool) -> None:
    if restart and os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
        # Python would read the bytes of a Persian name as ASCII and call them no text.
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    # TensorFlow's notes on its own build, and "errors" about a graphics card that is not there.
    # What really fails is raised.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _spelled_out(command: Callable[..., object], given: Sequence[str]) -> list[str]:
    """Write out ``--flag`` and ``--no-flag`` where tyro wants a value, since None is one, too."""
    parameters = inspect.signature(command).parameters.values()
    switches = {values.flag_of(one) for one in parameters if values.is_switch(one)}
    flags = {values.flag_of(one) for one in parameters if one.annotation == bool | None}
    bare = {
        values.flag_of(one): mark.value
        for one in parameters
        for mark in getattr(one.annotation, "__metadata__", ())
        if isinstance(mark, Bare)
    }
    words: list[str] = []
    for word, following in itertools.zip_longest(given, given[1:]):
        flag, equals, _ = word.partition("=")
        if equals and switches & {flag, f"--{flag.removeprefix('--no-')}"}:
            # tyro would take what stands there for the folder
            raise SettingError(f"{flag} takes no value. --help lists the flags.")
        if word in bare and (following is None or following.startswith("-")):
            words += [word, bare[word]]
        elif word in flags and following not in ("None", "True", "False"):
            words += [word, "True"]
        elif word.startswith("--no-") and f"--{word.removeprefix('--no-')}" in flags:
            words += [f"--{word.removeprefix('--no-')}", "False"]
        else:
            words.append(word)
    return words


def _take_config(given: list[str]) -> tuple[list[str], Path | None]:
    for place, word in enumerate(given):
        if word == "--config":
            if place + 1 == len(given):
                raise SettingError("--config takes a file, for example models/RUN/run.yaml.")
            return given[:place] + given[place + 2 :], Path(given[place + 1])
        if word.startswith("--config="):
            return given[:place] + given[place + 1 :], Path(word.partition("=")[2])
    return given, None
