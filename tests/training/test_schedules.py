import math

import pytest

from kit.training import schedules


def rates(name: str, steps: int = 100) -> list[float]:
    return [schedules.factor(name, step / steps) for step in range(steps + 1)]


@pytest.mark.parametrize("name", schedules.NAMES)
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
    assert schedules.factor(name, done) == pytest.approx(expected, abs=1e-9)


def test_the_geometric_one_is_a_step_after_each_epoch_whatever_is_done() -> None:
    for done in (0.0, 0.1, 1.0):
        found = [schedules.factor("geometric", done, epoch) for epoch in range(4)]
        assert found == pytest.approx([0.9**epoch for epoch in range(4)])


@pytest.mark.parametrize("name", ["step", "geometric", "exponential", "1/t"])
def test_schedules_without_warm_up_only_fall_and_count_at_once(name: str) -> None:
    values = rates(name)

    assert values == sorted(values, reverse=True)
    assert schedules.counts_from(name) == 0


@pytest.mark.parametrize("name", ["cosine", "one-cycle"])
def test_with_warm_up_epochs_count_when_the_rate_has_fallen_to_half(name: str) -> None:
    start = schedules.counts_from(name)

    assert schedules.factor(name, start) <= 0.5
    assert schedules.factor(name, start - 0.02) > 0.5
    assert all(schedules.factor(name, start + n / 50) <= 0.5 for n in range(10))
