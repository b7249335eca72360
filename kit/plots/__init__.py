"""Numbers to matplotlib figures; nothing here knows a model, a data set or a folder.

Every function returns a ``matplotlib.figure.Figure`` that pyplot does not hold, so that many can be
made in one process. A notebook shows it; :func:`save` writes it.
"""

from kit.plots._before import by_heart, initial_loss, input_range, penalties
from kit.plots._confusion import confusion
from kit.plots._curves import curves
from kit.plots._during import layers
from kit.plots._images import augmented, images, mixed
from kit.plots._network import network
from kit.plots._search import search_map, search_settings
from kit.plots._search_epochs import search_cost, search_curves
from kit.plots._start import gradient_errors, learning_rates, signals, waiting
from kit.plots._text import save

__all__ = [
    "augmented",
    "by_heart",
    "confusion",
    "curves",
    "gradient_errors",
    "images",
    "initial_loss",
    "input_range",
    "layers",
    "learning_rates",
    "mixed",
    "network",
    "penalties",
    "save",
    "search_cost",
    "search_curves",
    "search_map",
    "search_settings",
    "signals",
    "waiting",
]
