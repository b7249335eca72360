"""What in an image speaks for a class, and which known images are like it.

::

    heat = explanation.heat_map(model, images, classes)  # (n, height, width), from 0 to 1
    second_opinion = explanation.occlusion(model, images, classes)
    known = explanation.features(model, training_images)
    numbers, distances = explanation.neighbours(known, explanation.features(model, images))
    weights = explanation.filters(model)  # of the first layer: (height, width, channels, filters)
    maps = explanation.feature_maps(model, images[0])  # by layer: (height, width, channels)

Images are arrays ``(n, height, width, channels)`` of values from 0 to 255, as every model of this
package takes them. :func:`kit.plots.overlay` lays a heat map over its image,
:func:`kit.plots.templates` draws filters, and :func:`kit.plots.feature_maps` maps.
"""

from kit.explanation.feature_neighbours import features, neighbours
from kit.explanation.heat_maps import has_map, heat_map
from kit.explanation.layer_views import feature_maps, filters
from kit.explanation.occluded_images import occlusion

__all__ = [
    "feature_maps",
    "features",
    "filters",
    "has_map",
    "heat_map",
    "neighbours",
    "occlusion",
]
