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
        measured: What came out, with its number and unit. What stands behind "; " explains it.
        expected: What should, and in the same way why: ``"below 20%; batches are made ..."``.
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


def panel(checks: Sequence[Check], *, verbose: bool = False) -> str:
    """Return the checks as lines for a terminal.

    What passed is one short line; what explains a number, and what to do, stands where something is
    wrong.

    Args:
        checks: In their order.
        verbose: Explain what passed, too.
    """
    wide = max((len(one.name) for one in checks), default=0)
    lines = []
    for one in checks:
        wrong = one.verdict in {"warning", "failed"}
        told = [one.measured, f"expected {one.expected}"]
        if not (wrong or verbose):
            told = [text.partition("; ")[0] for text in told[: 1 + (one.verdict == "ok")]]
        lines.append(f"{WORDS[one.verdict]:8} {one.name:{wide}}  {'; '.join(told)}")
        if one.advice and wrong:
            lines.append(f"{'':8} {'':{wide}}  {one.advice}")
    return "\n".join(progress.clean(line) for line in lines)
