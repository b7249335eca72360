"""How many trials of how many epochs a search has."""

import math

import pytest

from kit.errors import SettingError
from kit.search import Stage, plan, possible, read_space


def test_each_stage_is_four_times_as_long_with_half_the_trials() -> None:
    made = plan(trials=32, epochs=16, stages=3)

    assert [(stage.trials, stage.epochs) for stage in made.stages] == [(32, 1), (16, 4), (8, 16)]


def test_the_first_stage_of_a_short_training_is_a_fraction_of_an_epoch() -> None:
    first = plan(trials=8, epochs=4, stages=3).stages[0]

    assert (first.epochs, first.share) == (1, 0.25)


def test_the_cost_of_a_stage_counts_who_goes_on() -> None:
    # 8 for 5 epochs, 4 for 5 more, 2 for 10 more
    assert Stage(8, 20, rungs=(5, 10)).cost == 8 * 5 + 4 * 5 + 2 * 10
    assert Stage(7, 2, rungs=(1,)).cost == 7 + 4
    assert Stage(10, 1, share=0.25).cost == 2.5


def test_under_a_warm_up_trials_are_not_compared_in_the_first_half() -> None:
    assert plan(epochs=20, schedule="one-cycle").stages[-1].rungs == (10,)
    assert plan(epochs=20, schedule="geometric").stages[-1].rungs == (5, 10)


def test_a_limit_makes_the_search_smaller_until_it_fits() -> None:
    whole = plan(trials=30, epochs=20)
    less = plan(trials=30, epochs=20, max_epochs=whole.epochs_at_most / 2)
    few = plan(trials=30, epochs=20, max_trials=20)

    assert less.epochs_at_most <= whole.epochs_at_most / 2
    assert less.stages[0].trials < 30
    assert few.trials_at_most <= 20


def test_there_are_no_more_trials_than_different_settings() -> None:
    space = read_space(["optimizer=adam,sgd", "batch_size=16:18"])
    made = plan(trials=10, epochs=16, possible=possible(space))

    assert possible(space) == 6
    assert possible(read_space(["optimizer=adam,sgd", "dropout=0:0.6"])) == math.inf
    assert [stage.trials for stage in made.stages] == [6, 5, 4]
    assert plan(trials=10, epochs=16, possible=2).stages[0].trials == 2
    assert plan(trials=10, epochs=16, possible=2).finalists == 2


def test_without_stages_there_are_as_many_trials_as_asked_for() -> None:
    made = plan(trials=6, epochs=20, finalists=3, seeds=3, max_trials=15, staged=False)

    assert made.stages == (Stage(6, 20),)
    assert (made.trials_at_most, made.epochs_at_most) == (15, 300)


@pytest.mark.parametrize(
    "given",
    [
        {"trials": 3},
        {"epochs": 0},
        {"stages": 0},
        {"seeds": 0},
        {"finalists": -1},
        {"max_epochs": 0},
        {"max_trials": -1},
        {"max_epochs": 10},
    ],
)
def test_what_no_search_can_have_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(SettingError):
        plan(**given)


def test_a_limit_that_no_search_without_stages_meets_blames_no_stages() -> None:
    with pytest.raises(SettingError, match=r"without stages .* 5 trials .* use fewer epochs"):
        plan(max_trials=4, staged=False)


def test_the_plan_tells_what_it_will_cost() -> None:
    text = str(plan(trials=32, epochs=16, stages=2, finalists=2, seeds=3, schedule="geometric"))

    assert "stage 1: 32 trials of 4 epochs, the better half continues after 1 and 2" in text
    assert "the best 2, 3 starts each, 16 epochs" in text
