"""What a search found, how sure it is and what to try next, in sentences."""

from typing import Any

from kit import foreign
from kit.reporting.search_files import BEST, SearchFiles

TITLE = "In short"


def values(search: SearchFiles) -> dict[str, Any]:
    """Return the sentences, the settings to go on with, and where the winner's report is."""
    facts, best = search.saved.facts, search.folder / f"{BEST}.yaml"
    return {
        "sentences": facts.get("sentences", []),
        "finished": facts.get("finished", False),
        "trials": len(search.trials),
        "looks": facts.get("looks"),
        "winner": f"{BEST}/report.html" if (search.folder / BEST / "report.html").is_file() else "",
        "yaml": foreign.text(best).splitlines() if best.is_file() else [],
    }
