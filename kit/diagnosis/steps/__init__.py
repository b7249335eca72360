"""What to do about a diagnosis."""

from kit.diagnosis.steps.cures import next_steps
from kit.diagnosis.steps.step import Step

__all__ = ["Step", "next_steps"]
