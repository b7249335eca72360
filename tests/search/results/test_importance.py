import math

import numpy as np
import pytest

from kit.search.results.importance import importance
from kit.search.space import Range, read_space
from kit.search.trials import Trial

SPACE = read_space(["learning_rate=1e-6:1e-1", "l2=1e-7:10", "dropout=0:0.6", "optimizer=adam,sgd"])


def drawn(count, score, seed=0, space=SPACE, stage=1, first=0):
    """Return trials at random points whose only epoch scores ``score(values, random)``."""
    random = np.random.default_rng(seed)
    trials = []
    for number in range(first, first + count):
        values = {one.name: one.value(random.random()) for one in space}
        value = score(values, random)
        status = "infeasible" if value is None else "complete"
        rows = () if value is None else ({"epoch": 1, "val_accuracy": value},)
        trials.append(Trial(number, stage, values, 1, 1, rows, status))
    return trials


def peak(values, random):
    """Accuracy that is best at a rate of 3e-4, and knows nothing of the other settings."""
    distance = math.log10(values["learning_rate"]) + 3.5
    return 0.5 * math.exp(-(distance**2)) + random.normal(0, 0.02)


def verdicts(found):
    return {one.name: one.verdict for one in found}


@pytest.mark.parametrize("seed", range(5))
def test_a_best_value_in_the_middle_of_a_range_is_found(seed):
    found = importance(drawn(40, peak, seed), SPACE, "val_accuracy")

    assert found[0].name == "learning_rate"
    assert found[0].verdict == "matters"
    assert 0.2 < found[0].share <= 1
    assert found[0].trials == 40


def test_a_plateau_beside_a_cliff_is_found():
    """Below 5e-5 all score alike, above lie the best beside those that diverge."""
    rates = [10.0**power for power in np.linspace(-6, -4.4, 10)]
    scores: list[float | None] = [0.13] * 10
    rates += [10.0**power for power in np.linspace(-3.9, -1.5, 13)]
    scores += [0.24, None, None, 0.29, 0.31, None, 0.35, None, 0.33, 0.26, None, None, None]
    random, trials = np.random.default_rng(0), []
    for number, (rate, score) in enumerate(zip(rates, scores, strict=True)):
        values = {"learning_rate": rate, "l2": SPACE[1].value(random.random())}
        row = () if score is None else ({"epoch": 1, "val_accuracy": score},)
        status = "complete" if row else "infeasible"
        trials.append(Trial(number, 1, values, 1, 1, row, status))

    found = importance(trials, SPACE[:2], "val_accuracy")

    assert verdicts(found) == {"learning_rate": "matters", "l2": "cannot be told from chance"}
    assert found[0].best == "between 0.00079 and 0.005"


def test_where_the_best_trials_lie_is_told():
    best = importance(drawn(100, peak), SPACE, "val_accuracy")[0].best

    low, high = (float(word) for word in best.split() if word[0].isdigit())
    assert 1e-5 < low < 3e-4 < high < 1e-2


def test_settings_that_do_nothing_seldom_seem_to_matter():
    """Of 40 searches by pure luck, one in 20 may name a setting; twice as many is not plausible."""

    def luck(values, random):
        return random.random()

    named = [
        "matters" in verdicts(importance(drawn(30, luck, seed), SPACE, "val_accuracy")).values()
        for seed in range(40)
    ]

    assert sum(named) <= 6  # chance of more: 0.3 %


def test_many_settings_are_held_to_a_stricter_measure():
    many = tuple(Range(f"setting {n}", 0, 1) for n in range(30))
    alone = together = 0
    for seed in range(12):
        trials = drawn(40, lambda values, random: random.random(), seed, many)
        found = verdicts(importance(trials, many, "val_accuracy"))
        together += "matters" in found.values()
        alone += any(
            "matters" in verdicts(importance(trials, (one,), "val_accuracy")).values()
            for one in many[:10]
        )

    assert together <= 2
    assert alone >= 4  # control: one by one, luck often makes one of ten seem to matter


def test_divergence_counts_as_the_worst_rank():
    def diverging(values, random):
        return None if values["learning_rate"] > 1e-3 else 0.5 + random.normal(0, 0.05)

    found = importance(drawn(40, diverging), SPACE, "val_accuracy")

    assert (found[0].name, found[0].verdict) == ("learning_rate", "matters")


def test_the_better_choice_is_named():
    def adam(values, random):
        return (values["optimizer"] == "adam") * 0.2 + random.normal(0, 0.05)

    found = importance(drawn(40, adam), SPACE, "val_accuracy")

    assert (found[0].name, found[0].verdict, found[0].best) == ("optimizer", "matters", "with adam")


def test_low_losses_are_good():
    trials = [
        Trial(n, 1, {"dropout": n / 100}, 1, 1, ({"epoch": 1, "val_data_loss": n},), "complete")
        for n in range(40)
    ]

    found = importance(trials, read_space(["dropout=0:0.6"]), "val_data_loss")

    assert found[0].best == "between 0 and 0.07"


def test_a_few_trials_prove_nothing():
    found = importance(drawn(6, peak), SPACE, "val_accuracy")

    assert set(verdicts(found).values()) == {"too few trials"}
    assert importance([], SPACE, "val_accuracy") == []


def test_a_choice_with_as_many_values_as_trials_proves_nothing():
    space = read_space(["filters=" + ",".join(map(str, range(30)))])

    found = importance(drawn(30, lambda values, random: values["filters"], 1, space), space,
                       "val_accuracy")  # fmt: skip

    assert found[0].verdict == "too few trials"


def test_stages_are_compared_within_themselves():
    """A longer stage scores higher everywhere, and it has other rates: no effect of the rate."""
    early = read_space(["learning_rate=1e-6:1e-4", "l2=1e-7:10"])
    late = read_space(["learning_rate=1e-3:1e-1", "l2=1e-7:10"])

    def luck(values, random):
        return random.random() * 0.1

    first = drawn(30, luck, 1, early)
    second = drawn(30, lambda values, random: 0.8 + luck(values, random), 2, late, 2, 30)
    both = importance([*first, *second], early, "val_accuracy")
    mixed = [Trial(t.number, 1, t.values, 1, 1, t.rows, t.status) for t in [*first, *second]]

    assert verdicts(both)["learning_rate"] == "cannot be told from chance"
    control = importance(mixed, early, "val_accuracy")  # taken for one stage, it would seem so
    assert verdicts(control)["learning_rate"] == "matters"


def test_the_same_settings_again_count_once():
    trials = drawn(20, peak)
    again = [Trial(t.number + 20, 2, t.values, 2, 1, t.rows, t.status) for t in trials]

    assert importance([*trials, *again], SPACE, "val_accuracy")[0].trials == 20


def test_trials_without_an_answer_do_not_count():
    trials = drawn(20, peak)
    open_ones = [
        Trial(20 + place, 1, {**trials[0].values, "l2": place + 1.0}, 1, 1, (), status)
        for place, status in enumerate(("waiting", "running", "failed", "stopped"))
    ]

    assert importance([*trials, *open_ones], SPACE, "val_accuracy")[0].trials == 20


def test_the_same_trials_give_the_same_numbers():
    trials = drawn(30, peak)

    assert importance(trials, SPACE, "val_accuracy") == importance(trials, SPACE, "val_accuracy")


def test_trials_that_are_all_infeasible_tell_nothing_apart():
    found = importance(drawn(20, lambda values, random: None), SPACE, "val_accuracy")

    assert {one.verdict for one in found} == {"cannot be told from chance"}
    assert {one.best for one in found} == {""}
