"""What went wrong in a training, on what evidence, and what to do next."""

from kit.diagnosis.diagnosing import diagnose
from kit.diagnosis.finding import Diagnosis, Finding
from kit.diagnosis.steps import Step, next_steps
from kit.diagnosis.training_evidence import Evidence, Facts, evidence

__all__ = [
    "Diagnosis",
    "Evidence",
    "Facts",
    "Finding",
    "Step",
    "diagnose",
    "evidence",
    "next_steps",
]
