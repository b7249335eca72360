"""Settings, versions and the command, with which the run can be made again."""

import shlex
from typing import Any

from kit import foreign
from kit.reporting.run_files import RunFiles
from kit.reporting.search_files import SearchFiles

TITLE = "Settings, versions, command"


def values(run: RunFiles | SearchFiles) -> dict[str, Any]:
    """Return the settings as they stand in their file, and what else the result depends on."""
    facts = run.saved.facts
    named = ("seed", "threads", "processors", "platform")
    return {
        "file": run.settings_file.name,
        "command": shlex.join(map(str, facts.get("command", []))),
        "yaml": foreign.text(run.settings_file).splitlines(),
        "versions": facts.get("versions", {}),
        "facts": {name: facts[name] for name in named if name in facts},
        "seconds": run.metrics.get("seconds"),
        "cpu_seconds": run.metrics.get("cpu_seconds"),
        "fingerprint": facts.get("data", {}).get("fingerprint", ""),
    }
