"""What a folder in ``models/`` holds, and how it is written and read.

==================  ===========================================================================
``model.keras``     the network with its best weights; loads with Keras alone
``run.yaml``        every setting as resolved, in groups, valid input for ``--config``
``run.json``        facts: versions, command, seed, threads, data fingerprint, class names
``history.csv``     one row per epoch
``split.csv``       every image with its class, its part and its content hash
``metrics.json``    the scores
``predictions.csv`` file, true class, answer and second answer with their probabilities
``figures/``        pictures
==================  ===========================================================================
"""

from kit.runs.facts import FACTS, environment
from kit.runs.folders import (
    MODEL,
    SETTINGS,
    alone,
    check_free,
    check_outside,
    check_possible,
    create,
    next_folder,
)
from kit.runs.models import in_full, load_model, save_model, uncompiled
from kit.runs.saved import SEARCH, SPLIT, Opened, Saved, folder_of, images_of, load, names

__all__ = [
    "FACTS",
    "MODEL",
    "SEARCH",
    "SETTINGS",
    "SPLIT",
    "Opened",
    "Saved",
    "alone",
    "check_free",
    "check_outside",
    "check_possible",
    "create",
    "environment",
    "folder_of",
    "images_of",
    "in_full",
    "load",
    "load_model",
    "names",
    "next_folder",
    "save_model",
    "uncompiled",
]
