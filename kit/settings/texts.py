"""Settings as texts: NAME=VALUE, and sizes of images."""

from collections.abc import Sequence
from typing import Any

import yaml

from kit import foreign
from kit.choices import LARGEST_SIDE
from kit.errors import SettingError

__all__ = ["assignments", "flow", "one_or_two"]


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
    if len(image_size) not in (1, 2) or not 1 <= min(image_size) <= max(image_size) <= LARGEST_SIDE:
        given = " ".join(map(str, image_size))
        raise SettingError(
            "--image-size takes one number for a square, or height and width, from 1 to "
            f"{LARGEST_SIDE}; not {given!r}."
        )
    return image_size[0], image_size[-1]


def flow(value: Any) -> str:
    """Write a value as YAML in one line, as ``--set`` takes it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
