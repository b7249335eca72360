"""Settings, versions and the command, with which the run can be made again."""

import shlex
from typing import Any

from kit import foreign, runs
from kit.reporting.run_files import RunFiles

TITLE = "Settings, versions, command"


def values(run: RunFiles) -> dict[str, Any]:
    """Return the settings as they stand in run.yaml, and what else the result depends on."""
    facts = run.saved.facts
    named = ("seed", "threads", "processors", "platform")
    return {
        "command": shlex.join(map(str, facts.get("command", []))),
        "yaml": foreign.text(run.folder / runs.SETTINGS).splitlines(),
        "versions": facts.get("versions", {}),
        "facts": {name: facts[name] for name in named if name in facts},
        "seconds": run.metrics.get("seconds"),
        "cpu_seconds": run.metrics.get("cpu_seconds"),
        "fingerprint": facts.get("data", {}).get("fingerprint", ""),
    }
