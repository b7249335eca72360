import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from kit import architectures, checks, training
from kit.checks.start.signal_statistics import Units, unit_statistics
from kit.checks.start.signals import FADED, LOST, judge_units

COURSE = {  # standard deviations of ten layers as the course and CS231n print them
    ("tanh", "0.01"): [0.213081, 0.047551, 0.010630, 0.002378, 0.000532, 0.000119, 0.000026],
    ("tanh", "1"): [0.981879, 0.981649, 0.981601, 0.981755, 0.981614, 0.981560, 0.981520],
    ("tanh", "xavier"): [0.627953, 0.486051, 0.407723, 0.357108, 0.320917, 0.292116, 0.273387,
                         0.254935, 0.239266, 0.228008],
    ("relu", "xavier"): [0.582273, 0.403795, 0.276912, 0.198685, 0.140299, 0.103280, 0.072748,
                         0.051572, 0.038583, 0.026076],
    ("relu", "he"): [0.825232, 0.827835, 0.813855, 0.826902, 0.834092, 0.860035, 0.870610,
                     0.889348, 0.845357, 0.844523],
}  # fmt: skip
STDS = {"0.01": 0.01, "1": 1.0, "xavier": 500**-0.5, "he": (2 / 500) ** 0.5}


@pytest.fixture(scope="module")
def gauss():
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((1000, 500)).astype("float32")
    return checks.from_arrays(inputs, np.eye(10, dtype="float32")[np.arange(1000) % 10], 1000)


def ten_layers(activation, std, bias="zeros"):
    keras.utils.set_random_seed(1)
    start = keras.initializers.RandomNormal(stddev=std) if std else "zeros"
    hidden = [
        keras.layers.Dense(
            500, activation, kernel_initializer=start, bias_initializer=bias, name=f"dense{n}"
        )
        for n in range(1, 11)
    ]
    last = keras.layers.Dense(10, "softmax", name="probabilities")
    model = keras.Sequential([keras.Input((500,)), *hidden, last])
    model.compile("sgd", "categorical_crossentropy")
    return model


def measured(gauss, activation, std, bias="zeros"):
    model = ten_layers(activation, std, bias)
    return unit_statistics(model, gauss.images, gauss.labels, model.loss)


@pytest.mark.parametrize(
    ("activation", "start", "kind", "verdict", "mend"),
    [
        ("tanh", "0.01", "vanishing", "failed", "glorot_normal"),
        ("tanh", "1", "saturated", "failed", "glorot_normal"),
        ("tanh", "xavier", "healthy", "ok", ""),
        ("relu", "xavier", "vanishing", "warning", "he_normal"),
        ("relu", "he", "healthy", "ok", ""),
        ("relu", "1", "exploding", "failed", "he_normal"),
        ("sigmoid", "xavier", "vanishing gradient", "warning", "relu"),
    ],
)
def test_starts_have_the_figures_of_the_course_and_are_told_apart(
    gauss, activation, start, kind, verdict, mend
) -> None:
    rows = measured(gauss, activation, STDS[start])
    expected = COURSE.get((activation, start), [])
    found = judge_units(rows)

    assert len(rows) == 10
    tolerance = 0.16 if activation == "relu" else 0.05  # ReLU's wander from one draw to the next
    stds = [one.std for one in rows[: len(expected)]]
    np.testing.assert_allclose(stds, expected, rtol=tolerance, atol=5e-7)
    assert (found.numbers["kind"], found.verdict) == (kind, verdict), found
    assert mend in found.advice
    if kind not in ("healthy", "vanishing gradient"):
        assert "dense1 " in found.advice
    assert (found.advice == "") == (verdict == "ok")


@pytest.mark.parametrize(("std", "bias"), [(0, "zeros"), (0.06, keras.initializers.Constant(-9))])
def test_units_that_are_0_for_every_image_are_dead(gauss, std, bias) -> None:
    found = judge_units(measured(gauss.first(64), "relu", std, bias))

    assert (found.numbers["kind"], found.verdict) == ("dead", "failed")
    assert found.numbers["where"] == "dense1"


def row(**changed):
    healthy = Units("relu1", "conv1", "relu", "HeNormal", 0.4, 0.6, 0.5, 0.02, 0.0, 1e-3)
    return dataclasses.replace(healthy, **changed)


@pytest.mark.parametrize(("share", "verdict"), [(0.2, "ok"), (0.005, "warning"), (5e-4, "failed")])
def test_outputs_that_fade_are_judged_as_the_page_says(share, verdict) -> None:
    page = Path(__file__).parents[3] / "docs/checks/units.md"

    assert judge_units([row(mean=0.0, std=1.0), row(mean=0.0, std=share)]).verdict == verdict
    said = f"{FADED:g} times the largest before it (failed below {LOST:g})"
    assert said in page.read_text("utf-8")


def test_where_a_fall_begins_is_named() -> None:
    rows = [row(layer=f"relu{n}", weights=f"conv{n}", mean=0.0, std=std)
            for n, std in enumerate([1.0, 1.1, 0.3, 0.05, 0.001])]  # fmt: skip

    assert judge_units(rows).numbers["where"] == "relu1"


def test_raw_pixels_that_become_ordinary_numbers_are_healthy() -> None:
    assert judge_units([row(std=60.0), row(std=1.0), row(std=0.7)]).verdict == "ok"


def test_the_right_initializer_is_not_advised_where_it_is_used() -> None:
    found = judge_units([row(std=1.0), row(mean=0.0, std=1e-3)])

    assert 'kernel_initializer="he_normal"' not in found.advice
    assert "he_normal is already used" in found.advice


def test_outputs_that_are_no_numbers_fail() -> None:
    assert judge_units([row(), row(std=float("nan"))]).verdict == "failed"


def test_a_unit_is_dead_where_it_is_0_for_all_images_at_all_places() -> None:
    maps = np.zeros((5, 4, 4, 10))
    maps[3, 2, 1, :4] = 0.1
    maps[0, 0, 0, 4] = -1.0

    assert checks.dead_units(maps) == 0.5
    assert checks.dead_units(np.ones((3, 8))) == 0.0
    assert checks.dead_units(np.zeros((3, 8))) == 1.0


@pytest.mark.parametrize(
    ("name", "style", "settings"),
    [
        ("basic_cnn", "sequential", {"filters": (8, 16, 16)}),
        ("residual", "functional", {"configuration": "20", "filters": (16, 32), "blocks": (1, 2)}),
    ],
)
def test_networks_with_batch_normalization_start_healthy(name, style, settings) -> None:
    network = architectures.build(name, (16, 16, 3), 3, style=style, **settings)
    model = training.compile_model(network)
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (16, 16, 16, 3)).astype("float32")
    labels = np.eye(3, dtype="float32")[np.arange(16) % 3]
    found = checks.units(checks.from_model(model), checks.from_arrays(images, labels))

    assert found.verdict == "ok", found
    assert len(found.numbers["layers"]) >= 3


def test_a_linear_classifier_has_no_hidden_layer() -> None:
    assert judge_units([]).verdict == "not applicable"
