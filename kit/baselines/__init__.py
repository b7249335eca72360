"""Classifiers without a network: a yardstick for one.

Nearest neighbours and linear classifiers on the pixels, or on any vectors that stand for images.
A network that is not clearly better has learnt little. As classifiers of images they are no good
themselves: a shifted picture is far from the original, pixel by pixel.
"""

from kit.baselines.baseline_answers import Answers, answer, sentences
from kit.baselines.methods import METHODS, Baseline, fit
from kit.baselines.neighbours import nearest

__all__ = ["METHODS", "Answers", "Baseline", "answer", "fit", "nearest", "sentences"]
