"""Ranking, narrowing and the edges of ranges, on trials made by hand."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kit.intervals import guessing
from kit.search import Chance, Trial, read_space
from kit.search.staged import ranges, trial_ranking
from kit.search.staged.random_points import draw

SPACE = read_space(["learning_rate=1e-6:1e-1", "l2=1e-7:10"])
CHANCE = Chance(images=1000, score=0.1)


def trial(number: int, rate: float, accuracy: float, l2: float = 1e-3, **more: Any) -> Trial:
    rows = more.pop("rows", 1)
    loss = more.pop("loss", 2.0)
    row = {"val_accuracy": accuracy, "val_data_loss": loss}
    return Trial(
        number,
        1,
        {"learning_rate": rate, "l2": l2},
        seed=1,
        planned=4,
        rows=tuple({"epoch": n + 1.0, **row} for n in range(rows)),
        status=more.pop("status", "complete"),
    )


def numbers(ranking: list[Trial]) -> list[int]:
    return [one.number for one in ranking]


def test_the_best_accuracy_is_first_and_what_diverged_is_nowhere() -> None:
    trials = [
        trial(0, 1e-3, 0.4),
        trial(1, 1e-2, 0.5),
        trial(2, 1e-1, 0.9, status="infeasible"),
        trial(3, 1e-1, 0.9, status="failed"),
        dataclasses.replace(trial(4, 1e-1, 0.9), rows=()),
    ]

    assert numbers(trial_ranking.ranked(trials, "val_accuracy")) == [1, 0]


def test_who_went_further_is_before_who_was_stopped() -> None:
    trials = [trial(0, 1e-3, 0.5, status="stopped"), trial(1, 1e-2, 0.45, rows=4)]

    assert numbers(trial_ranking.ranked(trials, "val_accuracy")) == [1, 0]


def test_equal_accuracies_are_ranked_by_the_loss_and_then_by_number() -> None:
    trials = [trial(0, 1e-3, 0.5), trial(1, 1e-2, 0.5, loss=1.5), trial(2, 1e-1, 0.5)]

    assert numbers(trial_ranking.ranked(trials, "val_accuracy")) == [1, 0, 2]


def test_where_all_guess_the_loss_ranks() -> None:
    guessing = [trial(0, 1e-6, 0.12, loss=2.3), trial(1, 1e-3, 0.09, loss=2.2)]
    learning = [*guessing, trial(2, 1e-2, 0.3, loss=9.0)]

    assert numbers(trial_ranking.ranked(guessing, "val_accuracy", CHANCE)) == [1, 0]
    assert numbers(trial_ranking.ranked(guessing, "val_accuracy")) == [0, 1]  # nothing is known
    assert numbers(trial_ranking.ranked(learning, "val_accuracy", CHANCE)) == [2, 0, 1]


def test_where_no_loss_moves_either_the_highest_rate_is_first() -> None:
    still = [
        trial(n, rate, 0.1, loss=2.302585 + n * 1e-7) for n, rate in enumerate((1e-4, 1e-6, 1e-5))
    ]
    moved = [*still, trial(3, 1e-5, 0.1, loss=2.298)]

    assert numbers(trial_ranking.ranked(still, "val_accuracy", CHANCE)) == [0, 2, 1]
    assert numbers(trial_ranking.ranked(moved, "val_accuracy", CHANCE)) == [3, 0, 1, 2]


def test_a_score_is_above_guessing_from_three_standard_errors() -> None:
    error = math.sqrt(0.1 * 0.9 / 1000)

    assert trial_ranking.at_chance([trial(0, 1, 0.1 + 2.9 * error)], "val_accuracy", CHANCE)
    assert not trial_ranking.at_chance([trial(0, 1, 0.1 + 3.1 * error)], "val_accuracy", CHANCE)


def test_a_trial_is_judged_by_the_epoch_that_a_training_would_keep() -> None:
    rows = tuple(
        {"epoch": epoch, "val_accuracy": score, "val_data_loss": loss}
        for epoch, score, loss in ((1, 0.6, 1.2), (2, 0.75, 1.1), (3, 0.74, 0.5), (4, 0.74, 0.6))
    )
    kept = dataclasses.replace(trial(0, 1e-3, 0.5), rows=rows, images=400).best("val_accuracy")

    assert kept is rows[2]
    few = Chance(200, *guessing((190, 10), balanced=True))
    assert few.worth == pytest.approx(38)
    assert Chance(200, 0.5).worth == 200


def test_guessing_balanced_on_few_images_of_a_class_is_no_learning() -> None:
    chance = Chance(200, *guessing((190, 10), balanced=True))
    lucky = [trial(0, 1, 0.7)]

    assert trial_ranking.at_chance(lucky, "val_accuracy", chance)
    assert not trial_ranking.at_chance(lucky, "val_accuracy", Chance(200, 0.5))
    assert not trial_ranking.at_chance([trial(0, 1, 0.75)], "val_accuracy", chance)


def test_where_all_right_may_be_luck_the_loss_ranks_and_none_is_said_to_guess() -> None:
    chance = Chance(22, *guessing((20, 2), balanced=True))
    trials = [trial(0, 1e-3, 1.0, loss=0.6), trial(1, 1e-2, 0.9, loss=0.2)]

    assert not trial_ranking.at_chance(trials, "val_accuracy", chance)
    assert [one.number for one in trial_ranking.ranked(trials, "val_accuracy", chance)] == [1, 0]


def test_who_guesses_is_not_among_the_best_where_others_learn() -> None:
    trials = [trial(0, 1e-2, 0.3), trial(1, 2e-2, 0.2), trial(2, 1e-6, 0.11), trial(3, 1e-5, 0.1)]
    ranking = trial_ranking.ranked(trials, "val_accuracy", CHANCE)

    assert numbers(list(trial_ranking.best_of(ranking, "val_accuracy", CHANCE))) == [0, 1]
    assert numbers(list(trial_ranking.best_of(ranking, "val_accuracy"))) == [0, 1, 2]
    guessing = trial_ranking.ranked(trials[2:], "val_accuracy", CHANCE)
    assert len(trial_ranking.best_of(guessing, "val_accuracy", CHANCE)) == 2


def test_a_range_is_narrowed_around_all_of_the_best() -> None:
    best = [trial(0, 1e-4, 0.5), trial(1, 1e-3, 0.5), trial(2, 1e-2, 0.5)]

    rate, _ = ranges.narrowed(SPACE, SPACE, best)

    assert rate.low == pytest.approx(1e-5, rel=0.01)  # the mean distance is a decade
    assert rate.high == pytest.approx(1e-1, rel=0.01)


def test_narrowing_may_leave_the_present_range_but_not_the_widest() -> None:
    now = read_space(["learning_rate=1e-4:1e-3", "l2=1e-7:10"])
    best = [trial(n, rate, 0.5) for n, rate in enumerate((7e-4, 8e-4, 9.9e-4))]

    free, _ = ranges.narrowed(now, SPACE, best)
    bound, _ = ranges.narrowed(now, now, best)

    assert free.high > 1e-3
    assert bound.high == 1e-3


def test_where_the_best_lie_at_the_end_of_a_narrowed_range_the_next_goes_back_out() -> None:
    now = read_space(["learning_rate=1e-4:1e-3", "l2=1e-7:10"])
    inside = [trial(n, rate, 0.5) for n, rate in enumerate((4e-4, 5e-4, 6e-4))]
    at_end = [trial(n, rate, 0.5) for n, rate in enumerate((4e-4, 9e-4, 9.5e-4))]

    assert ranges.narrowed(now, SPACE, inside)[0].high < 1e-3
    assert ranges.narrowed(now, SPACE, at_end)[0].high > 2.5e-3


def test_choices_lose_what_none_of_the_best_has() -> None:
    space = read_space(["optimizer=adam,sgd,rmsprop"])
    best = [dataclasses.replace(trial(0, 1, 0.5), values={"optimizer": "sgd"})]

    assert ranges.narrowed(space, space, best)[0].values == ("sgd",)


def test_half_of_the_best_in_the_outer_tenth_are_an_edge() -> None:
    inside = [trial(0, 3e-3, 0.5), trial(1, 3e-3, 0.5)]
    at_edge = [trial(2, 5e-2, 0.5), trial(3, 9e-2, 0.5)]

    (edge,) = ranges.edges(SPACE, SPACE, inside + at_edge, {})

    assert (edge.name, edge.side, edge.to) == ("learning_rate", "high", 1.0)
    assert not ranges.edges(SPACE, SPACE, [*inside, trial(4, 3e-3, 0.5), *at_edge], {})


def test_of_few_trials_the_edge_is_the_part_that_has_four_of_them() -> None:
    best = [trial(0, 2e-2, 0.5), trial(1, 3e-2, 0.5), trial(2, 1e-3, 0.5)]

    assert not ranges.edges(SPACE, SPACE, best, {}, among=40)
    assert ranges.edges(SPACE, SPACE, best, {}, among=16)
    assert ranges.zone(None) == ranges.zone(100) == 0.1
    assert ranges.zone(20) == 0.2
    assert ranges.zone(4) == 0.25


def test_a_range_is_extended_twice_at_most_and_l2_never_downwards() -> None:
    high = [trial(n, 9e-2, 0.5) for n in range(3)]
    low = [trial(n, 1e-3, 0.5, l2=1.1e-7) for n in range(3)]

    (twice,) = ranges.edges(SPACE, SPACE, high, {"learning_rate": 2})
    (weak,) = ranges.edges(SPACE, SPACE, low, {})

    assert twice.to is None
    assert "2 times" in twice.why
    assert weak.to is None
    assert "hardly matters" in weak.why


def test_the_edge_of_a_narrowed_range_is_none_where_the_widest_goes_on() -> None:
    now = read_space(["learning_rate=1e-4:1e-3", "l2=1e-7:10"])

    assert not ranges.edges(now, SPACE, [trial(n, 9.9e-4, 0.5) for n in range(3)], {})
    assert ranges.edges(now, now, [trial(n, 9.9e-4, 0.5) for n in range(3)], {})


def test_an_extension_never_makes_a_range_smaller() -> None:
    space = read_space(["momentum=0.5:0.9999:log"])
    best = [dataclasses.replace(trial(0, 1, 0.5), values={"momentum": 0.9999})]

    (edge,) = ranges.edges(space, space, best, {})

    assert edge.to is None


def test_linear_ranges_and_whole_numbers_are_not_extended() -> None:
    space = read_space(["learning_rate=0.1:0.2:linear", "l2=1:1000000"])
    values = {"learning_rate": 0.2, "l2": 1e-3}
    whole = dataclasses.replace(space[1], integer=True, name="units")
    best = [dataclasses.replace(trial(0, 1, 0.5), values={**values, "units": 999_999})]

    assert not ranges.edges((space[0], whole), (space[0], whole), best, {})


def test_an_extension_is_searched_beyond_the_old_end() -> None:
    found = ranges.edges(SPACE, SPACE, [trial(n, 9e-2, 0.5) for n in range(3)], {})

    new, _ = ranges.extended(SPACE, found, only_new=True)
    wide, _ = ranges.extended(SPACE, found)

    assert (new.low, new.high) == (pytest.approx(0.0316, rel=0.01), 1.0)
    assert (wide.low, wide.high) == (1e-6, 1.0)


def test_where_nothing_learns_and_nothing_diverges_the_rate_is_too_low() -> None:
    still = [trial(n, rate, 0.1) for n, rate in enumerate(np.logspace(-6, -1, 12))]
    one = [*still[:-1], trial(11, 0.1, 0.1, status="infeasible")]
    burst = [*still[:-2], *(trial(n, 0.1, 0.1, status="infeasible") for n in (10, 11))]

    (edge,) = ranges.too_low(SPACE, SPACE, still, {})

    assert edge.to == 1.0
    assert edge.still
    assert ranges.too_low(SPACE, SPACE, one, {})  # by its penalty, perhaps
    assert not ranges.too_low(SPACE, SPACE, burst, {})


def test_where_the_loss_jumped_and_lies_still_the_rate_is_not_too_low() -> None:
    def dead(number: int, rate: float) -> Trial:
        row = {"epoch": 1.0, "val_accuracy": 0.1, "val_data_loss": 2.3026}
        row["data_loss"] = 2.3 if rate < 1e-3 else 4.0  # its mean over the epoch
        return dataclasses.replace(trial(number, rate, 0.1), rows=(row,))

    trials = [dead(n, rate) for n, rate in enumerate((1e-5, 1e-4, 3e-2, 1e-1))]

    assert not ranges.too_low(SPACE, SPACE, trials, {})
    assert numbers(trial_ranking.ranked(trials, "val_accuracy", CHANCE))[:2] == [1, 0]


def test_draws_fill_every_part_of_a_range_once_and_follow_from_the_seed() -> None:
    points = draw(SPACE, 10, seed=7, stage=0)
    shares = sorted(SPACE[0].share(point["learning_rate"]) for point in points)

    assert [int(10 * share) for share in shares] == list(range(10))
    assert points == draw(SPACE, 10, seed=7, stage=0)
    assert points != draw(SPACE, 10, seed=8, stage=0)
    assert points != draw(SPACE, 10, seed=7, stage=10)
