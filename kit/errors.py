"""What can go wrong, told apart by whose move it is.

Every message says what must hold, what came instead and what to do, and names settings as
:mod:`kit.setting_names` has them. The programs in
``kit.commands`` print it without a traceback and end with the class's ``exit_code``.
"""

import contextlib
import difflib
from collections.abc import Iterable, Iterator

from kit.setting_names import said


class KitError(Exception):
    """The work failed: training diverged, a result could not be written.

    Each argument is a line. A line break within one comes from the name of a file or a class, and
    is spelt out: a stranger's name must not look like a line of its own.
    """

    exit_code = 1

    def __str__(self) -> str:
        """Return the lines, with settings as whoever reads them calls them."""
        return "\n".join(said(str(line).replace("\n", "\\n")) for line in self.args)


class SettingError(KitError, ValueError):
    """A setting or an argument cannot be used."""

    exit_code = 2


class DataError(KitError, ValueError):
    """The images, or their arrangement in folders, cannot be used."""

    exit_code = 3


class CheckError(KitError):
    """A check of the network or its settings failed."""

    exit_code = 4


def require_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise SettingError where a setting has none of the values that there are."""
    known = tuple(choices)
    if value not in known:
        raise SettingError(f"{name} must be one of {', '.join(known)}, not {value!r}.")


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a question that offers the choice spelt most like ``word``, or nothing."""
    close = difflib.get_close_matches(word.lower(), list(choices), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


@contextlib.contextmanager
def reaching(result: object) -> Iterator[None]:
    """Let what goes wrong carry what was reached before, in its list ``reached`` and as a note.

    The result may still grow. As long as it has no text, nothing was reached.
    """
    try:
        yield
    except BaseException as error:
        if text := str(result):
            vars(error).setdefault("reached", []).append(result)
            error.add_note(text)
        raise
