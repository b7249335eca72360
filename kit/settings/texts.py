"""Settings as texts: NAME=VALUE, and sizes of images."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from kit import foreign
from kit.choices import LARGEST_SIDE
from kit.errors import SettingError


def assignments(
    values: str | Sequence[str] | Mapping[str, Any],
    name: str = "settings",
    takes: str = "NAME=VALUE",
    *,
    ranges: bool = False,
) -> dict[str, Any]:
    """Return what NAME=VALUE texts or a mapping say; the last of equal names counts.

    Args:
        values: The texts, their values in YAML, or the mapping.
        name: Of the setting that they are for.
        takes: What it takes.
        ranges: Whether values stay texts: of a list, its values between commas.

    Raises:
        SettingError: A text without "=", or a value that is not YAML.
    """
    if isinstance(values, Mapping):
        return {key: _range(name, key, one) if ranges else one for key, one in values.items()}
    found: dict[str, Any] = {}
    for text in [values] if isinstance(values, str) else values:
        key, equals, value = str(text).partition("=")
        if not equals or not key.strip():
            raise SettingError(f"`{name}` takes {takes}, not {text!r}.")
        try:
            found[key.strip()] = value if ranges else foreign.yaml_value(value)
        except ValueError:
            raise SettingError(f"`{name}` {text!r}: {value!r} is not a YAML value.") from None
    return found


def _range(name: str, key: str, value: Any) -> str:
    """Return a range, or choices between commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value:
        return ",".join(map(flow, value))
    raise SettingError(
        f"`{name}`: YAML reads {key} as {value!r}, because 0:0.6 means minutes and seconds. Put "
        f"the range in quotes, as in {key}: '0:0.6', or give a list of choices."
    )


def one_or_two(image_size: int | Sequence[int]) -> tuple[int, int]:
    """Return (height, width) of one or two numbers.

    Raises:
        SettingError: Another count of numbers, or a size that no image has.
    """
    if isinstance(image_size, int):
        image_size = (image_size,)
    if len(image_size) not in (1, 2) or not 1 <= min(image_size) <= max(image_size) <= LARGEST_SIDE:
        given = " ".join(map(str, image_size))
        raise SettingError(
            "`image_size` takes one number for a square, or height and width, from 1 to "
            f"{LARGEST_SIDE}; not {given!r}."
        )
    return image_size[0], image_size[-1]


def flow(value: Any) -> str:
    """Write a value as YAML in one line, as a NAME=VALUE text has it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
