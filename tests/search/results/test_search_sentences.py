import dataclasses
import math

import pytest
from scipy.stats import norm

from kit.search.results.search_findings import Findings, apart, interval
from kit.search.results.search_sentences import sentences
from kit.search.space import Choices, read_space
from kit.search.staged.ranges import Edge
from kit.search.staged.state import Finalist
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import Trial
from kit.setting_names import as_flags

SPACE = read_space(["learning_rate=1e-6:1e-1", "l2=1e-7:10"])
BEST = {"learning_rate": 1e-3, "l2": 1e-4}
OTHER = {"learning_rate": 5e-4, "l2": 1e-3}
CLEAR = (Finalist(BEST, (0.531, 0.526, 0.535)), Finalist(OTHER, (0.49, 0.495, 0.485)))
TIED = (Finalist(BEST, (0.531, 0.526, 0.535)), Finalist(OTHER, (0.529, 0.534, 0.524)))


def trial(number, rate, accuracy, status="complete", reason="", stage=1, l2=None, epochs=1):
    rows = tuple({"epoch": e + 1, "val_accuracy": accuracy} for e in range(epochs))
    values = {"learning_rate": rate, "l2": 10.0 ** (-number % 7 - 5) if l2 is None else l2}
    rows = () if accuracy is None else rows
    return Trial(number, stage, values, 1, epochs, rows, status, reason)


def grid(count=20, highest=1e-1, last=0.02):
    """Return trials over all rates whose accuracy peaks at 1e-3; above ``highest`` they diverge."""
    trials = []
    for number in range(count):
        rate = 10 ** (-6 + 5 * number / (count - 1))
        if rate > highest:
            reason = f"the loss rose to {number}.5, more than 3 times the 2.3 it began with"
            trials.append(trial(number, rate, None, "infeasible", reason))
        else:
            trials.append(trial(number, rate, 0.5 - 0.05 * abs(math.log10(rate) + 3)))
    return trials


def told(**changes):
    facts = {"trials": tuple(grid()), "finalists": CLEAR, "chance": Chance(5000, 0.1)} | changes
    space = facts.pop("space", SPACE)
    stages = facts.pop("stages", (space,))
    return as_flags("\n".join(sentences(Findings("val_accuracy", space, stages, **facts))))


def test_the_best_comes_first_with_mean_spread_images_and_majority():
    text = told()

    assert text.startswith(
        "Best: learning_rate 0.001, l2 0.0001: val_accuracy 0.531, the mean of 3 runs with "
        "different seeds (0.526 to 0.535), on 5000 validation images."
    )
    assert "is 0.517 to 0.545" in text or "is 0.517 to 0.544" in text
    assert "always answering the largest class would score 0.100" in text
    assert "the best of 20 epochs of 20 trials on the same images, so it is optimistic" in text


def test_the_interval_is_wilsons():
    z, p, n = norm.ppf(0.975), 0.53, 1000
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))

    assert interval(p, n) == pytest.approx((middle - half, middle + half))


def test_finalists_within_their_spread_cannot_be_told_apart():
    assert "The first two finalists cannot be told apart" in told(finalists=TIED)
    assert "equally good: learning_rate 0.0005, l2 0.001" in told(finalists=TIED)
    assert "cannot be told apart" not in told()
    assert "better than the second (0.531, 0.490) by more than their runs differ" in told()


def test_three_that_are_tied_are_counted():
    third = Finalist({"learning_rate": 2e-4, "l2": 1.0}, (0.527, 0.53, 0.534))

    assert "The first 3 finalists cannot be told apart" in told(finalists=(*TIED, third))
    assert "The first two finalists" in told(finalists=(*TIED, CLEAR[1]))


def test_single_starts_say_nothing_of_chance():
    single = (Finalist(BEST, (0.53,)), Finalist(OTHER, (0.50,)))

    assert apart(*single) is None
    assert "was trained once, so the difference" in told(finalists=single)
    assert "luck plays a part" in told(finalists=())


def test_what_diverged_with_one_start_is_told():
    shaky = (Finalist(BEST, (0.531, 0.535), diverged=1), CLEAR[1])

    assert "It diverged in 1 of 3 runs" in told(finalists=shaky)
    assert "diverged" not in told()


def test_where_all_was_tried_it_is_said_and_no_more_trials_are_proposed():
    space = read_space(["optimizer=adam,sgd"])
    trials = tuple(
        Trial(n, 1, {"optimizer": name}, 1, 1, ({"epoch": 1, "val_accuracy": 0.5},), "complete")
        for n, name in enumerate(("adam", "sgd"))
    )

    text = told(space=space, trials=trials, finalists=())

    assert "All 2 possible combinations of values were tried." in text
    assert "more trials" not in text
    more = read_space(["optimizer=adam,sgd,rmsprop"])
    assert "possible combinations" not in told(space=more, trials=trials, finalists=())
    assert "more trials" in told(space=more, trials=trials, finalists=())


def test_guessing_is_no_result():
    luck = (Finalist(BEST, (0.101, 0.104, 0.106)),)
    assert "no winner is trained, and the test part is not used" in told(finalists=luck)
    assert "There is no test part to show" not in told(finalists=luck)

    assert "not clearly better than guessing: nothing shows" in told(finalists=luck)
    assert "Next: check the set-up" in told(finalists=luck)
    assert "guessing" not in told()


def test_all_right_of_few_images_is_not_called_guessing():
    all_right = (Finalist(BEST, (1.0, 1.0, 1.0)),)

    uneven = Chance(22, 0.5, 0.185)  # 20 and 2 of a class
    for chance in (Chance(8, 0.5), uneven):  # of which even all may be luck
        assert "guessing" not in told(finalists=all_right, chance=chance)
    assert "not clearly better than guessing" in told(chance=Chance(20, 0.5))


def test_settings_that_mattered_are_named_and_others_are_not():
    text = told()

    mattered = next(line for line in text.split("\n") if line.startswith("What mattered"))
    assert "learning_rate (explains" in mattered
    assert "l2" not in mattered
    assert "Not told apart from chance, in 20 trials: l2." in text
    assert "too few to tell whether these mattered" in told(trials=tuple(grid(5)))


def test_a_best_value_at_the_edge_is_told_with_a_wider_range():
    edge = (Finalist({"learning_rate": 0.09, "l2": 1e-4}, (0.53, 0.53, 0.531)),)

    text = told(finalists=edge)

    assert "The best learning_rate, 0.09, is near the limit of the values tried (0.1)" in text
    assert "--search learning_rate=1e-06:1.0" in text
    assert "near the limit" not in told()


def test_the_edge_of_a_narrowed_range_is_none_where_more_was_tried_before():
    narrow = read_space(["learning_rate=1e-4:1e-3", "l2=1e-5:1e-3"])

    assert "near the limit" not in told(stages=(SPACE, narrow))
    assert "near the limit" in told(space=narrow, stages=(narrow, narrow))


def test_an_extension_is_told_and_whether_it_was_enough():
    wide = (SPACE, read_space(["learning_rate=1e-6:1", "l2=1e-7:10"]))
    hit = (Edge("learning_rate", "high", 0.1, 1.0),)
    beyond = (Finalist({"learning_rate": 0.9, "l2": 1e-4}, (0.53,)),)

    inside = told(stages=wide, extensions=hit)
    still = told(stages=wide, extensions=hit, finalists=beyond)

    assert "extended from 0.1 to 1, and the best is now inside it" in inside
    assert "extended from 0.1 to 1." in still
    assert "near the limit of the values tried (1)" in still


def test_two_extensions_are_one_and_a_range_that_was_too_low_had_no_best():
    wide = (SPACE, read_space(["learning_rate=1e-6:10", "l2=1e-7:10"]))
    best = (Edge("learning_rate", "high", 0.1, 1.0),)
    still = (Edge("learning_rate", "high", 0.1, 1.0, still=True),)
    more = (Edge("learning_rate", "high", 1.0, 10.0),)

    text = told(stages=wide, extensions=best + more)
    assert "At least half of the best trials were near the high end of learning_rate, so" in text
    assert "extended from 0.1 to 10" in text
    assert "No trial learned up to the high end of learning_rate, so" in (
        told(stages=wide, extensions=still + more)
    )


def test_a_best_value_where_a_limit_left_no_room_to_extend_is_at_the_edge():
    narrow = (SPACE, read_space(["learning_rate=1e-2:1e-1", "l2=1e-7:10"]))
    full = (Edge("learning_rate", "high", 0.1, None, "the limit leaves no room"),)
    near = (Finalist({"learning_rate": 0.07, "l2": 1e-4}, (0.53,)),)

    assert "near the limit of the values" in told(stages=narrow, extensions=full, finalists=near)
    assert "--search learning_rate" in told(stages=narrow, extensions=full, finalists=near)
    assert "near the limit of the values" not in told(stages=narrow, finalists=near)


def test_a_large_l2_at_its_low_end_matters():
    space = read_space(["learning_rate=1e-6:1e-1", "l2=1:10"])
    low = (Finalist({"learning_rate": 1e-3, "l2": 1.05}, (0.53, 0.531)),)

    assert "hardly matters" not in told(space=space, finalists=low)
    assert "--search l2=0.1:10.0" in told(space=space, finalists=low)


def test_l2_at_its_low_end_hardly_matters():
    low = (Finalist({"learning_rate": 1e-3, "l2": 1.2e-7}, (0.53, 0.531)),)

    text = told(finalists=low)

    assert "l2 is best at its low end: regularization hardly matters here" in text
    assert "--search l2" not in text


def test_more_than_half_infeasible_means_a_wrong_range_and_says_where():
    text = told(trials=tuple(grid(20, highest=1e-4)))

    assert "12 of 20 trials were infeasible" in text
    assert "every one with learning_rate above 6.952e-05" in text
    assert "more than half, so the range or the set-up is wrong" in text
    assert "leave out learning_rate above" in text
    few = told(trials=tuple(grid(20, highest=1e-2)))
    assert "4 of 20 trials were infeasible" in few
    assert "more than half" not in few
    assert "infeasible" not in told()


def test_more_than_half_of_the_first_stage_is_said_to_be_of_that():
    first = [dataclasses.replace(one, stage=1) for one in grid(20, highest=1e-4)]
    later = [dataclasses.replace(one, stage=2, number=20 + one.number) for one in grid(20, 1)]

    text = told(trials=(*first, *later))

    assert "12 of 40 trials were infeasible" in text
    assert "and 12 of the 20 of stage 1: more than half" in text


def test_infeasible_trials_all_over_have_no_limit():
    ends = {0: (None, "infeasible", "x")}  # every third
    trials = (trial(n, 10 ** (-6 + n / 4), *ends.get(n % 3, (0.4,))) for n in range(20))

    text = told(trials=tuple(trials))

    assert "7 of 20 trials were infeasible." in text


def test_without_a_feasible_trial_lower_rates_are_proposed():
    text = told(trials=tuple(grid(20, highest=1e-9)), finalists=())

    assert text.startswith("There is no feasible trial among 20 trials (20 x the ")
    assert "--search learning_rate=1e-09:1e-06" in text
    assert "Best" not in text


def test_without_any_trial_more_time_is_proposed():
    text = told(trials=(trial(0, 1e-3, None, "running"),), finalists=(), ended="the time limit")

    assert "ended early: the time limit" in text
    assert "No trial ended" in text


def test_what_never_ran_for_want_of_time_counts_as_no_trial():
    left = trial(20, 1e-3, None, "stopped", "the time for the stages was up")

    assert "infeasible" not in told(trials=(*grid(), left))


def test_a_budget_that_ended_it_leads_to_resuming():
    assert "(--resume)" in told(ended="the time limit")
    assert "--resume" not in told()


def test_a_winner_that_still_rises_is_to_be_trained_longer():
    rows = tuple({"epoch": e, "val_accuracy": 0.3 + 0.02 * e} for e in range(1, 13))
    rising = Trial(20, 2, BEST, 1, 12, rows, "complete")
    flat = tuple({"epoch": e, "val_accuracy": 0.53} for e in range(1, 13))

    assert "train longer" in told(trials=(*grid(), rising))
    assert "train longer" not in told(trials=(*grid(), Trial(20, 2, BEST, 1, 12, flat, "complete")))


def test_the_test_split_is_what_to_believe():
    tested = told(test=0.522, test_images=10_000, use_validation=True)

    assert "used only once, gives 0.522 (95 % interval 0.512 to 0.532, 10000 images)" in tested
    assert "trained on the validation images" in tested
    assert "There is no test part to show" not in tested
    assert "There is no test part to show" in told()


def test_a_loss_has_no_interval_of_accuracy():
    rows = ({"epoch": 1, "val_data_loss": 1.5},)
    trials = tuple(Trial(t.number, 1, t.values, 1, 1, rows, "complete") for t in grid())
    finalists = (Finalist(BEST, (1.2, 1.3)), Finalist(OTHER, (1.9, 1.8)))
    found = Findings("val_data_loss", SPACE, (SPACE,), trials, finalists, Chance(5000, 0.1))

    text = "\n".join(sentences(found))

    assert "val_data_loss 1.250, the mean of 2 runs with different seeds" in text
    assert "interval" not in text
    assert "largest class" not in text


def test_no_sentence_holds_a_control_character():
    space = (Choices("a\x1b[31m", ("x\x07", "y")),)
    trials = tuple(
        Trial(n, 1, {"a\x1b[31m": "x\x07" if n % 2 else "y"}, 1, 1, (), "failed", "\x1b[2Jbad")
        for n in range(12)
    )

    text = "".join(sentences(Findings("val_accuracy", space, (space,), trials, ended="\x07")))

    assert text.isprintable()
    assert "bad" in text
