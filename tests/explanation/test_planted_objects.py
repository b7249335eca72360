"""Heat lies on planted objects, for networks of several kinds and in both styles; it takes minutes.

docs/explanation.md says which networks fall short.
"""

import numpy as np
import pytest
from planted import planted, share_with_random_last_layers, shares, taught

from kit import architectures, explanation

ENOUGH = 0.6  # share of the heat in the boxes
SMALL = {"dropout": 0.0}
SCALED = {"initialization": "he_normal", "scale": "symmetric", **SMALL}
NETWORKS = {
    "basic_cnn": {"side": 24, "filters": (8,), "stem": "none", **SMALL},
    "convnet": {"side": 24, "epochs": 5, "filters": (8,), "convolutions": 1, "dense": ()},
    "residual": {"side": 32, "configuration": "20", "filters": (8,), "blocks": (1,), **SMALL},
    "mobile": {"side": 32, "filters": (8, 16), "blocks": (1, 1), "stem": "plain", **SMALL},
    "inception": {"side": 32, "stem": "plain", "stem_filters": 8, "modules": (1, 1), **SMALL},
    "pointwise": {"side": 32, "filters": (8,), "stem": "none", **SMALL},
    "alexnet": {
        **{"side": 448, "filters": (8, 8, 8, 8, 8), "dense": (), "normalization": "before"},
        **SCALED,
    },
    "network_in_network": {
        **{"side": 48, "stem": "none", "block1": (8, 8), "block2": (8, 8), "block3": (8,)},
        **{"epochs": 20, "rate": 0.003, **SCALED},
    },
    "vgg": {
        **{"side": 224, "configuration": "A", "filters": (8, 8, 16, 16, 16), "dense": ()},
        **{"normalization": "before", "epochs": 10, "rate": 0.003, **SCALED},
    },
}


@pytest.mark.proof
@pytest.mark.parametrize("name", NETWORKS)
def test_heat_lies_on_the_object_until_the_last_layer_is_random(name: str) -> None:
    settings = dict(NETWORKS[name])
    side = settings.pop("side")
    model = taught(name, side, **settings)
    images, labels, inside = planted(24, side, seed=1)
    built = {key: one for key, one in settings.items() if key not in ("epochs", "rate")}
    twin = architectures.build(name, (side, side, 3), 2, "sequential", **built)
    twin.set_weights(model.get_weights())

    found = [
        shares(explanation.heat_map(one, images, labels), inside).mean() for one in (model, twin)
    ]
    occluded = shares(explanation.occlusion(model, images[:4], labels[:4]), inside[:4]).mean()
    random = share_with_random_last_layers(model, images, labels, inside)

    print(f"{name:20} {side} {found[0]:.2f} {found[1]:.2f} {random:.2f} {occluded:.2f}")
    assert min(found) >= ENOUGH
    assert random < 0.5
    np.testing.assert_allclose(*found, atol=0.01)
