"""Numbers to matplotlib figures; nothing here knows a model, a data set or a folder.

Every function returns a ``matplotlib.figure.Figure`` that pyplot does not hold, so that many can be
made in one process. A notebook shows it; :func:`save` writes it.
"""

from kit.plots.confusion_matrix import confusion
from kit.plots.figure_text import save
from kit.plots.heat_overlays import overlay
from kit.plots.image_grids import augmented, feature_maps, images, mixed, templates
from kit.plots.layer_curves import layers
from kit.plots.networks.network_drawing import network
from kit.plots.searches.search_costs import search_cost, search_curves
from kit.plots.searches.search_maps import search_map, search_settings
from kit.plots.setup_checks import by_heart, initial_loss, input_range, penalties
from kit.plots.start_checks import gradient_errors, learning_rates, signals, waiting
from kit.plots.training_curves import curves, head_penalties

__all__ = [
    "augmented",
    "by_heart",
    "confusion",
    "curves",
    "feature_maps",
    "gradient_errors",
    "head_penalties",
    "images",
    "initial_loss",
    "input_range",
    "layers",
    "learning_rates",
    "mixed",
    "network",
    "overlay",
    "penalties",
    "save",
    "search_cost",
    "search_curves",
    "search_map",
    "search_settings",
    "signals",
    "templates",
    "waiting",
]
