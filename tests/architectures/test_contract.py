"""What holds for every architecture, in both styles, which are shown to be one function.

An architecture has the settings of its signature. A test about a setting that it does not have is
skipped for it.
"""

import importlib
import math
from types import MappingProxyType

import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures.parts import kernels
from kit.description.describing import NO_FORMULA
from kit.errors import SettingError

# Both ends of what the defaults are for: scikit-learn's digits, which a deep network may refuse,
# and photos.
TINY = (8, 8, 1)
SIZES = (TINY, (191, 256, 3))
MANY = 100  # classes
LARGE = ("googlenet", "pretrained")  # whose settings go through the same parts as those of others
each = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.proof) if name in LARGE else name
        for name in architectures.names()
    ],
)


@pytest.fixture(scope="module", params=architectures.names())
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def styles(name, small) -> list[keras.Model]:
    """Both styles, with penalties and answers that are scores; tests may set their weights."""
    shared = {"head": "scores", "l1": 0.003, "l2": 0.01}
    return [small(name, MANY, style, **shared) for style in ("functional", "sequential")]


@pytest.fixture(scope="module")
def plain(name, small) -> keras.Model:
    """The network without settings, for many classes; never changed."""
    return small(name, MANY)


def names_of(model: keras.Model) -> list[str]:
    return [row.name for row in description.layer_table(model)]


def loses_signal(name: str) -> bool:
    """Tell whether this is a network of Keras' own, in which the signal dies at random weights."""
    return "backbone" in architectures.settings(name)


def something_like(variable: keras.Variable) -> np.ndarray:
    """Return random weights that differ from the initial ones and let a signal through."""
    random, shape = np.random.default_rng(math.prod(variable.shape)), tuple(variable.shape)
    if len(shape) > 1:  # all positive, so that nothing dies; a mean of what comes in
        inputs = math.prod(shape[:2] if shape[-1] == 1 else shape[:-1])
        return random.uniform(0.5, 1.5, shape) / inputs
    if "gamma" in variable.path or "variance" in variable.path:
        return random.uniform(0.5, 1.5, shape)
    return random.uniform(-0.1, 0.1, shape)


def test_both_styles_are_one_function(name, styles, images):
    one, other = styles
    weights = [something_like(variable) for variable in one.weights]
    one.set_weights(weights)
    other.set_weights(weights)
    batch = images(one.input_shape[1:])
    answers = np.asarray(one(batch))
    assert type(one) is keras.Model or type(one).__name__ == "Functional"
    assert isinstance(other, keras.Sequential)
    assert one.name == other.name == name
    assert np.ptp(answers, axis=0).min() > 1e-3 * np.abs(answers).max() > 0 or loses_signal(name)
    np.testing.assert_allclose(answers, other(batch), rtol=1e-5)


def test_both_styles_have_the_same_layers_and_all_of_them_can_be_described(styles):
    one, other = styles
    first, second = map(description.describe_model, styles)
    assert first == second
    assert NO_FORMULA not in {row.note for row in first.rows}
    assert first.parameters == one.count_params() == other.count_params()
    assert [w.path.split("/")[-2:] for w in one.weights] == [
        w.path.split("/")[-2:] for w in other.weights
    ]
    assert len({w.path for w in other.weights}) == len(other.weights)


def test_layer_names_are_unique_and_the_fixed_ones_are_there(name, plain):
    names = names_of(plain)
    fixed = {"image", "scale", "probabilities"}
    fixed |= {"features", "dropout"} & set(architectures.settings(name))
    assert len(names) == len(set(names))
    for stage in fixed:
        assert any(name == stage or name.startswith(f"{stage}_") for name in names), stage
    assert names[0] == "image"
    assert names[-1] == "probabilities"


def test_rows_are_probabilities_and_the_softmax_of_scores(styles, plain, images):
    model, _ = styles
    model.set_weights(plain.get_weights())
    batch = images(plain.input_shape[1:], 6)
    answers, scores = (np.asarray(one(batch, training=False)) for one in (plain, model))
    assert answers.shape == (6, MANY)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    assert names_of(model)[-1] == "scores"
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers, softmax, rtol=1e-5)
    assert np.abs(scores.sum(axis=1) - 1).min() > 1e-3


def test_penalties_add_the_squares_and_the_absolute_values_of_all_kernels(styles):
    model, _ = styles
    own = [np.asarray(kernel) for kernel in kernels_of(model)]
    expected = sum(0.01 * np.sum(np.square(one)) + 0.003 * np.sum(np.abs(one)) for one in own)
    assert len(model.losses) == len(own) >= 1
    assert float(sum(model.losses)) == pytest.approx(float(expected), rel=1e-5)


def test_the_initial_loss_is_that_of_guessing(name, plain, images):
    labels = np.random.default_rng(3).integers(MANY, size=64)
    answers = np.asarray(plain(images(plain.input_shape[1:], 64), training=False))
    loss = -np.mean(np.log(answers[np.arange(64), labels]))
    assert loss == pytest.approx(math.log(MANY), rel=0.1)
    # Small networks come near it by other ways; large ones need the small weights.
    last = next(weight for weight in reversed(plain.weights) if len(weight.shape) > 1)
    settings = (
        architectures.settings(name) | importlib.import_module(f"kit.architectures.{name}").EXAMPLE
    )
    size = 64 if settings.get("scale") in ("mean_channel", "mean_image") else 1
    inputs = math.prod(last.shape[:-1])
    assert np.std(last) == pytest.approx(0.05 / size / math.sqrt(inputs), rel=0.5)
    # Dead units would give the same loss: the answers, of about 1 / MANY, must come from the
    # images, and differ by more than rounding.
    assert MANY * np.ptp(answers, axis=0).max() > 1e-5 or loses_signal(name)


@pytest.mark.proof
@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_a_saved_model_loads_without_kit(name, style, loaded_elsewhere):
    answers = loaded_elsewhere[name, style]
    np.testing.assert_allclose(answers.there, answers.here, rtol=1e-5)


def kernels_of(model: keras.Model) -> list[keras.Variable]:
    """Return the kernels that a network has of its own, none of a backbone."""
    brought = [w for layer in model.layers if layer.name == "backbone" for w in layer.weights]
    return [
        weight
        for weight in model.trainable_weights
        if weight.path.endswith("kernel") and not any(weight is other for other in brought)
    ]


@each
def test_a_training_step_lowers_the_loss_and_reaches_every_weight(name, small, images):
    model = small(name, 2, head="sigmoid")
    # Behind pixels that are not scaled the last layer is small, and so are the gradients behind it.
    rate = 0.05 * kernels.SIZES.get(architectures.settings(name).get("scale"), 1)
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", run_eagerly=True)
    batch = images(model.input_shape[1:])
    labels = np.arange(len(batch))[:, None] % 2
    answers = np.asarray(model(batch, training=False))
    assert answers.shape == (len(batch), 1)
    assert np.all((answers > 0) & (answers < 1))
    before = [np.array(weight) for weight in model.trainable_weights]
    loss = model.train_on_batch(batch, labels)
    still = [
        weight.path
        for old, weight in zip(before, model.trainable_weights, strict=True)
        if np.array_equal(old, weight)
    ]
    assert still == []
    assert model.train_on_batch(batch, labels) < loss


@each
def test_settings_reach_every_layer(name, small):
    known = architectures.settings(name)
    asked = {"initialization": 0.3, "activation": "tanh", "dense": (60, 50)}
    model = small(name, **{one: value for one, value in asked.items() if one in known})
    own = [np.ravel(kernel) for kernel in kernels_of(model)]
    assert np.std(np.concatenate(own)) == pytest.approx(0.3, rel=0.2)
    assert max(np.std(one) for one in own) < 0.6  # of any of them, the last one included
    assert min(np.std(one) for one in own if len(one) > 9) > 0.1
    names = names_of(model)
    if "activation" in known:
        assert not [layer for layer in names if layer.endswith("_relu")]
        assert "dense" not in known or "dense1_tanh" in names
    if "dense" in known:
        before = model.get_layer("features").output.shape[-1]
        sizes = [one.count_params() for one in model.layers if one.name.startswith("dense")]
        assert [size for size in sizes if size] == [before * 60 + 60, 60 * 50 + 50]
        assert names[-2:] == ["dropout", "probabilities"]
        assert model.layers[-1].count_params() == (50 + 1) * 3


@each
def test_answers_are_float32_under_mixed_precision(name, small, images):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small(name)
        answers = model(images(model.input_shape[1:]), training=False)
    finally:
        keras.config.set_dtype_policy(policy)
    dtypes = {layer.name: layer.compute_dtype for layer in model.layers}
    assert "bfloat16" in dtypes.values()
    assert dtypes.get("features", "bfloat16") == "bfloat16"
    assert keras.backend.standardize_dtype(answers.dtype) == "float32"
    np.testing.assert_allclose(np.sum(answers, axis=1), 1, rtol=1e-5)


@each
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_the_defaults_fit_small_and_large_images(name, shape):
    described, refused = None, ""
    try:
        described = description.describe(name, shape, 10, "sequential")
    except SettingError as error:
        refused = str(error)
    if shape == TINY and described is None:
        assert "8x8" in refused
        return
    assert described is not None, refused
    assert described.rows[-1].output_shape == (10,)
    assert all(side >= 1 for row in described.rows for side in row.output_shape)


@pytest.mark.parametrize(("scale", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1)])
def test_pixels_are_scaled_first_inside_the_model(name, scale, low, high, stages, needs):
    needs(name, "scale")
    first = stages(name, scale=scale)[0]
    assert first.name == "scale"
    np.testing.assert_allclose(first(np.array([0.0, 255.0])), [low, high], atol=1e-6)


def test_the_settings_are_those_of_the_signature(name):
    settings = architectures.settings(name)
    assert isinstance(settings, MappingProxyType)
    assert {"l2", "head"} <= set(settings)
    assert {"scale", "backbone"} & set(settings)  # a backbone brings a scaling of its own
    architectures.check(name, **settings)  # defaults must pass the rules of a user's values


@pytest.mark.parametrize("name", ["basic_cnn", "pointwise", "convnet"])
def test_block_dropout_stands_in_every_gap_between_blocks(name, small):
    rows = description.layer_table(small(name, block_dropout=0.25))
    plain = description.layer_table(small(name))
    added = [row.name for row in rows if row not in plain]
    assert added == [row.name for row in rows if row.kind == "Dropout" and row.name != "dropout"]
    assert len(added) == len(rows) - len(plain) > 0
