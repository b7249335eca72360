"""A run and some images: which class each of them is.

::

    classifier = prediction.load("models/pets-basic_cnn")
    answers = prediction.classify(classifier, ["photos", "more/*.jpg"], top=3)
    print(answers.table)
"""

from kit.prediction.classifier import (
    Classifier,
    Predictions,
    classify,
    decoded,
    from_model,
    load,
)
from kit.prediction.selection import Paths, Selection, find

__all__ = [
    "Classifier",
    "Paths",
    "Predictions",
    "Selection",
    "classify",
    "decoded",
    "find",
    "from_model",
    "load",
]
