import keras
import numpy as np
import pytest

from kit import checks, plots
from kit.checks.learning import learning_rate
from kit.checks.learning.learning_rate_judged import judge_learning_rate, smoothed, suggest
from kit.errors import SettingError

RATES = np.geomspace(1e-7, 10, 80).tolist()


def curve(falls_at=1e-3, low=0.3, explodes_at=0.3, start=2.3):
    """Return a loss that falls around one rate and explodes from another on."""
    logs = np.log10(RATES)
    fall = (start - low) / (1 + np.exp(-4 * (logs - np.log10(falls_at))))
    blast = np.where(np.array(RATES) > explodes_at, 50.0, 0.0)
    return (start - fall + blast).tolist()


def test_smoothing_is_corrected_for_its_start() -> None:
    np.testing.assert_allclose(smoothed([2.0] * 20), 2.0)
    assert smoothed([1.0, 0.0])[0] == 1.0


def test_the_suggestion_lies_where_the_loss_falls_and_below_its_lowest() -> None:
    found = suggest(RATES, curve(falls_at=1e-3))

    assert found.suggestion is not None
    assert found.low is not None
    assert found.high is not None
    assert found.diverges is not None
    assert 3e-4 < found.suggestion < 1e-2
    assert found.low < found.suggestion < found.high < found.diverges
    assert 0.3 < found.diverges < 1.0


def test_the_rate_where_90_percent_of_the_fall_is_done_is_not_called_the_lowest() -> None:
    losses = np.array(curve(low=0.3, explodes_at=100))
    found = judge_learning_rate(RATES, losses.tolist())
    high = found.numbers["high"]
    done = losses[0] - smoothed(losses.tolist())[np.argmin(np.abs(np.array(RATES) - high))]

    assert done == pytest.approx(0.9 * 2.0, rel=0.05)
    assert high < RATES[int(losses.argmin())] / 10
    assert f"completed 90 % of its fall at {high:g}" in found.expected
    assert "lowest" not in found.expected
    assert len(plots.learning_rates(found.numbers).axes[0].lines) == 3  # with smoothed ones


def test_a_curve_further_right_gives_a_larger_rate() -> None:
    early, late = (suggest(RATES, curve(at, explodes_at=5)).suggestion for at in (1e-4, 1e-2))

    assert early is not None
    assert late is not None
    assert late > 20 * early


def test_noise_before_the_fall_is_not_taken_for_it() -> None:
    noise = np.random.default_rng(0).normal(0, 0.15, 80)
    found = suggest(RATES, (np.array(curve(low=1.6)) + noise * (np.arange(80) < 30)).tolist())

    assert found.suggestion is not None
    assert 2e-4 < found.suggestion < 1e-2


@pytest.mark.parametrize("end", [float("nan"), float("inf")])
def test_the_rate_of_the_first_loss_that_is_no_number_explodes(end) -> None:
    losses = [*curve()[:60], end]

    assert suggest(RATES[:61], losses).diverges == pytest.approx(RATES[60])


@pytest.mark.parametrize(
    ("rate", "verdict", "says"),
    [
        (1e-3, "ok", ""),
        (1e-4, "ok", ""),
        (1e-6, "warning", "barely moves"),
        (0.5, "ok", ""),  # the peak of a schedule with warm-up may lie there
        (2.0, "failed", "explodes at this learning rate"),
        (None, "ok", ""),
    ],
)
def test_a_rate_is_judged_by_the_sweep(rate, verdict, says) -> None:
    found = judge_learning_rate(RATES, curve(), rate)

    assert found.verdict == verdict
    assert says in found.advice
    assert (f"learning_rate={found.numbers['suggestion']:g}" in found.advice) == bool(says)


def test_a_loss_that_rises_without_exploding_warns() -> None:
    losses = np.array(curve(low=1.0, explodes_at=100))
    losses[-20:] = 3.0

    assert judge_learning_rate(RATES, losses.tolist(), 5.0).verdict == "warning"
    assert judge_learning_rate(RATES, losses.tolist(), 1e-3).verdict == "ok"


def test_a_loss_that_no_rate_moves_fails() -> None:
    found = judge_learning_rate(RATES, [2.3] * 80, 1e-3)

    assert found.verdict == "failed"
    assert found.numbers["suggestion"] is None


def test_a_loss_that_explodes_at_once_fails_and_names_the_inputs() -> None:
    found = judge_learning_rate(RATES[:3], [2.0, 1e9, float("nan")], 1e-3)

    assert found.verdict == "failed"
    assert "Scale the inputs" in found.advice


def small(optimizer):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dense(2, "softmax"),
        ]
    )
    model.compile(optimizer, "categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def twenty():
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    images = rng.uniform(0, 150, (20, 8, 8, 1)) + 100 * labels[:, None, None, None]
    return checks.from_arrays(images.astype("float32"), np.eye(2, dtype="float32")[labels])


@pytest.mark.parametrize(("rate", "verdict"), [(1e-3, "ok"), (1000.0, "failed")])
def test_twenty_images_are_enough_and_the_model_is_not_touched(twenty, rate, verdict) -> None:
    model = small(keras.optimizers.SGD(rate, momentum=0.9) if rate > 1 else
                  keras.optimizers.Adam(rate))  # fmt: skip
    before = model.get_weights()
    found = checks.learning_rate(lambda: model, twenty, highest=1000.0 if rate > 1 else 10.0)

    assert found.verdict == verdict, found
    assert found.numbers["rate"] == pytest.approx(rate)
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)
    assert int(model.optimizer.iterations) == 0
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_sweep_repeats_itself(twenty) -> None:
    first, second = (
        checks.learning_rate(checks.from_model(small("adam")), twenty, steps=20) for _ in range(2)
    )

    assert first.numbers == second.numbers


@pytest.mark.parametrize("listed", [False, True])
def test_a_copy_spares_the_weights_that_its_model_spares(listed) -> None:
    model = small("adamw")
    kernels = [one for one in model.weights if one.name == "kernel"]
    model.optimizer.exclude_from_weight_decay(
        **({"var_list": kernels} if listed else {"var_names": ["kernel"]})
    )
    copy = checks.from_model(model)()
    decayed = [one.name for one in copy.weights if copy.optimizer._use_weight_decay(one)]

    assert decayed == ["bias", "bias"]


def test_a_schedule_gets_a_suggestion_and_no_judgement(twenty, monkeypatch) -> None:
    monkeypatch.setattr(learning_rate, "_train", lambda *_: curve())
    schedule = keras.optimizers.schedules.CosineDecay(1.0, 100)
    found = checks.learning_rate(lambda: small(keras.optimizers.Adam(schedule)), twenty)

    assert found.verdict == "ok"
    assert "schedule" in found.measured
    assert found.numbers["suggestion"] > 0


def test_a_frozen_network_fails(twenty) -> None:
    model = small("adam")
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "categorical_crossentropy")

    with pytest.warns(UserWarning, match="trainable"):
        assert checks.learning_rate(lambda: model, twenty, steps=20).verdict == "failed"


def test_rates_that_do_not_rise_are_refused(twenty) -> None:
    with pytest.raises(SettingError, match="must rise"):
        checks.learning_rate(lambda: small("adam"), twenty, lowest=1.0, highest=0.1)


def test_rates_that_only_raise_the_loss_warn() -> None:
    losses = [2.3] * 60 + [2.3 * 1.6**step for step in range(20)]
    found = judge_learning_rate(RATES, losses, 1e-3)

    assert found.verdict == "warning"
    assert found.numbers["suggestion"] is None
