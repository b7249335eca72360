"""Settings in files: run.yaml, search.yaml, and what a stranger may have written into one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from kit import foreign
from kit.errors import SettingError, nearest
from kit.setting_names import as_names, flag
from kit.settings import values
from kit.settings.joined import Joined

# What a settings file, which may be a stranger's, never says: what this machine writes or replaces,
# and whom it talks to.
WRITES = {"output", "overwrite", "into", "csv", "json", "explain", "fix_list", "drawing"}
FLAGS_ALONE = WRITES | {"resume", "scheduler"}


def read_settings(
    kind: type[Joined], path: Path, text: str | None = None, *, named: str | None = None
) -> dict[str, Any]:
    """Return the settings in a YAML file, as they are taken.

    Args:
        kind: Of settings.
        path: The file.
        text: What it holds, where that came in another way.
        named: What errors call it; by default the file.

    Raises:
        SettingError: The file cannot be read, or holds what the command cannot take.
    """
    named = str(path) if named is None else named
    try:
        settings = foreign.yaml_value(foreign.text(path) if text is None else text)
    except (OSError, ValueError) as error:
        raise SettingError(f"{named}: {getattr(error, 'strerror', None) or error}.") from None
    if not isinstance(settings, dict):
        raise SettingError(f"{named} must contain NAME: VALUE lines.")
    parameters = kind.signature().parameters
    settings = kind.flat_of(settings)
    if kind.null_is_unsaid:
        settings = {name: value for name, value in settings.items() if value is not None}
    for name in settings:
        if name not in parameters:
            hint = nearest(str(name), parameters)
            raise SettingError(f'{named}: there is no setting "{name}".{hint}')
        if name in FLAGS_ALONE and settings[name] is not None and settings[name] is not False:
            raise SettingError(
                f"{named}: {name} decides what this machine writes, replaces or talks to, so it "
                f"must be given as a flag, {flag(name)}, not in a file. Delete this line."
            )
    try:
        return {
            name: values.taken(name, parameters[name].annotation, value)
            for name, value in settings.items()
            if name not in FLAGS_ALONE
        }
    except SettingError as error:  # in a file settings have their names
        raise SettingError(f"{named}: {as_names(str(error.args[0]))}") from None


def settings_text(settings: Mapping[str, Any], kind: type[Joined] | None = None) -> str:
    """Return settings as :func:`read_settings` takes them, in the groups of their kind, if any."""
    plain = json.loads(json.dumps(settings, default=_plain))
    kept = {name: value for name, value in plain.items() if name not in FLAGS_ALONE}
    kept = kept if kind is None else kind.tree_of(kept)
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)


def _plain(value: Any) -> Any:
    """Return a number or an array of NumPy's as JSON has it, and anything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
