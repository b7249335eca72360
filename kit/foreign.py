"""Text that anybody may have written, JSON and YAML: read with limits, every failure a ValueError.

A file of some kilobytes can nest deeper than Python's stack, stand for millions of values, or hold
half a character that no file, no terminal and no figure takes.
"""

import json
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 1 << 24  # a run with the names of 20,000 classes needs a fortieth
MOST_VALUES = 100_000  # that YAML may stand for, aliases written out
DEEPEST = 50  # settings need 4 levels, the configuration of a network within a network 14


def text(path: Path, most: int = MOST_BYTES) -> str:
    """Return what a file holds, as UTF-8.

    Raises:
        OSError: It cannot be read.
        ValueError: It is larger than ``most`` bytes, or no UTF-8.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it is larger than {most >> 20} MiB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def json_value(content: str | bytes) -> Any:
    """Return a value of JSON.

    Raises:
        ValueError: It is no JSON, nests deeper than 50 levels, or holds half a character.
    """
    try:
        value = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if depth(value) > DEEPEST:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    _check_characters(json.dumps(value, ensure_ascii=False))
    return value


def yaml_value(content: str) -> Any:
    """Return a value of YAML.

    Raises:
        ValueError: It is no YAML, nests deeper than 50 levels, stands for more than 100,000 values,
            or holds half a character.
    """
    sizes: dict[str, int] = {}  # how many values each alias stands for
    counts, anchors = [0], [""]
    try:
        for event in yaml.parse(content, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # within its own anchor it has no end
                counts[-1] += sizes.get(event.anchor or "", MOST_VALUES + 1)
            elif isinstance(event, yaml.ScalarEvent):
                _check_characters(event.value)
                sizes[event.anchor or ""] = 1
                counts[-1] += 1
            elif isinstance(event, yaml.CollectionStartEvent):
                counts.append(1)
                anchors.append(event.anchor or "")
            elif isinstance(event, yaml.CollectionEndEvent):
                sizes[anchors.pop()] = inner = counts.pop()
                counts[-1] += inner
            if len(counts) > DEEPEST:
                raise ValueError(f"it is nested deeper than {DEEPEST} levels")
            if counts[-1] > MOST_VALUES:
                raise ValueError(f"it contains more than {MOST_VALUES:,} values")
        return yaml.safe_load(content)
    except yaml.YAMLError:
        raise ValueError("it is not YAML") from None
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        # what PyYAML raises for !!timestamp x, !!int "" and their like
        raise ValueError("it contains a value that YAML cannot read") from error


def _check_characters(words: str) -> None:
    try:
        words.encode()
    except UnicodeEncodeError:
        raise ValueError("it contains half a character (a lone surrogate)") from None


def depth(value: Any) -> int:
    """Return how many lists and mappings lie within each other, without recursion."""
    level, deep = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        deep += 1
    return deep
