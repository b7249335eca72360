"""Curves in numbers, on curves drawn by hand."""

import numpy as np
import pytest

from kit.diagnosis import Evidence, Facts, curve_reading
from kit.diagnosis.outcome import at_chance


def read(**columns: object) -> curve_reading.Curves:
    facts = Facts(classes=10, train_counts=(100,) * 10, validation_images=250)
    return curve_reading.read(Evidence(columns, facts))  # type: ignore[arg-type]


def test_a_straight_line_has_a_pace_of_1_and_a_curve_at_rest_of_about_0() -> None:
    line = read(loss=np.linspace(2.3, 1.0, 12), val_loss=[2.0] * 12)
    rest = read(loss=1 + np.exp(-np.arange(12)), val_loss=[2.0] * 12)

    assert line.pace == pytest.approx(1)
    assert rest.pace < 0.01


def test_the_pace_is_the_lesser_of_that_per_epoch_and_that_per_unit_of_rate() -> None:
    rates = np.array([1e-3] * 6 + [1e-6] * 6)
    rested = 2.3 - 0.1 * np.minimum(np.arange(12), 5)  # falls as long as the rate is high
    falling = 2.3 - 0.1 * np.maximum(np.arange(12) - 5, 0)  # only once it is low

    assert read(loss=rested, val_loss=rested, learning_rate=rates).pace < 0.01
    assert read(loss=falling, val_loss=falling).pace > 1.5
    assert read(loss=falling, val_loss=falling, learning_rate=rates).pace > 1.5


def test_penalties_are_taken_off_the_loss() -> None:
    curves = read(loss=[12.3, 11.0], penalty=[10.0, 10.0], val_loss=[2.3, 2.2])

    assert curves.last_loss == pytest.approx(1.0)
    assert curves.learned == pytest.approx(1 - 1 / np.log(10))


def test_the_gap_is_measured_on_plain_training_images_where_there_are_any() -> None:
    columns = {"loss": [1.0] * 3, "val_loss": [1.0] * 3, "val_accuracy": [0.6] * 3}

    assert read(**columns, accuracy=[0.7] * 3).gap == pytest.approx(0.1)
    sampled = read(**columns, accuracy=[0.7] * 3, train_sample_accuracy=[0.6, None, 0.9])
    assert sampled.gap == pytest.approx(0.3)  # of the last epochs that were measured
    early = read(**columns, accuracy=[0.7] * 3, train_sample_accuracy=[0.6, None, None])
    assert early.gap == pytest.approx(0.0)  # what was measured last
    assert sampled.sampled


UNEVEN = Facts(classes=2, train_counts=(950, 50), validation_counts=(190, 10))


def recalls(train: tuple[float, float], validation: tuple[float, float]) -> dict[str, list[float]]:
    """Return what is measured of 950 and 50 training, 190 and 10 validation images."""
    large, small = validation
    return {
        "loss": [1.0],
        "accuracy": [0.95 * train[0] + 0.05 * train[1]],
        "balanced_accuracy": [sum(train) / 2],
        "val_accuracy": [0.95 * large + 0.05 * small],
        "val_balanced_accuracy": [(large + small) / 2],
        "train_sample_accuracy": [sum(train) / 2],  # the classes take turns
        "train_sample_balanced_accuracy": [sum(train) / 2],
    }


def test_equal_recalls_are_no_gap_and_a_real_gap_is_not_hidden_by_another_mixture() -> None:
    alike = curve_reading.read(Evidence(recalls((0.65, 0.99), (0.65, 0.99)), UNEVEN))
    apart = curve_reading.read(Evidence(recalls((0.99, 0.99), (0.99, 0.65)), UNEVEN))

    assert alike.gap == pytest.approx(0)
    assert apart.gap == pytest.approx(0.17)
    assert alike.measure == apart.measure == "balanced accuracy"


@pytest.mark.parametrize("lacking", ["val_balanced_accuracy", "train_sample_balanced_accuracy"])
def test_a_sample_of_another_mixture_is_compared_with_nothing(lacking: str) -> None:
    table = recalls((0.65, 0.99), (0.65, 0.99))
    curves = curve_reading.read(Evidence({k: v for k, v in table.items() if k != lacking}, UNEVEN))

    assert curves.gap == pytest.approx(0)
    assert not curves.sampled


def test_a_missing_column_is_nan_and_not_an_error() -> None:
    curves = read(loss=[2.0, 1.0])

    assert np.isnan(curves.validated)
    assert np.isnan(curves.update)
    assert np.isnan(curves.gap)


def test_a_loss_that_is_no_number_is_told() -> None:
    assert not read(loss=[2.0, None], val_loss=[2.0, 2.0]).finite
    assert not read(loss=[2.0, np.inf], val_loss=[2.0, 2.0]).finite
    assert read(loss=[2.0, 1.0], val_loss=[2.0, 2.0]).finite


def test_guessing_balanced_is_as_unsure_as_its_small_classes_and_leaves_absent_ones_out() -> None:
    facts = Facts(classes=3, validation_images=200, validation_counts=(190, 0, 10))
    table = {"loss": [1.0], "val_accuracy": [0.9], "val_balanced_accuracy": [0.7]}
    curves = curve_reading.read(Evidence(table, facts))

    assert curves.chance == 0.5
    assert curves.error == pytest.approx(0.0811, abs=1e-4)
    assert at_chance(curves)  # 0.7 is above 0.5 + 3 times 0.035, the error of plain accuracy

    plain = curve_reading.read(Evidence({"loss": [1.0], "val_accuracy": [0.9]}, facts))
    assert plain.chance == 0.95


def test_a_plateau_is_counted_until_the_first_tenth_of_the_fall() -> None:
    assert read(loss=[2.3, 2.3, 2.29, 2.0, 1.0], val_loss=[1.0] * 5).plateau == 3
    assert read(loss=[2.3, 1.5, 1.2, 1.1, 1.0], val_loss=[1.0] * 5).plateau == 1


def test_jump_and_rebound_and_wobble() -> None:
    loss, late = [2.0, 1.0, 1.5, 1.0], [0.5, 0.5, 0.6, 0.5, 0.6, 0.5]
    curves = read(loss=loss, val_loss=[2.0, 1.0, 1.2, 1.5])

    assert curves.rise == pytest.approx(0.5)
    assert curves.jump == pytest.approx(0.5)
    assert curves.lowest_validation == 2
    assert curves.rebound == pytest.approx(1.5)
    assert read(loss=[1.0] * 6, val_loss=[1.0] * 6, val_accuracy=late).wobble > 0.05


def test_no_epoch_is_no_error() -> None:
    assert read(loss=[], val_loss=[]).epochs == 0
