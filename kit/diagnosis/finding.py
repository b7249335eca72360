"""What a diagnosis consists of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

GIVEN = ("leakage", "too few validation images", "batches too small")  # before any training
Severity: TypeAlias = Literal["warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One cause that the numbers speak for.

    Attributes:
        cause: Its name, ``"rate too high"``.
        severity: ``"failed"`` where the training is spoilt, ``"warning"`` where it is only worse
            than it could be or its score is not to be trusted.
        sentence: What it is, in plain words.
        evidence: The numbers that speak for it, in words, each beside what it is compared with.
        numbers: The same as JSON values.
    """

    cause: str
    severity: Severity
    sentence: str
    evidence: str
    numbers: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Return sentence and evidence."""
        return f"{self.sentence} Evidence: {self.evidence}."


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a training, the most probable cause first.

    Attributes:
        findings: The causes; none where all is well.
        summary: One sentence about the whole.
    """

    findings: tuple[Finding, ...]
    summary: str

    @property
    def verdict(self) -> Literal["ok", "warning", "failed"]:
        """The most severe of the findings."""
        found = {one.severity for one in self.findings}
        return "failed" if "failed" in found else "warning" if found else "ok"

    @property
    def cause(self) -> str:
        """The first cause, "" where all is well."""
        return self.findings[0].cause if self.findings else ""

    def lines(self) -> list[str]:
        """Return the summary and the findings for a terminal."""
        spoilt = bool(self.findings) and self.findings[0].severity == "failed"
        lines = [self.summary]
        for number, one in enumerate(self.findings, 1):
            later = spoilt and number > 1 and one.cause not in GIVEN
            lines.append(f"{number}. {'Perhaps a consequence of the first: ' * later}{one}")
        return lines
