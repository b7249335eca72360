"""Settings and scores as words, for lines, tables and sentences."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from kit.progress import clean

LONGEST = 60  # letters of one value
NAMED = 4  # things in one sentence


def lower_is_better(objective: str) -> bool:
    """Tell whether the least value of an objective is the best."""
    return "loss" in objective


def score_text(value: float) -> str:
    """Return a metric in three decimals, a large one in three digits."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.3g}"


def value_text(value: Any) -> str:
    """Return a setting's value: numbers in four digits, lists as JSON, no control characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = clean(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def settings_text(values: Mapping[str, Any]) -> str:
    """Return settings in one line: ``learning_rate 0.0031, l2 2e-05``."""
    return ", ".join(f"{clean(name)} {value_text(value)}" for name, value in values.items())


def listed(names: Sequence[str]) -> str:
    """Return names in one line, the first few where there are many."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
