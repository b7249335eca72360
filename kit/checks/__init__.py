"""Is the network wired up rightly, is the rate right, does it learn: measured, not guessed.

Every check takes ``make_model``, a function that returns a compiled model to spoil
(:func:`from_model` makes one from any Functional or Sequential model), and a :class:`Sample` of
images; it returns a :class:`Check`. The numbers are judged by pure functions, so that a threshold
can be read and tested without a network.
"""

from kit.checks._blank_images import blank_images
from kit.checks._check import Check, Verdict, panel
from kit.checks._diagnosis import diagnose
from kit.checks._evidence import Evidence, Facts, evidence
from kit.checks._finding import Diagnosis, Finding
from kit.checks._gradients import gradients
from kit.checks._guard import LossGuard
from kit.checks._initial_loss import initial_loss
from kit.checks._inputs import inputs
from kit.checks._learning_rate import learning_rate
from kit.checks._monitors import Monitor
from kit.checks._next_steps import Step, next_steps
from kit.checks._pipeline import pipeline
from kit.checks._regularization import regularization
from kit.checks._sample import Sample, from_arrays, sample
from kit.checks._tiny_subset import tiny_subset
from kit.checks._twins import MakeModel, from_model
from kit.checks._unit_statistics import dead_units
from kit.checks._units import units

__all__ = [
    "Check",
    "Diagnosis",
    "Evidence",
    "Facts",
    "Finding",
    "LossGuard",
    "MakeModel",
    "Monitor",
    "Sample",
    "Step",
    "Verdict",
    "blank_images",
    "dead_units",
    "diagnose",
    "evidence",
    "from_arrays",
    "from_model",
    "gradients",
    "initial_loss",
    "inputs",
    "learning_rate",
    "next_steps",
    "panel",
    "pipeline",
    "regularization",
    "sample",
    "tiny_subset",
    "units",
]
