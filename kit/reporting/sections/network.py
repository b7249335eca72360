"""The network: what it is, why it was chosen, and its drawing."""

from typing import Any

from kit import files
from kit.reporting.pictures import figures
from kit.reporting.run_files import RunFiles

TITLE = "The network"


def values(run: RunFiles) -> dict[str, Any]:
    """Return its name, its own settings, the size of its file and the drawing."""
    saved = run.saved
    path = saved.model_file
    return {
        "architecture": saved.facts.get("architecture", ""),
        "choice": saved.facts.get("choice", ""),
        "settings": saved.settings.get("settings") or {},
        "size": files.amount(path.stat().st_size) if path.is_file() else "",
        "temperature": saved.facts.get("temperature"),
        "figures": figures([run.folder / "figures" / "network.png"]),
    }
