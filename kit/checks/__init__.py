"""Is the network wired up rightly, is the rate right, does it learn: measured, not guessed.

Every check takes ``make_model``, a function that returns a compiled model to spoil
(:func:`from_model` makes one from any Functional or Sequential model), and a :class:`Sample` of
images; it returns a :class:`Check`. The numbers are judged by pure functions, so that a threshold
can be read and tested without a network.
"""

from kit.checks.backpropagation.gradients import gradients
from kit.checks.image_sample import Sample, from_arrays, sample
from kit.checks.learning.blank_images import blank_images
from kit.checks.learning.learning_rate import learning_rate
from kit.checks.learning.tiny_subset import tiny_subset
from kit.checks.start.initial_loss import initial_loss
from kit.checks.start.inputs import inputs
from kit.checks.start.regularization import regularization
from kit.checks.start.signal_statistics import dead_units
from kit.checks.start.signals import units
from kit.checks.start.waiting_for_data import pipeline
from kit.checks.twins import MakeModel, from_model
from kit.checks.verdicts import Check, Verdict, panel

__all__ = [
    "Check",
    "MakeModel",
    "Sample",
    "Verdict",
    "blank_images",
    "dead_units",
    "from_arrays",
    "from_model",
    "gradients",
    "initial_loss",
    "inputs",
    "learning_rate",
    "panel",
    "pipeline",
    "regularization",
    "sample",
    "tiny_subset",
    "units",
]
