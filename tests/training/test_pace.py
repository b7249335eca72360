"""The rate of every step, on a clock of our own and without a network."""

import itertools
import time
from types import SimpleNamespace
from typing import Any

import pytest

from kit.training.pace import Pace, minutes_left
from kit.training.schedules import Schedule

STEPS = 75  # of an epoch
VALIDATED, SCORED = 19, 35  # batches; each is answered in a third of a step


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def trained(
    seconds: float | None,
    *,
    schedule: str = "one-cycle",
    epochs: int = 20,
    steps: int = STEPS,
    step: float = 1.0,
    slower_from: int = 100,
    answering: float = 1 / 3,
    **more: Any,
) -> tuple[Pace, list[float], float]:
    """Play Keras' loop; return the pace, the rate of every step and when the scores are there."""
    clock, rates = Clock(), []
    pace = Pace(
        Schedule(schedule), 1.0, epochs, steps, seconds, validated=VALIDATED, scored=SCORED, **more
    )
    pace.clock = clock
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.0), stop_training=False)
    pace.set_model(model)
    pace.on_train_begin()
    for epoch in range(epochs):
        step *= 5 if epoch == slower_from else 1
        for batch in range(steps):
            pace.on_train_batch_begin(batch)
            rates.append(model.optimizer.learning_rate)
            clock.now += 3 + step if not epoch and not batch else step  # the first one compiles
            pace.on_train_batch_end(batch)
            if model.stop_training:
                break
        clock.now += VALIDATED * answering * step
        pace.on_epoch_end(epoch)
        if model.stop_training:
            break
    return pace, rates, clock.now + SCORED * answering * step


def growth(rates: list[float]) -> list[float]:
    """Return how many times each rate is the one before; of falls, that of those from 0.05 on."""
    pairs = itertools.pairwise(rates)
    return [max(two / one, one / two if one > 0.05 else 0) for one, two in pairs]


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
@pytest.mark.parametrize("fitting", [1, 2, 3, 5, 19])
def test_the_rate_rises_and_falls_as_planned_however_many_epochs_fit(
    fitting: int, schedule: str
) -> None:
    seconds = 15 + (STEPS + VALIDATED / 3) * (fitting + 0.5)
    pace, rates, end = trained(seconds, schedule=schedule)

    assert len(rates) == fitting * STEPS
    assert pace.stopped == f"the time limit allows {fitting} of 20 epochs"
    assert max(growth(rates)) <= 2
    assert max(rates) > 0.99
    assert rates[-1] < 0.002
    assert end <= seconds


def test_where_all_epochs_fit_the_rates_are_those_without_a_limit() -> None:
    pace, rates, _ = trained(1e6)

    assert rates == trained(None)[1]
    assert rates == [Schedule().factor((n + 0.5) / (20 * STEPS)) for n in range(20 * STEPS)]
    assert (pace.stopped, pace.epochs, pace.counts_from()) == ("", 20, 13)


def test_where_less_than_an_epoch_fits_the_schedule_ends_with_its_steps_and_the_need_is_said() -> (
    None
):
    pace, rates, end = trained(60.0)

    assert 25 < len(rates) < STEPS
    assert pace.epochs == 1
    assert max(growth(rates)) <= 2
    assert max(rates) > 0.99
    assert rates[-1] < 0.01
    assert end <= 60
    assert pace.stopped == (
        f"the time limit allows {len(rates)} of the 75 steps of the first epoch, which needs 1.6 "
        "minutes; 1 minutes were left for this training"
    )
    assert trained(1.6 * 60)[0].stopped == "the time limit allows 1 of 20 epochs"


def test_a_limit_that_has_passed_after_the_first_steps_ends_the_training_with_them() -> None:
    pace, rates, _ = trained(4.5)

    assert len(rates) == 2
    assert "allows 2 of the 75 steps of the first epoch, which needs" in pace.stopped


@pytest.mark.parametrize("answering", [0.05, 2.0])
def test_validation_that_takes_another_time_than_thought_changes_the_plan_but_not_the_end(
    answering: float,
) -> None:
    seconds = 600.0
    _, rates, end = trained(seconds, answering=answering)

    assert 0.85 * seconds < end <= seconds
    assert len(rates) % STEPS == 0
    assert max(growth(rates)) <= 2
    assert rates[-1] < 0.002


def test_a_machine_that_becomes_slower_is_stopped_at_the_limit() -> None:
    pace, rates, _ = trained(600.0, slower_from=2)
    assert (pace.stopped, len(rates)) == ("the time limit allows 3 of 20 epochs", 3 * STEPS)

    pace, rates, _ = trained(350.0, slower_from=3)
    assert pace.stopped == "the time limit was reached in epoch 4 of 4"
    assert 3 * STEPS < len(rates) < 3.5 * STEPS


def test_epochs_of_few_steps_are_planned_after_the_first() -> None:
    pace, rates, end = trained(100.0, steps=4)

    assert (pace.epochs, len(rates)) == (pace.end, 4 * pace.end)
    assert end <= 100
    assert rates[-1] < 0.05


def test_a_given_last_epoch_ends_a_longer_schedule_also_under_a_limit() -> None:
    whole = trained(None)[1]

    assert trained(1e6, last=12)[1] == whole[: 12 * STEPS]
    pace, rates, _ = trained(400.0, last=12)
    assert pace.stopped == "the time limit allows 4 of 12 epochs"
    assert rates[-1] < 0.002


def test_the_geometric_schedule_is_the_same_under_a_limit() -> None:
    rates = trained(400.0, schedule="geometric")[1]

    assert rates == pytest.approx([0.9 ** (n // STEPS) for n in range(len(rates))])


def test_what_is_left_of_a_limit_is_three_seconds_at_least() -> None:
    now = time.monotonic()

    assert minutes_left(None, now) is None
    assert minutes_left(10, now - 240) == pytest.approx(6, abs=0.01)
    assert minutes_left(10, now - 6000) == pytest.approx(0.05)
    assert minutes_left(0.01, now - 6000) == pytest.approx(0.01)
