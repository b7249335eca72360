"""Networks that were trained before: which there are, their weights, their files and their ends."""

from kit.architectures.backbones.catalogue import (
    BACKBONES,
    PROPOSED,
    RECOMMENDED,
    Backbone,
    Preprocessing,
    find,
)
from kit.architectures.backbones.weights import (
    UNASKED,
    at_hand,
    fetch,
    load,
    ready,
    weights_file,
)

__all__ = [
    "BACKBONES",
    "PROPOSED",
    "RECOMMENDED",
    "UNASKED",
    "Backbone",
    "Preprocessing",
    "at_hand",
    "fetch",
    "find",
    "load",
    "ready",
    "weights_file",
]
