"""How pictures are wanted, and the name under which such pictures are kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from kit.data.decoding import decoder
from kit.data.scanning.judging import Finding


@dataclass(frozen=True)
class Rows:
    """How pictures are wanted: ``(height, width)``, color (perhaps ``"auto"``) and the rest."""

    image_size: tuple[int, int]
    color: str
    aspect: str
    equalization: str = "none"

    def resolved(self, findings: Iterable[Finding]) -> str:
        """Return ``"rgb"`` or ``"grayscale"``."""
        if self.color != "auto":
            return self.color
        return "grayscale" if all(finding.gray for finding in findings) else "rgb"

    def name(self, fingerprint: str, color: str) -> str:
        """Return the name in the cache: everything the numbers depend on."""
        return f"{fingerprint}-{color}-{self.judged_as()}"

    def judged_as(self) -> str:
        """Return what findings depend on: a speck of color is gone from a smaller picture."""
        height, width = self.image_size
        rest = "" if self.equalization == "none" else f"{self.equalization}-"
        return f"{height}x{width}-{self.aspect}-{rest}{decoder.version()}"
