"""What every program does around its function: flags, settings file, errors, exit codes."""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import help_pages, usage
from kit.commands.terminal.settings_command import Command
from kit.commands.terminal.streams import enduring
from kit.errors import KitError, SettingError
from kit.setting_names import flag, flags_spoken
from kit.settings import Bare, Joined, values
from kit.settings.stored import read_settings

PACKAGE = "kit-image-classification"


@enduring()
@flags_spoken()
def program(command: Command, arguments: Sequence[str] | None = None) -> None:
    """Run a command with the words of the process, and end this with its exit code.

    ``--config FILE`` gives settings as YAML; flags go before them.
    """
    _prepare_process(restart=arguments is None)
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = Path(sys.argv[0]).name
    if asked := {"--help", "-h", "--help-all", "--version"}.intersection(words):
        if "--version" in asked:
            print(f"{name} {metadata.version(PACKAGE)}")
        else:
            print(help_pages.page(command.kind, name, every="--help-all" in asked))
        return
    try:
        _refuse_empty(name, words)
        words, config = _take_config(_spelled_out(command.kind, words))
        known = read_settings(command.kind, config) if config else {}
        _parsed(command, known, words, name)()
    except KitError as error:
        progress.say(*f"Error: {error}".split("\n"))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        progress.say("Interrupted.")
        sys.exit(130)
    except MemoryError:
        progress.say(
            "Error: there is too little memory. Close other programs, or use a smaller image size "
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
    command: Command, known: Mapping[str, Any], words: Sequence[str], name: str
) -> Callable[[], object]:
    """Return the command with its settings, to be called; what is wrong is said in one voice."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return command.parsed(words, known)
    except SystemExit:
        sentence = usage.mistake(command.kind, words, name) or " ".join(said.getvalue().split())
        raise SettingError(sentence) from None


def _refuse_empty(name: str, words: Sequence[str]) -> None:
    for before, word in itertools.pairwise([name, *words]):
        if not word or (word.startswith("--") and word.endswith("=")):
            raise SettingError(
                f"The text after {word.rstrip('=') or before} is empty. For the current folder, "
                "write a dot: ."
            )


def _prepare_process(restart: bool) -> None:
    if restart and os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
        # Python would read the bytes of a Persian name as ASCII and call them no text.
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    # TensorFlow's notes on its own build, and "errors" about a graphics card that is not there.
    # What really fails is raised.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _spelled_out(kind: type[Joined], given: Sequence[str]) -> list[str]:
    """Write out what stands for more than itself: --flip for --flip yes."""
    parameters = {flag(name): one for name, one in kind.signature().parameters.items()}
    words: list[str] = []
    for word, following in itertools.zip_longest(given, given[1:]):
        name, equals, behind = word.partition("=")
        name = name.replace("_", "-") if word.startswith("--") else name
        positive = f"--{name.removeprefix('--no-')}"
        annotation = getattr(parameters.get(name, parameters.get(positive)), "annotation", None)
        bare = next((one for one in values.marks(annotation) if isinstance(one, Bare)), None)
        if equals and (values.is_switch(annotation) or (bare and name not in parameters)):
            # tyro would take what stands there for the folder
            raise SettingError(f"{name} takes no value. --help-all lists the flags.")
        if bare and not equals and name not in parameters and bare.negative is not None:
            words += [positive, bare.negative]
        elif bare and not equals and not values.begins(annotation, following):
            words += [name, bare.value]
        else:
            words.append(name + equals + behind)
    return words


def _take_config(words: list[str]) -> tuple[list[str], Path | None]:
    """Return the words without --config, and its file."""
    places = [place for place, word in enumerate(words) if word.partition("=")[0] == "--config"]
    if not places:
        return words, None
    if len(places) > 1:
        raise SettingError("--config may be given only once. Put all settings into one file.")
    _, equals, file = words[places[0]].partition("=")
    after = places[0] + (1 if equals else 2)
    if after > len(words):
        raise SettingError("--config takes a file, for example models/RUN/run.yaml.")
    return words[: places[0]] + words[after:], Path(file if equals else words[after - 1])
