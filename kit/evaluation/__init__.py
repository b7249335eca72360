"""How good a model is, and how sure that is.

:func:`probabilities` asks a model, :func:`score` counts, :func:`sentences` says it in words. Only
the first needs Keras.
"""

from kit.evaluation.asking_models import both_columns, predictions, probabilities
from kit.evaluation.cross_validation import CrossValidation, cross_validated
from kit.evaluation.kept_epoch import best_place, kept_epoch, why_kept
from kit.evaluation.score_sentences import against_majority, looks, looks_text, sentences
from kit.evaluation.scores import Scores, recalled, score
from kit.evaluation.temperature import temperature

__all__ = [
    "CrossValidation",
    "Scores",
    "against_majority",
    "best_place",
    "both_columns",
    "cross_validated",
    "kept_epoch",
    "looks",
    "looks_text",
    "predictions",
    "probabilities",
    "recalled",
    "score",
    "sentences",
    "temperature",
    "why_kept",
]
