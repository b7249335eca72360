"""How far the work is: a bar with the remaining time on a terminal, plain lines elsewhere.

Everything here goes to stderr; stdout is for results.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from kit.setting_names import said

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")
WIDEST = 40  # characters of a name in a table
JOINERS = "\u200c\u200d"  # "not printable" to Python, but ordinary letters' neighbours in Persian


def clean(text: object) -> str:
    """Return ``text`` with control characters spelt out.

    Names of files and classes come from strangers: an escape sequence in one must not reach the
    terminal.
    """
    return "".join(c if c.isprintable() or c in JOINERS else _spelt(c) for c in str(text))


def short(name: object) -> str:
    """Return a name as a table has it: cleaned, and without its middle where it is long."""
    text = clean(name)
    if len(text) <= WIDEST:
        return text
    return f"{text[: WIDEST // 2]}…{text[1 - WIDEST // 2 :]}"


def some(names: Iterable[str], most: int = 5) -> str:
    """Return the first names as a sentence has them, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def aligned(rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return rows of cells as lines with columns, each at its side, "<" or ">"."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map("{:{}{}}".format, row, sides, widths)).rstrip() for row in rows)


class Lines(list[str]):
    """Sentences, one after the other; as text each is a line, whatever names are in it."""

    def __str__(self) -> str:
        """Return the clean lines."""
        return "\n".join(map(clean, self))


def say(*lines: str) -> None:
    """Write lines to stderr; a line break within one is spelt out, as it comes from a name."""
    for line in lines:
        print(clean(said(line)), file=sys.stderr, flush=True)


def bar() -> "Progress":
    """Return rich's progress display with a bar, a count and the remaining time."""
    from rich import progress  # here, since --help should not wait for it
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True),
        transient=True,
    )


def track(items: Iterable[Item], total: int, doing: str, done: str) -> Iterator[Item]:
    """Yield the items and show how far they are.

    Args:
        items: What to go through.
        total: How many there are.
        doing: What the bar says, for example "Reading images".
        done: What one line says at the end, for example "images read".
    """
    start = time.monotonic()
    if sys.stderr.isatty():
        with bar() as progress:
            task = progress.add_task(clean(doing), total=total)
            for item in items:
                yield item
                progress.advance(task)
    else:
        say(f"{doing}: {total}")
        yield from items
    say(f"{total} {done} in {time.monotonic() - start:.1f} s")


def _spelt(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode()
