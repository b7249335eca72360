"""The settings that are searched, and their ranges."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from kit import foreign
from kit.errors import SettingError

DECADES = 100  # times: from this ratio of its ends a range is drawn from on a log scale
LOG = ("learning_rate", "l2", "weight_decay")  # are drawn so at any ratio, where 0 is not in them
L2_FLOOR = 1e-7  # below, a penalty is lost in rounding beside a loss near 1 in single precision


@dataclass(frozen=True)
class Range:
    """All numbers between two ends.

    Attributes:
        name: Of the setting.
        low: The lower end.
        high: The upper end, above it.
        log: Drawn evenly in the logarithm.
        integer: Whole numbers only, both ends among them.
    """

    name: str
    low: float
    high: float
    log: bool = False
    integer: bool = False

    def value(self, share: float) -> float:
        """Return the value at a share of the way, 0 to 1, from the low to the high end."""
        value = self.at(share)
        if self.integer:
            return int(min(max(round(value), self.low), self.high))
        # In few digits, so that what is written can be typed again and means the same.
        return min(max(float(f"{value:.4g}"), self.low), self.high)

    def at(self, share: float) -> float:
        """Return the number at a share of the way, which may be below 0 or above 1."""
        low, high = self.ends
        if self.log:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)

    def share(self, value: float) -> float:
        """Return how far a value is on the way, 0 to 1."""
        low, high = self.ends
        if self.log:
            return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
        return (value - low) / (high - low)

    @property
    def ends(self) -> tuple[float, float]:
        """Return the ends of the way: those of whole numbers have each an equal part of it."""
        if not self.integer:
            return self.low, self.high
        return (self.low - 0.499, self.high + 0.499)

    def __str__(self) -> str:
        """Return it as a search takes it."""
        scale = "" if self.log == _is_log(self.name, self.low, self.high) else _scale(self.log)
        low, high = (
            f"{end:.0f}" if self.integer else repr(float(f"{end:.12g}"))
            for end in (self.low, self.high)
        )
        return f"{self.name}={low}:{high}{scale}"


@dataclass(frozen=True)
class Choices:
    """One of some values, in no order."""

    name: str
    values: tuple[Any, ...]

    def value(self, share: float) -> Any:
        """Return the value in whose part of the way, 0 to 1, the share lies."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def share(self, value: Any) -> float:
        """Return the middle of a value's part of the way."""
        return (self.values.index(value) + 0.5) / len(self.values)

    def __str__(self) -> str:
        """Return it as a search takes it."""
        return f"{self.name}={','.join(json.dumps(one, ensure_ascii=False) for one in self.values)}"


Parameter = Range | Choices
Space = tuple[Parameter, ...]


def read_space(texts: Iterable[str] | Mapping[str, str]) -> Space:
    """Read ranges, as a search takes them.

    ``learning_rate=1e-6:1e-1`` is a range, ``dropout=0:0.6:linear`` and ``dropout=0.01:0.6:log``
    say on which scale, ``filters=[16,32],[32,64]`` and ``optimizer=adam,sgd`` are choices. A range
    is on a log scale where its ends are a hundred times apart, and for learning_rate, l2 and
    weight_decay; it has whole numbers only where both ends are written so.

    Raises:
        SettingError: A text cannot be read, or a name comes twice.
    """
    if isinstance(texts, Mapping):
        texts = [f"{name}={text}" for name, text in texts.items()]
    space = tuple(_read(text) for text in texts)
    names = [parameter.name for parameter in space]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(f'`search`: "{name}" is given twice; give each setting once.')
    if not space:
        raise SettingError("Nothing to search: give at least one range or list of choices.")
    return space


def possible(space: Space) -> float:
    """Return how many different points a space has; infinity where a range is no whole numbers."""
    return math.prod(
        len(one.values)
        if isinstance(one, Choices)
        else one.high - one.low + 1
        if one.integer
        else math.inf
        for one in space
    )


def space_text(space: Space) -> dict[str, str]:
    """Return a space as :func:`read_space` takes it."""
    return {one.name: str(one).partition("=")[2] for one in space}


def _read(text: str) -> Parameter:
    name, equals, ends = (part.strip() for part in text.partition("="))
    if not equals or not name or not ends:
        raise SettingError(
            f"`search` takes NAME=LOW:HIGH or NAME=VALUE,VALUE,..., for example "
            f"learning_rate=1e-6:1e-1, not {text!r}."
        )
    found = re.fullmatch(r"([^:,\[\]{}]+):([^:,\[\]{}]+)(?::(log|linear))?", ends)
    return _choices(name, ends) if found is None else _range(name, text, found.groups())


def _range(name: str, text: str, parts: Sequence[str | None]) -> Range:
    ends: list[float] = []
    for part in parts[:2]:
        try:
            ends.append(float(cast(str, part)))
        except ValueError:
            raise SettingError(f"`search` {text}: {part!r} is not a number.") from None
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SettingError(
            f"`search` {text}: the low end must be below the high end, and both must be finite "
            "numbers."
        )
    log = _is_log(name, low, high) if parts[2] is None else parts[2] == "log"
    if log and low <= 0:
        raise SettingError(
            f"`search` {text}: on a log scale the low end must be above 0. Use a small number, or "
            f"write {name}={parts[0]}:{parts[1]}:linear."
        )
    integer = all(re.fullmatch(r"\s*[+-]?\d+\s*", cast(str, part)) for part in parts[:2])
    return Range(name, low, high, log, integer and name not in LOG)


def _choices(name: str, text: str) -> Choices:
    try:
        values = foreign.yaml_value(f"[{text}]")
    except ValueError:
        raise SettingError(f"`search` {name}: {text!r} is not a list of values.") from None
    values = [_number(value) for value in values]
    for value in values:
        if not _plain(value):
            raise SettingError(
                f"`search` {name}: {value} cannot be saved. Give numbers, words, true or false, or "
                "lists of them."
            )
    if not values or any(values.count(value) > 1 for value in values):
        raise SettingError(f"`search` {name}: give different values, separated by commas.")
    return Choices(name, tuple(values))


def _number(value: Any) -> Any:
    """Return what YAML takes for a word, 1e-3 without a point, as the number that it is."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value  # "nan" and "infinity" are words


def _plain(value: Any) -> bool:
    """Tell whether JSON, as which trials are kept, gives a value back as it was."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _is_log(name: str, low: float, high: float) -> bool:
    return low > 0 and (name in LOG or high / low >= DECADES)


def _scale(log: bool) -> str:
    return ":log" if log else ":linear"
