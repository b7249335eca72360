import math
from itertools import pairwise, permutations

import numpy as np

from kit.evaluation import best_place, kept_epoch, why_kept
from kit.intervals import worth

SCORE = "val_accuracy"


def rows(scores, losses, monitor=SCORE):
    return [
        {monitor: float(score), "val_loss": float(loss)}
        for score, loss in zip(scores, losses, strict=True)
    ]


def test_of_equal_scores_the_lowest_loss_is_kept():
    curve = rows([0.9, *[1.0] * 42], [1.2, *np.linspace(1.025, 0.292, 42)])

    for images in (0, 50, 5000):
        assert kept_epoch(curve, SCORE, images) == 42
    assert why_kept(curve, 42, SCORE, 50) == (
        "The weights of epoch 43 of 43 are kept: of the 42 epochs with the best val_accuracy, "
        "1.0000, it has the lowest validation loss."
    )


def test_a_lucky_score_early_on_is_not_kept():
    """43 classes, 296 validation images: the fifth of 18 epochs is ahead by less than an error."""
    monitor = "val_balanced_accuracy"
    scores = [0.3, 0.52, 0.63, 0.69, 0.752, 0.735, 0.74, *np.linspace(0.733, 0.747, 11)]
    losses = [*np.linspace(3.0, 1.6, 7), *np.linspace(1.55, 1.2, 11)]
    curve = rows(scores, losses, monitor)
    images = worth([4] * 18 + [9] * 24 + [8], balanced=True)

    assert kept_epoch(curve, monitor, images) == 17
    assert kept_epoch(curve, monitor) == 4  # where the error is not known
    assert why_kept(curve, 17, monitor, images) == (
        "The weights of epoch 18 of 18 are kept: of the 14 epochs within one standard error "
        "(0.0271) of the best val_balanced_accuracy, 0.7520, it has the lowest validation loss."
    )


def test_a_score_that_is_better_by_more_than_its_error_is_kept_whatever_the_loss():
    curve = rows([0.7, 0.9, 0.8], [0.5, 1.0, 0.4])

    assert kept_epoch(curve, SCORE, 400) == 1
    assert why_kept(curve, 1, SCORE, 400) == (
        "The weights of epoch 2 of 3 are kept: its val_accuracy, 0.9000, is the best, and no other "
        "epoch is within one standard error of it."
    )


def test_weights_that_were_let_go_are_not_kept_in_the_end():
    """The second epoch is near the last one's score and has a lower loss, but its copy is gone."""
    curve = rows([0.800, 0.815, 0.830], [0.2, 0.3, 0.4])

    assert kept_epoch(curve, SCORE, 500) == 2  # the error is 0.0168
    assert "lowest validation loss since epoch 3" in why_kept(curve, 2, SCORE, 500)


def test_the_order_of_trainings_does_not_choose_among_them():
    curve = rows([0.90, 0.93, 0.96], [0.3, 0.5, 0.6])  # the error of 0.96 is 0.031

    for order in permutations(curve):
        assert order[best_place(order, SCORE, 40)] == curve[1]


def test_of_two_phases_the_kept_epoch_is_near_the_best_of_both():
    """Not near the kept epoch of the other phase, which is below its own best already."""
    head = rows([0.95, 0.93], [0.30, 0.25])
    tuned = rows([0.91], [0.20])
    curve = [*head, *tuned]
    place = best_place(curve, SCORE, 100, [1, 2])

    assert place == 1  # the error of 0.95 is 0.0218
    assert "of the 2 epochs within one standard error" in why_kept(curve, place, SCORE, 100)


def test_a_loss_without_penalties_decides_where_it_is_there():
    curve = [{**row, "val_data_loss": 1 - row["val_loss"]} for row in rows([1, 1], [0.4, 0.3])]

    assert kept_epoch(curve, SCORE) == 0
    curve[1]["val_data_loss"] = math.nan  # of a phase that has no penalties
    assert kept_epoch(curve, SCORE) == 1


def test_the_lowest_loss_is_kept_where_it_is_the_monitor():
    curve = rows([0.9, 0.8, 0.9], [0.5, 0.3, 0.4])

    assert kept_epoch(curve, "val_loss") == 1
    assert why_kept(curve, 1, "val_loss").endswith("its val_loss, 0.3000, is the lowest.")


def test_what_is_no_number_is_never_kept():
    curve = rows([math.nan, 0.5, math.inf, 0.6], [0.1, math.nan, 0.1, math.nan])

    assert kept_epoch(curve, SCORE, 1000) == 3
    assert kept_epoch(curve[:1], SCORE) == -1
    assert kept_epoch([], SCORE) == -1


def test_one_copy_of_weights_is_enough():
    rng = np.random.default_rng(0)
    for _ in range(20):
        curve = rows(rng.uniform(0.7, 0.8, 50), rng.uniform(0.5, 0.6, 50))
        kept = [kept_epoch(curve[:count], SCORE, 300) for count in range(51)]
        assert all(now in (before, count) for count, (before, now) in enumerate(pairwise(kept)))
