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
from kit.errors import SettingError

# Both ends of what the defaults are for: scikit-learn's digits, which a deep network may refuse,
# and photos.
TINY = (8, 8, 1)
SIZES = (TINY, (191, 256, 3))


def names_of(model: keras.Model) -> list[str]:
    return [row.name for row in description.layer_table(model)]


def inputs_per_value(kernel: tuple[int, ...]) -> int:
    """Count what a value is summed up from; in a depthwise kernel a value has one channel."""
    depthwise = len(kernel) == 4 and kernel[-1] == 1
    return math.prod(kernel[:2] if depthwise else kernel[:-1])


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


def test_both_styles_are_one_function(name, small, images):
    styles = ("functional", "sequential")
    one, other = (small(name, style=style, head="scores") for style in styles)
    weights = [something_like(variable) for variable in one.weights]
    one.set_weights(weights)
    other.set_weights(weights)
    batch = images(one.input_shape[1:])
    answers = np.asarray(one(batch))
    assert type(one) is keras.Model or type(one).__name__ == "Functional"
    assert isinstance(other, keras.Sequential)
    assert np.ptp(answers, axis=0).min() > 1e-3 * np.abs(answers).max() > 0 or loses_signal(name)
    np.testing.assert_allclose(answers, other(batch), rtol=1e-5)


def test_both_styles_have_the_same_layers(name, shared):
    one, other = shared(name, style="functional"), shared(name, style="sequential")
    assert one.count_params() == other.count_params()
    assert description.layer_table(one) == description.layer_table(other)
    assert description.graph(one) == description.graph(other)
    assert [w.path.split("/")[-2:] for w in one.weights] == [
        w.path.split("/")[-2:] for w in other.weights
    ]


def test_layer_names_are_unique_and_the_fixed_ones_are_there(name, style, shared):
    model = shared(name, style=style)
    names = names_of(model)
    fixed = {"image", "scale", "probabilities"}
    fixed |= {"features", "dropout"} & set(architectures.settings(name))
    assert len(names) == len(set(names))
    for stage in fixed:
        assert any(name == stage or name.startswith(f"{stage}_") for name in names), stage
    assert names[0] == "image"
    assert names[-1] == "probabilities"
    assert len({w.path for w in model.weights}) == len(model.weights)


def test_the_model_is_named_after_its_architecture(name, style, shared):
    assert shared(name, style=style).name == name


def test_rows_are_probabilities(name, style, shared, images):
    model = shared(name, style=style)
    answers = np.asarray(model(images(model.input_shape[1:], 6), training=False))
    assert answers.shape == (6, 3)
    assert answers.min() >= 0
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_a_sigmoid_head_gives_one_probability(name, shared, images):
    model = shared(name, 2, head="sigmoid")
    answers = np.asarray(model(images(model.input_shape[1:], 6), training=False))
    assert answers.shape == (6, 1)
    assert np.all((answers > 0) & (answers < 1))


def test_scores_are_what_the_softmax_is_taken_of(name, shared, small, images):
    model, plain = small(name, head="scores"), shared(name)  # of equal weights
    batch = images(model.input_shape[1:], 6)
    scores = np.asarray(model(batch, training=False))
    names = names_of(model)
    assert names[-1] == "scores"
    assert "probabilities" not in names
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(plain(batch, training=False), softmax, rtol=1e-5)
    assert np.abs(scores.sum(axis=1) - 1).min() > 1e-3


def test_the_initial_loss_is_that_of_guessing(name, shared, images):
    num_classes = 100
    model = shared(name, num_classes)
    labels = np.random.default_rng(3).integers(num_classes, size=64)
    answers = np.asarray(model(images(model.input_shape[1:], 64), training=False))
    loss = -np.mean(np.log(answers[np.arange(64), labels]))
    assert loss == pytest.approx(math.log(num_classes), rel=0.1)
    # Small networks come near it by other ways; large ones need the small weights.
    last = next(weight for weight in reversed(model.weights) if len(weight.shape) > 1)
    settings = (
        architectures.settings(name) | importlib.import_module(f"kit.architectures.{name}").EXAMPLE
    )
    size = 64 if settings.get("scale") in ("mean_channel", "mean_image") else 1
    inputs = math.prod(last.shape[:-1])
    assert np.std(last) == pytest.approx(0.05 / size / math.sqrt(inputs), rel=0.5)
    # Dead units would give the same loss: the answers, of about 1 / num_classes, must come from the
    # images, and differ by more than rounding.
    assert num_classes * np.ptp(answers, axis=0).max() > 1e-5 or loses_signal(name)


@pytest.mark.proof
def test_a_saved_model_loads_without_kit(name, style, loaded_elsewhere):
    answers = loaded_elsewhere[name, style]
    np.testing.assert_allclose(answers.there, answers.here, rtol=1e-5)


def test_a_training_step_lowers_the_loss_and_reaches_every_weight(name, small, images):
    model = small(name, 2)
    # Behind pixels that are not scaled the last layer is small, and so are the gradients behind it.
    rate = 0.05 * kernels.SIZES.get(architectures.settings(name).get("scale"), 1)
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", run_eagerly=True)
    batch = images(model.input_shape[1:])
    labels = np.eye(2)[np.arange(len(batch)) % 2]
    before = [np.array(weight) for weight in model.trainable_weights]
    loss = model.train_on_batch(batch, labels)
    still = [
        weight.path
        for old, weight in zip(before, model.trainable_weights, strict=True)
        if np.array_equal(old, weight)
    ]
    assert still == []
    assert model.train_on_batch(batch, labels) < loss


def kernels_of(model: keras.Model) -> list[keras.Variable]:
    """Return the kernels that a network has of its own, none of a backbone."""
    brought = [w for layer in model.layers if layer.name == "backbone" for w in layer.weights]
    return [
        weight
        for weight in model.trainable_weights
        if weight.path.endswith("kernel") and not any(weight is other for other in brought)
    ]


def test_penalties_add_the_squares_and_the_absolute_values_of_all_kernels(name, shared):
    model = shared(name, l1=0.003, l2=0.01)
    own = [np.asarray(kernel) for kernel in kernels_of(model)]
    expected = sum(0.01 * np.sum(np.square(one)) + 0.003 * np.sum(np.abs(one)) for one in own)
    assert len(model.losses) == len(own) >= 1
    assert float(sum(model.losses)) == pytest.approx(float(expected), rel=1e-5)


def test_a_number_is_how_wide_every_kernel_starts(name, shared):
    own = [np.ravel(kernel) for kernel in kernels_of(shared(name, initialization=0.3))]
    assert np.std(np.concatenate(own)) == pytest.approx(0.3, rel=0.2)
    assert max(np.std(one) for one in own) < 0.6  # of any of them, the last one included
    assert min(np.std(one) for one in own if len(one) > 9) > 0.1


def test_hidden_layers_stand_before_the_output_of_every_head(name, shared, needs):
    needs(name, "dense")
    plain, model = shared(name, dense=()), shared(name, dense=(6, 5))
    before = plain.get_layer("features").output.shape[-1]
    counts = [layer.count_params() for layer in model.layers if layer.name.startswith("dense")]
    assert [count for count in counts if count] == [before * 6 + 6, 6 * 5 + 5]
    assert names_of(model)[-2:] == ["dropout", "probabilities"]
    assert model.layers[-1].count_params() == (5 + 1) * 3


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


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_the_defaults_fit_small_and_large_images(name, shape):
    from_nowhere = {"weights": "none"} if "weights" in architectures.settings(name) else {}
    model, refused = None, ""
    with keras.StatelessScope(initialize_variables=False):  # large weights are not allocated
        try:
            model = architectures.build(name, shape, 10, "sequential", **from_nowhere)
        except SettingError as error:
            refused = str(error)
    if shape == TINY and model is None:
        assert "8x8" in refused
        return
    assert model is not None, refused
    assert model.output_shape == (None, 10)
    for row in description.layer_table(model):
        assert all(side >= 1 for side in row.output_shape), row


def test_another_activation_is_used_everywhere(name, small, needs):
    needs(name, "activation")
    names = names_of(small(name, activation="tanh"))
    assert not [layer for layer in names if layer.endswith("_relu")]
    assert [layer for layer in names if layer.endswith("_tanh")]


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


@pytest.mark.parametrize("name", ["basic_cnn", "pointwise"])
def test_block_dropout_stands_in_every_gap_between_blocks(name, small):
    rows = description.layer_table(small(name, block_dropout=0.25))
    plain = description.layer_table(small(name))
    added = [row.name for row in rows if row not in plain]
    assert added == [row.name for row in rows if row.kind == "Dropout" and row.name != "dropout"]
    assert len(added) == len(rows) - len(plain) > 0
