import math

import pytest

from kit.errors import SettingError
from kit.training.schedules import NAMES, Schedule


def rates(name: str, steps: int = 100) -> list[float]:
    return [Schedule(name).factor(step / steps) for step in range(steps + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_every_schedule_peaks_at_one_and_never_rises_above(name: str) -> None:
    assert max(rates(name, 1000)) == pytest.approx(1.0, abs=1e-3)
    assert min(rates(name)) >= 0


@pytest.mark.parametrize(
    ("name", "done", "expected"),
    [
        ("constant", 0.9, 1.0),
        ("step", 0.49, 1.0),
        ("step", 0.51, 0.1),
        ("step", 0.76, 0.01),
        ("exponential", 0.2, math.exp(-1)),
        ("1/t", 0.1, 1 / 2),
        ("cosine", 0.025, 0.5),  # half of the warm-up
        ("cosine", 0.525, 0.5),  # half of the fall
        ("cosine", 1.0, 0.0),
        ("one-cycle", 0.0, 0.04),
        ("one-cycle", 0.3, 1.0),
        ("one-cycle", 0.65, 0.5),
        ("one-cycle", 1.0, 0.0),
    ],
)
def test_a_schedule_has_the_values_of_its_formula(name: str, done: float, expected: float) -> None:
    assert Schedule(name).factor(done) == pytest.approx(expected, abs=1e-9)


def test_the_geometric_one_is_a_step_after_each_epoch_whatever_is_done() -> None:
    for done in (0.0, 0.1, 1.0):
        found = [Schedule("geometric").factor(done, epoch) for epoch in range(4)]
        assert found == pytest.approx([0.9**epoch for epoch in range(4)])


@pytest.mark.parametrize("name", ["step", "geometric", "exponential", "1/t"])
def test_schedules_without_warm_up_only_fall_and_count_at_once(name: str) -> None:
    values = rates(name)

    assert values == sorted(values, reverse=True)
    assert Schedule(name).counts_from() == 0


@pytest.mark.parametrize("name", ["cosine", "one-cycle"])
def test_with_warm_up_epochs_count_when_the_rate_has_fallen_to_half(name: str) -> None:
    start = Schedule(name).counts_from()

    assert Schedule(name).factor(start) <= 0.5
    assert Schedule(name).factor(start - 0.02) > 0.5
    assert all(Schedule(name).factor(start + n / 50) <= 0.5 for n in range(10))


@pytest.mark.parametrize(
    ("schedule", "done", "epoch", "expected"),
    [
        (Schedule("step", decay=0.5), 0.76, 9, 0.25),
        (Schedule("step", every=4), 0.1, 3, 1.0),
        (Schedule("step", every=4), 0.1, 4, 0.1),
        (Schedule("step", decay=0.5, every=2), 0.9, 7, 0.125),
        (Schedule("geometric", decay=0.95), 0.0, 3, 0.95**3),
        (Schedule("exponential", decay=2.0), 0.5, 0, math.exp(-1)),
        (Schedule("1/t", decay=4.0), 0.5, 0, 1 / 3),
    ],
)
def test_the_constants_of_a_schedule_are_those_of_its_formula(
    schedule: Schedule, done: float, epoch: int, expected: float
) -> None:
    schedule.verify()

    assert schedule.factor(done, epoch) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (Schedule("cos"), r"no schedule 'cos'.*Did you mean \"cosine\""),
        (Schedule("cosine", decay=0.5), "decay: the schedule cosine has no decay constant; step"),
        (Schedule("geometric", every=2), "every: the schedule geometric has no steps"),
        (Schedule("step", decay=1.0), "decay must be above 0 and below 1 for step, not 1.0"),
        (Schedule("1/t", decay=0.0), "decay must be above 0 for 1/t, not 0.0"),
        (Schedule("step", every=0), "every must be at least 1 epoch, not 0"),
    ],
)
def test_a_constant_that_a_schedule_has_not_is_refused(schedule: Schedule, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        schedule.verify()
