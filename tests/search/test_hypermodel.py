"""keras-tuner draws the values, and its own tuners search our networks."""

import math
from pathlib import Path

import keras_tuner
import numpy as np
import pytest

from kit import data, search
from kit.errors import SettingError
from kit.search.staged.random_points import draw
from kit.search.tuner.hyperparameters import hyperparameters, own_values


def test_every_value_is_one_of_the_draws_of_keras_tuners_random_search() -> None:
    space = search.read_space(["learning_rate=1e-6:1e-1", "units=8:64", "kind=a,b,[1]"])
    points = draw(space, 12, seed=7, stage=0)
    seed = 1 + int(np.random.SeedSequence([7, 0]).generate_state(1)[0])
    oracle = keras_tuner.oracles.RandomSearchOracle(
        hyperparameters=hyperparameters(space), seed=seed
    )
    drawn = [own_values(oracle.populate_space("")["values"], space) for _ in range(300)]

    assert len(points) == 12
    for name in ("learning_rate", "units", "kind"):
        assert all(point[name] in [one[name] for one in drawn] for point in points)
    assert points[0] == drawn[0]
    decades = {math.floor(math.log10(point["learning_rate"])) for point in points}
    assert decades == {-6, -5, -4, -3, -2}
    assert sorted(map(str, (point["kind"] for point in points))).count("a") == 4


def test_a_space_is_keras_tuners_with_its_logarithmic_scale() -> None:
    space = search.read_space(["learning_rate=1e-6:1e-1", "dropout=0:0.5", "units=1:1000"])
    rate, dropout, units = hyperparameters(space).space

    assert (rate.min_value, rate.max_value, rate.sampling) == (1e-6, 0.1, "log")
    assert (dropout.sampling, units.sampling) == ("linear", "log")


@pytest.mark.usefixtures("eagerly")
def test_keras_tuners_own_search_runs_on_our_builders(photos: Path, tmp_path: Path) -> None:
    splits = data.load(photos, image_size=8, batch_size=8, augmentation="none", cache=False)
    space = {"learning_rate": "1e-4:1e-1", "filters": "[4],[8]", "dropout": "0.0:0.5"}
    network = search.hypermodel("basic_cnn", splits, space, weight_decay=0.0)
    tuner = keras_tuner.RandomSearch(
        network, objective="val_accuracy", max_trials=2, directory=tmp_path, seed=3
    )
    tuner.search(splits.train, validation_data=splits.validation, epochs=1, verbose=0)

    best = tuner.get_best_hyperparameters()[0]
    assert set(best.values) == set(space)
    assert network.build(best).output_shape == (None, 2)
    with pytest.raises(SettingError, match='Did you mean "learning_rate"'):
        search.hypermodel("basic_cnn", splits, {"learning_rat": "1e-4:1e-1"})
