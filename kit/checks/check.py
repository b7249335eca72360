"""What a check finds, and how it is shown: like an instrument, measured beside expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from kit import progress
from kit.setting_names import said

Verdict: TypeAlias = Literal["ok", "warning", "failed", "not applicable"]

WORDS: Mapping[Verdict, str] = {
    "ok": "ok",
    "warning": "WARNING",
    "failed": "FAILED",
    "not applicable": "-",
}


@dataclass(frozen=True)
class Check:
    """One thing that was measured.

    Attributes:
        name: What was looked at, ``"initial loss"``.
        verdict: ``"ok"``, ``"warning"``, ``"failed"`` or ``"not applicable"``.
        measured: What came out, with its number and unit: ``"2.31"``.
        expected: What should, and why: ``"2.303 = ln 10, within 10 %: every class is as likely"``.
        advice: What to do, where it is not ok.
        numbers: What a plot or a later reader needs, as JSON values.
    """

    name: str
    verdict: Verdict
    measured: str
    expected: str
    advice: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Say settings as whoever reads it calls them."""
        for name in ("measured", "expected", "advice"):
            object.__setattr__(self, name, said(getattr(self, name)))


def panel(checks: Sequence[Check]) -> str:
    """Return the checks as lines for a terminal; advice stands below what is not ok."""
    wide = max((len(one.name) for one in checks), default=0)
    lines = []
    for one in checks:
        lines.append(
            f"{WORDS[one.verdict]:8} {one.name:{wide}}  {one.measured}; expected {one.expected}"
        )
        if one.advice and one.verdict in {"warning", "failed"}:
            lines.append(f"{'':8} {'':{wide}}  {one.advice}")
    return "\n".join(progress.clean(line) for line in lines)
