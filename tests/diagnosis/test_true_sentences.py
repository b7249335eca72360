"""Each sentence of the diagnosis is said where it is true, and not where it is not."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from kit import diagnosis
from kit.diagnosis import Diagnosis, Evidence, Facts, Finding

LN5 = math.log(5)
FACTS = Facts(
    classes=5,
    train_counts=(100,) * 5,
    validation_images=250,
    validation_counts=(50,) * 5,
    planned_epochs=12,
    learning_rate=1e-3,
    dropout=0.3,
)
HEAD = dataclasses.replace(FACTS, head=True, pretrained=True, planned_epochs=40)
TRAIN, BOTH = "train_sample_balanced_accuracy", "val_balanced_accuracy"


def found(table: dict[str, Any], facts: Facts = FACTS, **more: Any) -> dict[str, Finding]:
    """Return the findings by cause, of columns that are as long as the loss."""
    length = len(table["loss"])
    rows = {"accuracy": 0.9, "balanced_accuracy": 0.9, TRAIN: 0.9, BOTH: 0.9, "val_accuracy": 0.9}
    rows |= {"val_loss": table["loss"], **table}
    columns = {name: list(np.broadcast_to(values, length)) for name, values in rows.items()}
    start = {"before": {"train_sample_loss": LN5}} | more
    return {
        one.cause: one for one in diagnosis.diagnose(Evidence(columns, facts, **start)).findings
    }


def poor(loss: Any) -> dict[str, Any]:
    names = ("accuracy", "balanced_accuracy", TRAIN, BOTH, "val_accuracy")
    return {"loss": loss, **dict.fromkeys(names, 0.5)}


def commands(cause: str, facts: Facts = FACTS, **numbers: Any) -> list[str]:
    one = Finding(cause, "warning", "", "", {"update": 0.2, "penalty": 9.0, "loss": 1.0, **numbers})
    return [step.command for step in diagnosis.next_steps(Diagnosis((one,), ""), facts)]


def set_to(facts: Facts = FACTS, **settings: Any) -> Facts:
    return dataclasses.replace(facts, settings=settings)


@pytest.mark.parametrize("loss", [[1.3], [1.4, 1.2], [1.5, 1.35, 1.25, 1.2]])
def test_a_loss_that_falls_is_stopped_too_early_and_no_larger_network_is_advised(loss: Any) -> None:
    causes = found(poor(loss))

    assert list(causes) == ["stopped too early"]
    assert "while the loss was still falling" in causes["stopped too early"].sentence
    assert commands("stopped too early", epochs=len(loss)) == [f"--epochs {3 * len(loss)}"]


def test_two_epochs_show_no_pace_above_the_limit_and_no_wobble() -> None:
    short = found(poor([1.2, 1.19]), dataclasses.replace(FACTS, batch_size=2))

    assert "mean rate" not in short["stopped too early"].evidence
    assert "late validation" not in short["batches too small"].evidence  # two epochs do not show it


def test_a_loss_that_rests_is_underfitting_and_says_how_slowly_it_falls() -> None:
    causes = found(poor(0.9 + 0.7 * np.exp(-np.arange(12.0))))

    assert list(causes) == ["underfitting"]
    assert "hardly falls any more" in causes["underfitting"].sentence
    assert "at 0.00 times its mean rate" in causes["underfitting"].evidence


def test_of_one_epoch_without_a_loss_before_nothing_is_said_of_rest() -> None:
    assert found(poor([1.3]), before={}) == {}


@pytest.mark.parametrize("counts", [(4, 4), (20, 2), (1, 1)])
def test_all_right_of_few_images_is_no_guessing_though_it_may_be_luck(
    counts: tuple[int, int],
) -> None:
    facts = Facts(2, (40, 40), sum(counts), counts)
    right = {"loss": np.linspace(0.7, 0.01, 200), BOTH: 1.0, "val_accuracy": 1.0, TRAIN: 1.0}
    wrong = {**right, BOTH: 0.5, TRAIN: 0.5, "val_accuracy": 0.5}

    assert list(found(right, facts, neighbours=1.0, sample_counts=counts)) == [
        "too few validation images"
    ]
    assert "nothing is learned" in found(wrong, facts)


def test_validation_images_of_one_class_say_nothing() -> None:
    facts = Facts(2, (40, 40), 100, (100, 0))
    table = {"loss": [0.7, 0.3, 0.2], BOTH: 0.95, "val_accuracy": 0.95, TRAIN: 0.95}

    assert list(found(table, facts)) == ["too few validation images"]
    assert "are of one class" in found(table, facts)["too few validation images"].sentence


def test_without_validation_images_no_score_of_theirs_is_named() -> None:
    told = diagnosis.diagnose(Evidence({"loss": [2.0, 0.5], "accuracy": [0.3, 0.9]}, FACTS))

    assert "no validation score is known" in told.summary
    assert "nan" not in " ".join(told.lines())


FALL = 0.3 + 0.2 * np.exp(-np.arange(75.0))
KNOWN = {"loss": FALL, BOTH: 0.75, "val_accuracy": 0.75}


def test_a_gap_that_was_measured_twice_is_said_to_be_measured_and_not_to_last() -> None:
    sample = np.full(75, np.nan)
    sample[[0, 74]] = 0.7, 1.0
    sentence = found({**KNOWN, TRAIN: sample})["overfitting"].sentence

    assert (
        "measured in epoch 75, and not yet in epoch 1, it does better on training images"
        in sentence
    )
    assert "from epoch" not in sentence


def test_a_gap_that_was_measured_in_each_epoch_lasts_from_the_last_small_one_on() -> None:
    sample = np.full(75, 0.95)
    sample[[3, 9]] = 0.76
    sentence = found({**KNOWN, TRAIN: sample})["overfitting"].sentence

    assert "from epoch 11 on it does better" in sentence


def test_a_gap_within_the_error_of_few_images_is_no_overfitting() -> None:
    few = dataclasses.replace(FACTS, validation_images=30, validation_counts=(6,) * 5)
    table = {**KNOWN, TRAIN: 0.85}

    assert "overfitting" in found(table)
    assert "overfitting" not in found(table, few)


UNEVEN = dataclasses.replace(
    FACTS, train_counts=(20, 100, 100, 50, 30), validation_counts=(4, 20, 20, 10, 6)
)


def test_small_classes_that_are_recognised_worse_are_no_class_that_pays() -> None:
    one = found({"loss": FALL, "val_accuracy": 0.92, BOTH: 0.8, TRAIN: 0.82}, UNEVEN)
    sentence = one["imbalanced classes"].sentence

    assert "small classes are recognized worse than large ones" in sentence
    assert "the same answer" not in sentence
    assert "accuracy 0.92, balanced accuracy 0.80" in one["imbalanced classes"].evidence


def test_one_answer_is_said_only_where_more_images_get_it_than_have_it_by_right() -> None:
    facts = dataclasses.replace(
        FACTS, classes=2, train_counts=(940, 60), validation_counts=(188, 12)
    )
    table = {"loss": FALL, "commonest_answer": 0.94, BOTH: 0.97, "val_accuracy": 0.99, TRAIN: 0.98}
    right = found(table, facts, sample_counts=(60, 4))
    wrong = found({**table, "commonest_answer": 1.0}, facts, sample_counts=(60, 4))

    assert right == {}
    assert (
        "the same answer, though the largest class has only 94 % of"
        in wrong["imbalanced classes"].sentence
    )
    assert "expected below 97 %" in wrong["one answer to everything"].evidence


def test_the_summary_names_the_measure() -> None:
    table = {"loss": [1.0, 0.3], "val_loss": [1.0, 0.3], "accuracy": [0.9, 0.9]}
    plain = Evidence({**table, "val_accuracy": [0.8, 0.922]}, UNEVEN)
    balanced = Evidence(
        {**plain.table, "balanced_accuracy": [0.9, 0.9], BOTH: [0.8, 0.918]}, UNEVEN
    )

    assert "validation accuracy 0.922 at best" in diagnosis.diagnose(plain).summary
    assert "validation balanced accuracy 0.918 at best" in diagnosis.diagnose(balanced).summary


def test_a_history_without_validation_loss_has_not_exploded() -> None:
    table = {"loss": [1.0, 0.5, 0.3], "accuracy": [0.5, 0.7, 0.9], "val_accuracy": [0.5, 0.7, 0.9]}

    assert diagnosis.diagnose(Evidence(table, FACTS)).verdict == "ok"


def test_images_that_are_no_numbers_are_not_the_fault_of_the_rate() -> None:
    broken = {**poor([1.6, math.nan, math.nan]), "val_loss": math.nan}

    assert "rate too high" in found(broken)
    assert "rate too high" not in found(broken, bad_images=2)


def test_what_follows_a_failure_is_called_a_consequence_perhaps() -> None:
    table = {"loss": [1.6] * 3, "accuracy": [0.2] * 3, "val_accuracy": [0.2] * 3}
    failed = diagnosis.diagnose(Evidence(table, FACTS, scales={"a": 0.0, "b": 1.0}, overlap=0.5))

    assert failed.verdict == "failed"
    told = {line.split(". ")[1]: "Perhaps a consequence" in line for line in failed.lines()[1:]}
    assert [line for line in told if line.startswith("Validation images are in")]
    assert list(told.values()) == [False, False, *[True] * (len(told) - 2)]


def test_weights_are_said_to_spoil_a_start_only_where_they_did() -> None:
    large, small = {"scales": {"a": 9.0, "b": 1.0}}, {"scales": {"a": 0.02, "b": 1.0}}
    quick, slow = {"loss": [1.0, 0.5, 0.3]}, poor([1.61, 1.61, 1.61, 1.6])
    extreme = {**large, "before": {"train_sample_loss": 14.0}}

    assert "extreme" not in found(quick, **large)["weights start too large"].sentence
    assert "extreme" in found(quick, **extreme)["weights start too large"].sentence
    assert "does not move at" not in found(quick, **small)["weights start too small"].sentence
    assert "does not move at" in found(slow, **small)["weights start too small"].sentence


def test_frozen_layers_that_were_not_watched_are_not_listed() -> None:
    one = found({"loss": FALL}, dataclasses.replace(FACTS, frozen_share=0.9))["frozen layers"]

    assert one.sentence.startswith("The weights of many layers do not move")
    assert one.evidence.startswith("90 % of the weights")


def test_the_luck_of_neighbours_is_that_of_the_images_looked_at() -> None:
    columns = {**poor([1.6] * 12), TRAIN: 0.2, BOTH: 0.2, "val_accuracy": 0.2, "accuracy": 0.2}
    many = found(columns, neighbours=0.31)
    few = found({**columns, TRAIN: 0.9}, neighbours=0.31, sample_counts=(13, 13, 13, 13, 12))

    assert "labels tell nothing" not in many  # of 250 images 0.31 is more than luck
    assert "31 % of the sampled validation images" in few["labels tell nothing"].evidence


@pytest.mark.parametrize("rises", [False, True])
def test_a_head_is_as_good_as_its_features_and_better_features_are_advised(rises: bool) -> None:
    loss = [0.9, 0.5, 0.7] if rises else [0.9, 0.5, 0.5]
    table = {"loss": [0.9, 0.4, 0.2], "val_loss": loss, BOTH: 0.8, "val_accuracy": 0.8, TRAIN: 1.0}
    cause, one = next(iter(found(table, HEAD).items()))
    facts = set_to(HEAD, image_size=[128, 128], settings={"backbone": "MobileNet-0.75"}, views=4)

    assert cause == ("overfitting" if rises else "limit of the features")
    assert ("the features are the limit" in one.sentence) == (not rises)
    assert [step for step in commands(cause, facts) if step] == [
        "--backbone MobileNet",
        "--fine-tune 6",
        "--image-size 256",
    ]


def test_a_head_that_underfits_needs_better_features_and_no_larger_network() -> None:
    texts = commands("underfitting", set_to(HEAD, image_size=[256, 256]))

    assert texts == ["", "--fine-tune 6"]


@pytest.mark.parametrize(
    ("cause", "settings", "advised"),
    [
        ("imbalanced classes", {"monitor": "val_balanced_accuracy"}, "--monitor"),
        ("imbalanced classes", {"class_weight": "balanced"}, "--class-weight"),
        ("imbalanced classes", {"class_weight": "balanced"}, "--sampling"),
        ("imbalanced classes", {"sampling": "smote"}, "--class-weight"),
        ("overfitting", {"weight_decay": 0.1}, "--weight-decay"),
        ("noisy validation", {"schedule": "one-cycle"}, "--schedule"),
        ("too few validation images", {"validation_split": 0.35}, "--validation-split"),
        ("too few validation images", {"folds": 5}, "--folds"),
        ("too few validation images", {"repeats": 3}, "--folds"),  # the two exclude each other
        ("leakage", {"group": "patient"}, "--group"),
        ("weights start too small", {"initialization": "he_normal"}, "--initialization"),
        ("dead units", {"settings": {"activation": "leaky_relu"}}, "--set"),
    ],
)
def test_what_is_in_force_is_not_advised(
    cause: str, settings: dict[str, Any], advised: str
) -> None:
    assert any(one.startswith(advised) for one in commands(cause))
    assert not any(one.startswith(advised) for one in commands(cause, set_to(**settings)))


def test_dropout_that_was_raised_is_not_raised_again() -> None:
    usual = dataclasses.replace(FACTS, architecture="convnet", dropout=0.0)
    raised = dataclasses.replace(usual, dropout=0.4)

    assert "--dropout 0.3" in commands("overfitting", usual)
    assert not any("--dropout" in one for one in commands("overfitting", raised))


def test_a_limit_that_ended_the_training_is_what_is_raised() -> None:
    timed = set_to(max_minutes=2.0, epochs=12, patience=10)
    patient = set_to(patience=10, epochs=12)

    assert commands("stopped too early", timed, epochs=3) == ["--max-minutes 6"]
    assert commands("stopped too early", patient, epochs=8) == ["--patience 20"]
    assert commands("stopped too early", patient, epochs=12) == ["--epochs 36"]

    both = set_to(max_minutes=2.0, epochs=30, patience=4)
    known = set_to(last_epoch=7, patience=10, epochs=12)
    assert commands("stopped too early", both, epochs=8) == ["--patience 8"]
    assert commands("stopped too early", known, epochs=7) == ["--epochs 21 --last-epoch 21"]


def test_fine_tuning_names_the_epochs_of_the_whole_training_and_has_flags_of_its_own() -> None:
    tuned = dataclasses.replace(
        FACTS, pretrained=True, epochs_before=40, planned_epochs=5, learning_rate=1e-4
    )
    table = {"loss": [0.4, 0.3, 0.2], "val_loss": [0.5, 0.4, 0.6], "accuracy": 1.0, TRAIN: 1.0}
    table |= {BOTH: [0.75, 0.7, 0.7], "val_accuracy": 0.7, "balanced_accuracy": 1.0}
    facts = set_to(tuned, fine_tune="6", fine_tune_epochs=5, epochs=40, max_minutes=9.0)
    one = found(table, tuned)["overfitting"]

    assert "from epoch 41 on" in one.sentence
    assert "lowest in epoch 42" in one.evidence
    assert commands("stopped too early", facts, epochs=5) == ["--fine-tune-epochs 15"]
    assert commands("rate too high", facts)[0].startswith("--fine-tune-rate")
    assert commands("rate too high", HEAD)[0].startswith("--learning-rate")


@pytest.mark.parametrize("more", [{"channels": 1}, {"image_size": 8}, {"pretrained": True}])
def test_a_backbone_is_advised_for_what_it_can_see(more: dict[str, Any]) -> None:
    assert "--backbone MobileNet-0.75" in commands("underfitting")
    assert "--backbone MobileNet-0.75" not in commands(
        "underfitting", dataclasses.replace(FACTS, **more)
    )


def test_validation_images_that_chose_nothing_are_not_said_to_have_chosen() -> None:
    bare = dataclasses.replace(FACTS, test_images=0)
    well = Diagnosis((), "")

    (step,) = diagnosis.next_steps(well, bare)
    assert step.text.startswith("There is no test part, and the validation images chose the epoch")
    assert diagnosis.next_steps(well, set_to(bare, last_epoch=7)) == []
