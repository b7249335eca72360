"""Settings in files: run.yaml, search.yaml, and what a stranger may have written into one."""

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from kit import foreign
from kit.errors import SettingError, nearest
from kit.settings import values
from kit.settings.joined import Joined
from kit.settings.texts import flow

__all__ = ["FLAGS_ALONE", "read_settings", "settings_text"]

RANGES = "search"  # the setting whose values are ranges and lists of choices
# What a settings file, which may be a stranger's, never says: what this machine writes or replaces,
# and whom it talks to.
WRITES = {"output", "overwrite", "into", "csv", "json", "fix_list", "drawing"}
FLAGS_ALONE = WRITES | {"resume", "chief", "worker"}


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def read_settings(
    kind: type[Joined] | Callable[..., object],
    path: Path,
    text: str | None = None,
    *,
    named: str | None = None,
) -> dict[str, Any]:
    """Return the settings in a YAML file, as they are taken.

    Args:
        kind: Of settings, or a function whose parameters they are.
        path: The file.
        text: What it holds, where that came in another way.
        named: What errors call it; by default the flag and the file.

    Raises:
        SettingError: The file cannot be read, or holds what the command cannot take.
    """
    named = f"--config {path}" if named is None else named
    try:
        settings = foreign.yaml_value(foreign.text(path) if text is None else text)
    except (OSError, ValueError) as error:
        raise SettingError(f"{named}: {getattr(error, 'strerror', None) or error}.") from None
    if not isinstance(settings, dict):
        raise SettingError(f"{named} must hold NAME: VALUE lines.")
    if isinstance(kind, type) and issubclass(kind, Joined):
        parameters = kind.signature().parameters
        settings = kind.flat_of(settings)
        if kind.null_is_unsaid:
            settings = {name: value for name, value in settings.items() if value is not None}
    else:
        parameters = inspect.signature(kind).parameters
    for name in settings:
        if name not in parameters:
            hint = nearest(str(name), parameters)
            raise SettingError(f'{named}: there is no setting "{name}".{hint}')
        if name in FLAGS_ALONE and settings[name] is not None and settings[name] is not False:
            raise SettingError(
                f"{named}: {name} decides what this machine writes, replaces or talks to, so it is "
                f"taken as a flag, --{_dashed(name)}, and not from a file. Delete this line."
            )
    return {
        name: _typed(name, value, named, parameters[name])
        for name, value in settings.items()
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
        return values.read(parameter.annotation, ["--", *words])  # they may begin with a dash
    except ValueError:
        kind = values.takes(parameter.annotation)
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
