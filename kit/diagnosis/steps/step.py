"""One thing to do, and whether it suits a training."""

from dataclasses import dataclass, replace

from kit import architectures
from kit.diagnosis.training_evidence import Facts


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        text: What, and why.
        command: Flags of ``kit-train``, or another command, that do it; "" where only the user can.
    """

    text: str
    command: str = ""

    def __str__(self) -> str:
        """Return both on a line."""
        return f"{self.text} {self.command}".strip()


def suited(step: Step, facts: Facts) -> Step:
    """Return a step without a command that sets what the architecture does not have."""
    setting = step.command.removeprefix("--set ").partition("=")[0]
    lacks = step.command.startswith("--set ") and not has_setting(facts, setting)
    return replace(step, command="") if lacks else step


def is_in_force(step: Step, facts: Facts) -> bool:
    """Tell whether a step asks for what is set already."""
    flag, _, value = step.command.partition(" ")
    known = facts.settings
    if flag == "--set":
        flag, _, value = value.partition("=")
        known = known.get("settings", {})
    name = flag.removeprefix("--").replace("-", "_")
    now = known.get(name, getattr(facts, name, None))
    try:
        return float(now) == float(value)
    except (TypeError, ValueError):
        return str(now) == value


def has_setting(facts: Facts, name: str) -> bool:
    """Tell whether the architecture has a setting, or is not known."""
    known = facts.architecture in architectures.names()
    return not known or name in architectures.settings(facts.architecture)


def rounded(value: float) -> float:
    """Return a number of one digit, as people try them."""
    return float(f"{value:.1g}")
