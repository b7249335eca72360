"""What every program does around its function: flags, settings file, errors, exit codes."""

import contextlib
import functools
import inspect
import io
import itertools
import json
import logging
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, get_args

import tyro
import yaml

from kit import foreign, progress
from kit.commands import _usage
from kit.commands._command import Command
from kit.commands._streams import enduring
from kit.errors import KitError, SettingError, nearest
from kit.settings import Bare, Joined

__all__ = [
    "FLAGS_ALONE",
    "assignments",
    "flow",
    "one_or_two",
    "program",
    "program_name",
    "quoted",
    "read_settings",
    "settings_text",
    "start_keras",
]

PACKAGE = "kit-image-classification"
RANGES = "search"  # the setting whose values are ranges and lists of choices
# What a settings file, which may be a stranger's, never says: what this machine writes or replaces,
# and whom it talks to.
WRITES = {"output", "overwrite", "into", "csv", "json", "fix_list", "drawing"}
FLAGS_ALONE = WRITES | {"resume", "chief", "worker"}


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
        known = read_settings(command, config) if config else {}
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
        sentence = _usage.mistake(command, words, name) or " ".join(said.getvalue().split())
        raise SettingError(sentence) from None
    return run


def _refuse_empty(words: Sequence[str]) -> None:
    for before, word in itertools.pairwise([Path(sys.argv[0]).name, *words]):
        if not word or (word.startswith("--") and word.endswith("=")):
            raise SettingError(
                f"The text behind {word.rstrip('=') or before} is empty. The current folder is "
                "written as a dot: ."
            )


def assignments(
    texts: Sequence[str], takes: str = "--set takes NAME=VALUE, for example filters=[16,32]"
) -> dict[str, Any]:
    """Read ``name=value`` texts; the values are YAML, the last of equal names counts.

    Raises:
        SettingError: A text without "=", or a value that is not YAML.
    """
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SettingError(f"{takes}, not {text!r}.")
        try:
            values[name.strip()] = foreign.yaml_value(value)
        except ValueError:
            flag = takes.partition(" ")[0]
            raise SettingError(f"{flag} {text!r}: {value!r} is not a YAML value.") from None
    return values


def one_or_two(image_size: Sequence[int]) -> tuple[int, int]:
    """Return (height, width) of one or two numbers.

    Raises:
        SettingError: Another count of numbers, or a size that no image has.
    """
    from kit.data.checking import LARGEST_SIDE

    if len(image_size) not in (1, 2) or not 1 <= min(image_size) <= max(image_size) <= LARGEST_SIDE:
        given = " ".join(map(str, image_size))
        raise SettingError(
            "--image-size takes one number for a square, or height and width, from 1 to "
            f"{LARGEST_SIDE}; not {given!r}."
        )
    return image_size[0], image_size[-1]


def start_keras() -> None:
    """Import Keras and TensorFlow, which takes seconds, without TensorFlow's notes on stderr.

    It writes them before it has read which it is to leave out, so they are held back on the level
    of the file descriptor, and shown if the import fails.
    """
    if "keras" in sys.modules:
        return
    progress.say("Starting TensorFlow ...")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import keras  # noqa: F401
        except BaseException:
            os.dup2(kept, 2)
            notes.seek(0)
            progress.say(*notes.read().decode(errors="replace").split("\n"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    # It warns that one model after the other is trained and asked, as folds and repeats want it.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def program_name(name: str) -> str:
    """Return how a program is started here: `make` installs into a folder outside the PATH."""
    beside = Path(sys.executable).with_name(name)
    return name if shutil.which(name) or not beside.exists() else quoted(beside)


def quoted(path: Path | str | float) -> str:
    """Return a word as it is typed here."""
    if os.name == "posix":
        return shlex.quote(str(path))
    return f'"{path}"' if " " in str(path) else str(path)


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
    switches = {_usage.flag_of(one) for one in parameters if _usage.is_switch(one)}
    flags = {_usage.flag_of(one) for one in parameters if one.annotation == bool | None}
    bare = {
        _usage.flag_of(one): mark.value
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


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _take_config(given: list[str]) -> tuple[list[str], Path | None]:
    for place, word in enumerate(given):
        if word == "--config":
            if place + 1 == len(given):
                raise SettingError("--config takes a file, for example models/RUN/run.yaml.")
            return given[:place] + given[place + 2 :], Path(given[place + 1])
        if word.startswith("--config="):
            return given[:place] + given[place + 1 :], Path(word.partition("=")[2])
    return given, None


def read_settings(
    command: Callable[..., object],
    path: Path,
    text: str | None = None,
    *,
    named: str | None = None,
) -> dict[str, Any]:
    """Return the settings in a YAML file, as the command takes them.

    Args:
        command: As for :func:`program`.
        path: The file.
        text: What it holds, where that came in another way.
        named: What errors call it; by default the flag and the file.

    Raises:
        SettingError: The file cannot be read, or holds what the command cannot take.
    """
    named = f"--config {path}" if named is None else named
    try:
        values = foreign.yaml_value(foreign.text(path) if text is None else text)
    except (OSError, ValueError) as error:
        raise SettingError(f"{named}: {getattr(error, 'strerror', None) or error}.") from None
    if not isinstance(values, dict):
        raise SettingError(f"{named} must hold NAME: VALUE lines.")
    parameters = inspect.signature(command).parameters
    if isinstance(command, Command):
        values = command.kind.flat_of(values)
        if command.kind.null_is_unsaid:
            values = {name: value for name, value in values.items() if value is not None}
    for name in values:
        if name not in parameters:
            hint = nearest(str(name), parameters)
            raise SettingError(f'{named}: there is no setting "{name}".{hint}')
        if name in FLAGS_ALONE and values[name] is not None and values[name] is not False:
            raise SettingError(
                f"{named}: {name} decides what this machine writes, replaces or talks to, so it is "
                f"taken as a flag, --{_dashed(name)}, and not from a file. Delete this line."
            )
    return {
        name: _typed(name, value, named, parameters[name])
        for name, value in values.items()
        if name not in FLAGS_ALONE
    }


def settings_text(settings: Mapping[str, Any], kind: type[Joined] | None = None) -> str:
    """Return settings as :func:`read_settings` takes them, in the groups of their kind, if any."""
    plain = json.loads(json.dumps(settings, default=str))
    kept = {name: value for name, value in plain.items() if name not in FLAGS_ALONE}
    kept = kept if kind is None else kind.tree_of(kept)
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)


def _typed(name: str, value: Any, named: str, parameter: inspect.Parameter) -> Any:
    """Check one value of a settings file by the parser that checks the flags."""
    if value is None:
        if parameter.default is None or type(None) in get_args(parameter.annotation):
            return None
        raise SettingError(f"{named}: {name} needs a value.")
    if isinstance(value, dict) and tuple[str, ...] in get_args(parameter.annotation):
        return tuple(f"{key}={_assigned(name, key, entry, named)}" for key, entry in value.items())
    words = [str(word) for word in value] if isinstance(value, list) else [str(value)]
    try:
        if "" in words:
            raise ValueError
        return _usage.read(parameter.annotation, ["--", *words])  # they may begin with a dash
    except ValueError:
        kind = _usage.takes(parameter.annotation)
        raise SettingError(f"{named}: {name} takes {kind}, not {value!r}.") from None


def _assigned(name: str, key: str, value: Any, named: str) -> str:
    """Write one entry of a mapping as its flag takes it behind the "="."""
    if name != RANGES:
        return flow(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return ",".join(map(flow, value))
    raise SettingError(
        f"{named}: {RANGES}: {key} is {value!r} to YAML, which reads 0:0.6 as minutes and "
        f"seconds. Put the range in quotes, as in {key}: '0:0.6', or give a list of choices."
    )


def flow(value: Any) -> str:
    """Write a value as YAML in one line, as ``--set`` takes it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
