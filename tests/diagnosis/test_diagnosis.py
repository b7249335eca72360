"""Each cause is named from numbers made by hand, and a good training is left in peace."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kit import diagnosis
from kit.diagnosis import Evidence, Facts
from kit.diagnosis.diagnosing import RULES

EPOCHS = 12
LN10 = math.log(10)
FACTS = Facts(
    classes=10,
    train_counts=(120,) * 10,
    validation_images=300,
    batch_size=32,
    planned_epochs=EPOCHS,
    schedule="one-cycle",
    learning_rate=3e-3,
    augmentation="light",
    dropout=0.3,
    parameters=10_000,
)
FALL = np.exp(-np.arange(EPOCHS) / 2)  # 1 to 0.004
GOOD: dict[str, Any] = {
    "loss": 0.4 + 1.9 * FALL,
    "accuracy": 0.85 - 0.7 * FALL,
    "val_loss": 0.35 + 1.9 * FALL,
    "val_accuracy": 0.9 - 0.7 * FALL,
    "val_balanced_accuracy": 0.9 - 0.7 * FALL,
    "train_sample_accuracy": 0.92 - 0.7 * FALL,
    "update_ratio": 1e-2 * FALL + 1e-4,
    "sure_accuracy": 1 - 0.6 * FALL,
    "commonest_answer": 0.15 + 0.5 * FALL,
    "output_spread": 0.2 - 0.19 * FALL,
    "learning_rate": 3e-3 * FALL,
}
START: dict[str, Any] = {
    "before": {"train_sample_loss": 2.303, "dead_share": 0.5, "penalty": 0.0},
    "inputs": {"least": 0.0, "greatest": 1.0, "mean": 0.3, "deviation": 0.37, "finite": 1.0},
    "scales": {"conv1": 1.0, "conv2": 0.7, "probabilities": 0.04},
    "batch_purity": 0.2,
    "overlap": 0.0,
    "bad_images": 0,
    "neighbours": 0.9,
    "plain_neighbours": 0.9,
    "augmented_neighbours": 0.6,
}
FLAT = np.full(EPOCHS, LN10)
CHANCE = {
    name: np.full(EPOCHS, 0.1)
    for name in ("accuracy", "val_accuracy", "val_balanced_accuracy", "train_sample_accuracy")
}
STUCK = {"loss": FLAT, "val_loss": FLAT, **CHANCE, "sure_accuracy": np.full(EPOCHS, 0.1)}


def seen(
    facts: Facts = FACTS, start: dict[str, object] | None = None, **columns: object
) -> Evidence:
    table = {name: list(np.asarray(values)) for name, values in (GOOD | columns).items()}  # type: ignore[call-overload]
    return Evidence(table, facts, **(START | (start or {})))  # type: ignore[arg-type]


def changed(**facts: Any) -> Facts:
    return dataclasses.replace(FACTS, **facts)


def first(evidence: Evidence) -> diagnosis.Finding:
    return diagnosis.diagnose(evidence).findings[0]


def test_a_good_training_has_no_finding_and_its_rate_suits() -> None:
    found = diagnosis.diagnose(seen())

    assert found.findings == ()
    assert found.verdict == "ok"
    assert "the learning rate suits" in found.summary
    assert diagnosis.next_steps(found, FACTS) == []


def rows(epoch: int, **values: object) -> list[dict[str, object]]:
    return [{"epoch": epoch, "layer": name, **values} for name in ("conv1", "conv2")]


SICK = {
    "images that are no numbers": seen(start={"bad_images": 2}),
    "weights start at 0": seen(start={"scales": {"conv1": 0.0, "head": 0.0}}, **STUCK),
    "weights start too large": seen(start={"scales": {"conv1": 20.0, "head": 1.0}}, **STUCK),
    "weights start too small": seen(start={"scales": {"conv1": 0.01, "head": 0.1}}, **STUCK),
    "input not scaled": seen(
        start={"inputs": {"least": 0, "greatest": 255, "mean": 120, "deviation": 60}}, **STUCK
    ),
    "input scaled twice": seen(
        start={"inputs": {"least": 0, "greatest": 0.004, "mean": 0.002, "deviation": 0.001}},
        **STUCK,
    ),
    "dead units": seen(
        start={"layers": rows(0, dead_share=1.0, update_ratio=None),
               "before": {"dead_share": 1.0, "train_sample_loss": LN10}}, **STUCK
    ),
    "frozen layers": seen(
        changed(frozen_share=0.95), {"layers": rows(1, update_ratio=0.0, dead_share=0.4)}
    ),
    "batches of one class": seen(start={"batch_purity": 1.0}),
    "leakage": seen(start={"overlap": 0.2}),
    "penalty too strong": seen(
        start={"before": {"penalty": 160.0, "train_sample_loss": LN10}}, **STUCK
    ),
    "imbalanced classes": seen(
        changed(train_counts=(1000, *(2,) * 9)),
        val_balanced_accuracy=np.full(EPOCHS, 0.1),
        commonest_answer=np.ones(EPOCHS),
    ),
    "rate too high": seen(update_ratio=np.full(EPOCHS, 0.2), **STUCK),
    "rate too low": seen(update_ratio=np.full(EPOCHS, 1e-6), **STUCK),
    "network too small": seen(changed(parameters=60), **CHANCE),
    "dropout too strong": seen(changed(dropout=0.95), accuracy=np.full(EPOCHS, 0.2)),
    "augmentation too strong": seen(start={"augmented_neighbours": 0.12}, **STUCK),
    "too few validation images": seen(changed(validation_images=15)),
    "batches too small": seen(changed(batch_size=2)),
    "labels tell nothing": seen(start={"neighbours": 0.1}, **CHANCE),
    "stopped too early": seen(
        loss=np.linspace(2.2, 1.2, EPOCHS), learning_rate=np.full(EPOCHS, 1e-3)
    ),
    "underfitting": seen(**dict.fromkeys(CHANCE, 0.6 - 0.4 * FALL)),
    "nothing is learned": seen(**CHANCE),
    "wrong labels": seen(
        start={"neighbours": 0.4, "voting_neighbours": 0.55},
        sure_accuracy=0.6 - 0.4 * FALL,
        val_balanced_accuracy=0.5 - 0.4 * FALL,
    ),
    "overfitting": seen(
        train_sample_accuracy=1 - 0.7 * FALL, val_balanced_accuracy=0.7 - 0.5 * FALL
    ),
}  # fmt: skip


@pytest.mark.parametrize("cause", SICK)
def test_the_cause_is_named_first_and_something_is_to_be_done(cause: str) -> None:
    found = diagnosis.diagnose(SICK[cause])

    assert found.cause == cause
    assert found.verdict in {"warning", "failed"}
    assert 1 <= len(diagnosis.next_steps(found, SICK[cause].facts)) <= 5
    assert all(character.isprintable() for line in found.lines() for character in line)


def test_every_cause_of_a_rule_is_tried_or_is_a_mere_symptom() -> None:
    assert len(SICK) >= len(RULES) - 2  # bad_weights and input_range have several


@pytest.mark.parametrize("cause", ["rate too high", "rate too low", "overfitting"])
def test_curves_alone_are_enough_for_the_classic_ones(cause: str) -> None:
    columns = {
        "rate too high": {"loss": [2.3, 9.0, 4.0, 7.0], "val_loss": [2.3, 9.0, 4.0, 7.0],
                          "accuracy": [0.1] * 4, "val_accuracy": [0.1] * 4},
        "rate too low": {"loss": np.linspace(2.303, 2.302, 8), "val_loss": [2.3] * 8,
                         "accuracy": [0.1] * 8, "val_accuracy": [0.1] * 8},
        "overfitting": {"loss": 2.3 * FALL, "val_loss": 1 + 0.05 * np.arange(EPOCHS),
                        "accuracy": 1 - 0.9 * FALL, "val_accuracy": 0.6 - 0.5 * FALL},
    }[cause]  # fmt: skip
    evidence = Evidence(columns, Facts(classes=10, validation_images=300))  # type: ignore[arg-type]

    assert first(evidence).cause == cause


def test_images_learned_by_heart_while_validation_guesses_speak_against_the_labels() -> None:
    columns = GOOD | {name: np.full(EPOCHS, 0.1) for name in CHANCE if name.startswith("val")}
    evidence = Evidence({name: list(values) for name, values in columns.items()}, FACTS)

    assert first(evidence).cause == "labels tell nothing"
    assert "memorizes" in first(evidence).sentence


def test_without_neighbours_wrong_labels_are_a_suspicion_only() -> None:
    hard = seen(
        start={"neighbours": None, "voting_neighbours": None},
        sure_accuracy=0.6 - 0.4 * FALL,
        val_balanced_accuracy=0.5 - 0.4 * FALL,
    )

    assert first(hard).cause == "wrong labels"
    assert first(hard).severity == "warning"
    assert first(SICK["wrong labels"]).severity == "failed"


def test_a_problem_that_is_only_hard_is_no_matter_of_labels() -> None:
    start = {"neighbours": 0.4, "voting_neighbours": 0.42}
    hard = seen(start=start, sure_accuracy=0.75 - 0.4 * FALL)

    assert "wrong labels" not in [one.cause for one in diagnosis.diagnose(hard).findings]


def test_overfitting_says_since_when_and_by_how_much() -> None:
    gap = np.maximum(0, np.arange(EPOCHS) - 4) * 0.04
    known = np.full(EPOCHS, 0.95)
    found = first(seen(train_sample_accuracy=known, val_balanced_accuracy=known - gap))

    assert found.numbers["since"] == 7  # 0.08 is the first above 0.07
    assert "from epoch 7 on" in found.sentence
    assert "by 26 points" in found.sentence


def test_a_falling_rate_is_not_taken_for_the_end_of_learning() -> None:
    rates = np.concatenate([np.full(6, 1e-3), np.full(6, 1e-8)])
    loss = np.concatenate([np.linspace(2.2, 1.2, 6), np.full(6, 1.2)])

    rested = diagnosis.diagnose(seen(loss=loss, learning_rate=rates))
    assert "stopped too early" not in [one.cause for one in rested.findings]


def test_a_backbone_that_is_frozen_on_purpose_is_fine() -> None:
    facts = changed(frozen_share=0.99, pretrained=True)
    layers = [
        {"epoch": 1, "layer": "backbone/conv", "update_ratio": 0.0},
        {"epoch": 1, "layer": "probabilities", "update_ratio": 1e-2},
    ]

    assert diagnosis.diagnose(seen(facts, {"layers": layers})).findings == ()


def test_pixels_of_which_only_the_mean_is_subtracted_are_as_the_course_has_them() -> None:
    centred = {"least": -120.0, "greatest": 135.0, "mean": 0.1, "deviation": 60.0}

    assert diagnosis.diagnose(seen(start={"inputs": centred})).findings == ()


def test_a_shortcoming_of_a_training_that_works_is_a_warning_and_not_a_failure() -> None:
    assert first(seen(start={"scales": {"conv1": 20.0, "head": 1.0}})).severity == "warning"
    assert first(SICK["weights start too large"]).severity == "failed"


def test_an_exploded_loss_says_what_the_guard_said() -> None:
    stopped = seen(
        start={"stopped": "the loss became nan at step 3 of epoch 1", "where": "X grew most"},
        loss=[None], val_loss=[None], accuracy=[0.1], val_accuracy=[0.1],
        val_balanced_accuracy=[0.1], train_sample_accuracy=[0.1],
        **{name: [None] for name in ("update_ratio", "sure_accuracy", "learning_rate")},
    )  # fmt: skip
    found = first(stopped)

    assert found.cause == "rate too high"
    assert found.severity == "failed"
    assert "step 3 of epoch 1; X grew most" in found.evidence


def test_no_epoch_is_no_diagnosis() -> None:
    empty = Evidence({"loss": [], "val_loss": []}, Facts(classes=3))

    assert diagnosis.diagnose(empty).findings == ()


BRIEF = changed(train_counts=(16,) * 10)  # 5 steps an epoch, 60 in all


@pytest.mark.parametrize("start", [{}, {"neighbours": 0.1, "voting_neighbours": 0.1}])
def test_guessing_after_a_few_steps_says_only_that_they_were_few(start: dict[str, object]) -> None:
    stuck = STUCK | {"commonest_answer": np.ones(EPOCHS)}
    found = diagnosis.diagnose(seen(BRIEF, start, **stuck))

    assert [one.cause for one in found.findings] == ["stopped too early"]
    assert found.verdict == "warning"
    assert "60 steps" in found.findings[0].sentence
    assert "works" not in found.summary
    assert diagnosis.next_steps(found, BRIEF)[0].command == "--epochs 60"
    assert diagnosis.diagnose(seen(start=start, **stuck)).verdict == "failed"


def test_the_summary_names_what_failed_and_not_what_is_only_first() -> None:
    found = diagnosis.diagnose(seen(changed(validation_images=30), overlap=(), **STUCK))

    assert found.cause == "too few validation images"
    assert found.summary.endswith(": nothing is learned.")


def test_a_loss_in_another_unit_is_compared_with_its_own_start() -> None:
    hinge = {"loss": 6 + 2.9 * np.linspace(1, 0, EPOCHS), "update_ratio": np.full(EPOCHS, np.nan)}
    before = {"before": {"train_sample_loss": 9.0, "dead_share": 0.0, "penalty": 0.0}}
    facts = changed(cross_entropy=False)

    assert "rate too low" in {
        one.cause for one in diagnosis.diagnose(seen(start=before, **hinge)).findings
    }
    assert "rate too low" not in {
        one.cause for one in diagnosis.diagnose(seen(facts, before, **hinge)).findings
    }


def test_mixed_images_are_harder_in_training_than_plain_ones() -> None:
    start = {"plain_neighbours": None, "augmented_neighbours": None}
    held = {"accuracy": GOOD["accuracy"] - 0.3}
    found = diagnosis.diagnose(seen(start=start, **held))

    assert found.cause == "augmentation too strong"
    assert found.verdict == "warning"  # a suspicion: the images were not looked at
    assert diagnosis.diagnose(seen(changed(mixed=True), start, **held)).findings == ()


def test_a_loss_that_still_falls_is_no_underfitting() -> None:
    falling = {"loss": np.linspace(2.3, 1.5, EPOCHS), "learning_rate": np.full(EPOCHS, 3e-3)}
    poor = {
        name: GOOD[name] * 0.6 for name in ("accuracy", "val_accuracy", "train_sample_accuracy")
    }
    found = diagnosis.diagnose(seen(**falling, **poor, val_balanced_accuracy=poor["val_accuracy"]))

    assert [one.cause for one in found.findings] == ["stopped too early"]


def test_large_steps_while_the_loss_falls_are_no_failure() -> None:
    falling = {"loss": np.linspace(2.3, 1.5, EPOCHS), "learning_rate": np.full(EPOCHS, 3e-3)}
    poor = {
        name: GOOD[name] * 0.6 for name in ("accuracy", "val_accuracy", "train_sample_accuracy")
    }
    large = {"update_ratio": np.full(EPOCHS, 0.033)}
    found = diagnosis.diagnose(
        seen(**falling, **poor, **large, val_balanced_accuracy=poor["val_accuracy"])
    )

    assert found.cause == "rate too high"
    assert found.verdict == "warning"
    assert diagnosis.diagnose(seen(**large, **STUCK)).verdict == "failed"


def test_few_votes_for_wrong_labels_are_a_suspicion_only() -> None:
    unsure = {"sure_accuracy": np.full(EPOCHS, 0.6)}
    start = {"neighbours": 0.4, "voting_neighbours": 0.6}

    assert first(seen(start=start, **unsure)).severity == "failed"
    few = diagnosis.diagnose(seen(changed(validation_images=20), start, **unsure))
    assert {one.severity for one in few.findings if one.cause == "wrong labels"} == {"warning"}
