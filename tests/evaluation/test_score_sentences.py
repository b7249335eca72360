import numpy as np
import pytest

from kit import evaluation


def scores(confusion, names=("cats", "dogs")):
    confusion = np.asarray(confusion)
    true = np.repeat(np.arange(len(names)), confusion.sum(axis=1))
    predicted = np.concatenate([np.repeat(np.arange(len(names)), row) for row in confusion])
    return evaluation.score(true, np.eye(len(names))[predicted], names)


GOOD = scores([[250, 50], [44, 256]])


def test_headline_holds_score_interval_images_and_the_constant_answer():
    headline = evaluation.sentences(GOOD, "test")[0]
    low, high = f"{GOOD.accuracy_low:.3f}", f"{GOOD.accuracy_high:.3f}"
    assert headline == (
        f"test: 0.843 (95 % interval {low} to {high}, 600 images; "
        'always answering "cats" would score 0.500)'
    )


@pytest.mark.parametrize(
    ("epochs", "says"),
    [
        (20, "chosen from 20 epochs on"),
        ([20], "chosen from 20 epochs on"),
        ([3, 3, 3], "chosen from 9 epochs of 3 trainings on"),
        ([1, 1], "chosen from 2 epochs of 2 trainings on"),
        (None, "chose the epoch"),
    ],
)
def test_validation_is_always_called_optimistic(epochs, says):
    headline = evaluation.sentences(GOOD, "validation", epochs=epochs)[0]
    assert says in headline
    assert headline.endswith("optimistic")


@pytest.mark.parametrize(
    ("part", "epochs"), [("test", None), ("validation", 1), ("validation", [1]), ("validation", 0)]
)
def test_what_chose_nothing_is_not_called_optimistic(part, epochs):
    assert "optimistic" not in " ".join(evaluation.sentences(GOOD, part, epochs=epochs))


def test_a_good_score_draws_no_remarks():
    assert len(evaluation.sentences(GOOD, "test")) == 2


def test_class_with_nine_images_is_named_and_one_with_ten_is_not():
    told = evaluation.sentences(scores([[100, 0, 0], [0, 9, 0], [0, 0, 10]], ("a", "b", "c")), "x")
    assert told[2] == 'Fewer than 10 images, so the score is uncertain for: "b" (9).'


def test_score_no_better_than_the_constant_answer_is_said():
    assert any("may be no better" in s for s in evaluation.sentences(scores([[6, 4], [4, 6]]), "x"))
    worse = evaluation.sentences(scores([[10, 90], [10, 0]]), "x")
    assert 'This is worse than always answering "cats".' in worse


def test_a_score_is_compared_with_the_constant_answer_image_by_image():
    told = evaluation.sentences(scores([[430, 2], [148, 20]]), "x")  # 0.714 to 0.783; always 0.72
    assert not any("always answering" in sentence for sentence in told[1:])
    told = evaluation.sentences(scores([[422, 10], [155, 13]]), "x")
    assert any("on 13 images where that is wrong, and wrong on 10" in line for line in told)


def test_absent_and_never_answered_classes_are_named():
    told = evaluation.sentences(scores([[40, 0, 1], [30, 0, 0], [0] * 3], ("a", "b", "c")), "x")
    assert any(s.startswith('No image of "c"') for s in told)
    assert 'The model never predicted "b".' in told


def test_shared_files_are_counted():
    told = evaluation.sentences(GOOD, "test", shared=3)
    assert told[-1] == "3 of the 600 images are also in the validation part, byte for byte."


def test_long_lists_of_names_end_in_a_count():
    names = tuple(f"class {i}" for i in range(20))
    told = evaluation.sentences(scores(np.eye(20, dtype=int), names), "x")
    assert any(s.endswith('"class 7" (1) and 12 more.') for s in told)


def test_control_characters_in_names_are_spelt_out():
    told = " ".join(evaluation.sentences(scores([[20, 0], [0, 20]], ("a\x1b[31m", "b")), "x"))
    assert "\x1b" not in told
    assert r"a\x1b[31m" in told


def test_scores_are_said_to_be_no_probabilities():
    given = np.array([[3.0, -1.0], [-8.0, 2.0]] * 10)
    true = np.array([0, 1] * 10)
    told = evaluation.sentences(
        evaluation.score(true, given, ("a", "b"), are_probabilities=False), "test"
    )
    assert "the model returns scores, not probabilities" in told[1]
    assert "nan" not in " ".join(told)
