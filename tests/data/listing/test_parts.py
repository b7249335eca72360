"""Folders as other people name their parts; listed only, which shows the arrangement."""

import time

import pytest
from PIL import Image

from kit import data
from kit.data.listing import parts as parts_module
from kit.data.listing.folders import listing
from kit.data.listing.parts import find_parts, part_named
from kit.errors import DataError, SettingError


def fill(root, *files):
    for file in files:
        path = root / file
        if file.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
    return root


def classes(folder, *names):
    return [f"{folder}/{name}/1.png" for name in names or ("a", "b")]


def parts(listed):
    """Return part -> its files, without the folders of parts."""
    found = {}
    for entry in listed.entries:
        found.setdefault(entry.part, []).append(entry.found.file)
    return found


NAMED = {
    "train": "train training trn train_set training-set trainset train_data seg_train train2017",
    "validation": "val valid validation dev eval val_set dev_set validation_data seg_val val2017",
    "test": "test testing tst test_set testset test-data seg_test test1 test_2",
}


@pytest.mark.parametrize("part", NAMED)
def test_the_usual_names_of_parts_are_known_in_any_capitalization(part):
    for name in NAMED[part].split():
        assert {part_named(each) for each in (name, name.upper(), name.title())} == {part}


@pytest.mark.parametrize(
    "name", ["trainer", "retrain", "evaluate", "contest", "valley", "devil", "testa", "set", "1"]
)
def test_a_word_that_only_contains_such_a_name_is_none(name):
    assert part_named(name) == ""


@pytest.mark.parametrize("case", [str, str.upper, str.title])
@pytest.mark.parametrize(
    ("train", "other", "part"),
    [
        ("training", "testing", "test"),
        ("training_set/training_set", "test_set/test_set", "test"),
        ("seg_train/seg_train", "seg_test/seg_test", "test"),
        ("train", "dev", "validation"),
        ("train", "eval", "validation"),
        ("photos/data/trn", "photos/data/tst", "test"),
    ],
)
def test_part_folders_are_parts_and_no_classes(tmp_path, train, other, part, case):
    train, other = case(train), case(other)
    listed = listing(fill(tmp_path, *classes(train), *classes(other)))
    assert listed.class_names == ("a", "b")
    assert parts(listed) == {"train": classes(train), part: classes(other)}


def test_a_folder_that_only_wraps_another_is_gone_through(tmp_path):
    listed = listing(fill(tmp_path, "README.md", *classes("photos/photos")))
    assert parts(listed) == {"": classes("photos/photos")}
    assert "The classes are the folders in photos/photos/." in listed.notes


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ([*classes("fold1"), *classes("fold2")], "train=fold1,test=fold2"),
        ([*classes("x/x"), *classes("y/y")], "train=x,test=y"),
        ([*classes("mine"), *classes("TEST", "a")], "train=mine,test=TEST"),
        (["a/1.png", "b/1.png", *classes("test")], "train=.,test=test"),
        (["a/1.png", "b/1.png", *classes("holdout/holdout")], "train=.,test=holdout"),
        ([*classes("train"), "unlabelled/1.png"], "train=train"),
        ([*classes("train1"), *classes("train2")], "train=train1,train=train2"),
        ([*classes("1"), "1/Thumbs.db", *classes("2"), "2/README", "2/list.pkl"], "train=1,test=2"),
    ],
)
def test_folders_that_may_be_parts_or_classes_are_a_question_with_its_answer(
    tmp_path, files, answer
):
    fill(tmp_path, *files)
    with pytest.raises(DataError, match=f"parts={answer}[ ;]"):
        listing(tmp_path)
    listed = listing(tmp_path, parts=answer)
    assert listed.class_names == ("a", "b")
    assert set(parts(listed)) == {one.partition("=")[0] for one in answer.split(",")}


def test_the_question_is_answered_for_classes_too(tmp_path):
    fill(tmp_path, *classes("cats", "Indoor", "outdoor"), *classes("dogs", "Indoor", "outdoor"))
    said = r"cats, dogs contain no images, only the folders Indoor, outdoor\..* parts=none"
    with pytest.raises(DataError, match=said):
        listing(tmp_path)
    assert listing(tmp_path, parts="none").class_names == ("cats", "dogs")
    assert listing(tmp_path, known=("dogs", "cats")).class_names == ("dogs", "cats")


def test_the_answer_is_shown_as_it_can_be_typed(tmp_path):
    fill(tmp_path, *classes("fold 1"), *classes("fold 2"))
    with pytest.raises(DataError, match="parts='train=fold 1,test=fold 2';"):
        listing(tmp_path)


def test_classes_called_like_parts_are_told_how_to_stay_classes(tmp_path):
    fill(tmp_path, "train/1.png", "test/1.png")
    with pytest.raises(DataError, match="parts=none makes them classes"):
        listing(tmp_path)
    assert listing(tmp_path, parts="none").class_names == ("test", "train")


def test_an_image_without_a_suffix_is_one_by_how_it_begins(tmp_path):
    fill(tmp_path, *classes("cats", "old", "new"), *classes("dogs", "old", "new"))
    for name in ("cats", "dogs"):
        Image.new("L", (8, 8)).save(tmp_path / name / "0001", "PNG")
    assert listing(tmp_path).class_names == ("cats", "dogs")


def test_thousands_of_classes_with_a_folder_each_are_soon_looked_through(monkeypatch):
    monkeypatch.setattr(parts_module, "class_folders", lambda _, name: [f"{name}/images"])
    start = time.monotonic()
    assert find_parts(None, [str(number) for number in range(4000)], None, []) == {}
    assert time.monotonic() - start < 5  # 35 s where each is compared with each


def test_parts_in_classes_are_not_joined_without_a_word(tmp_path):
    fill(tmp_path, *classes("cats", "train", "test"), *classes("dogs", "train", "test"))
    with pytest.raises(
        DataError, match="parts \\(test, train\\) are inside cats, dogs\\. It must be"
    ):
        listing(tmp_path)
    assert parts(listing(tmp_path, parts="none"))[""][0] == "cats/test/1.png"


@pytest.mark.parametrize(
    "files",
    [
        ["cats/images/1.png", "dogs/images/1.png"],
        ["cats/2019/1.png", "dogs/2020/1.png", "dogs/2021/1.png"],
        ["cats/old/1.png", "cats/1.png", "dogs/old/1.png", "dogs/2.png"],
        ["cats/old/1.png", "cats/@eaDir/", "dogs/new/1.png", "dogs/@eaDir/"],
    ],
)
def test_classes_with_sub_folders_are_no_question(tmp_path, files):
    assert listing(fill(tmp_path, *files)).class_names == ("cats", "dogs")


def test_several_folders_can_be_one_part_and_the_rest_is_left_out(tmp_path):
    fill(tmp_path, *classes("1"), *classes("2", "a"), *classes("3"), *classes("4"))
    listed = listing(tmp_path, parts="train=1,train=2,dev=3")
    assert parts(listed) == {"train": [*classes("1"), "2/a/1.png"], "validation": classes("3")}
    assert [(one.file, one.reason) for one in listed.problems] == [("4", "not part of the data")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("train", "takes folders in the data folder"),
        ("train=", "takes folders in the data folder"),
        ("model=x", "takes folders in the data folder"),
        ("train=../x", "takes folders in the data folder"),
        ("train=/tmp", "takes folders in the data folder"),
        ("train=x,test=x", "x can be in one part only"),
        ("train=x,test=nowhere", "there is no folder nowhere in"),
        ("test=y", "must also name the training images"),
    ],
)
def test_parts_that_cannot_be_meant_are_refused(tmp_path, text, said):
    fill(tmp_path, *classes("x"), *classes("y"))
    with pytest.raises(SettingError, match=said):
        data.given_parts(tmp_path, text)


@pytest.mark.parametrize("text", ["train=x/a,test=y", "train=.,validation=x,test=y", "train=x/a"])
def test_a_training_part_without_class_folders_is_refused(tmp_path, text):
    fill(tmp_path, *classes("x"), *classes("y"))
    with pytest.raises(DataError, match="has no class folders for training"):
        listing(tmp_path, parts=text)


@pytest.mark.parametrize("text", ["train=.,test=x", "train=x,test=x/y", "train=x/y,test=link"])
def test_no_image_is_in_two_parts(tmp_path, text):
    fill(tmp_path, *classes("x/y"))
    try:
        (tmp_path / "link").symlink_to(tmp_path / "x" / "y")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(SettingError, match="/a would be used twice"):
        listing(tmp_path, parts=text)


def test_a_class_with_a_part_in_it_does_not_vanish(tmp_path):
    fill(tmp_path, "a/1.png", "a/test/1.png", "b/1.png", "c/1.png")
    with pytest.raises(SettingError, match="a, which contains images of its own"):
        listing(tmp_path, parts="train=.,test=a/test")


def test_what_lies_beside_the_classes_of_the_folder_itself_is_named_once(tmp_path):
    fill(tmp_path, "a/1.png", "b/1.png", "Thumbs.db", ".c/1.png", "r.txt", *classes("test"))
    listed = listing(tmp_path, parts="train=.,test=test")
    assert sorted(one.file for one in listed.problems) == [".c", "Thumbs.db", "r.txt"]
    assert any("not classes: .c. If" in note for note in listed.notes)


def test_parts_may_not_lead_out_of_the_folder_or_into_a_table(tmp_path):
    fill(tmp_path, *classes("data/x"), *classes("out"))
    try:
        (tmp_path / "data" / "link").symlink_to(tmp_path / "out")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(SettingError, match="there is no folder link"):
        listing(tmp_path / "data", parts="train=x,test=link")
    with pytest.raises(SettingError, match="a column split"):
        listing(fill(tmp_path, "t.csv") / "t.csv", parts="train=x")


@pytest.mark.parametrize("train", ["train", "Train", "TRAINING"])
@pytest.mark.parametrize("part", ["test", "val", "Testing"])
def test_a_class_that_train_lacks_is_named_whatever_sorts_first(tmp_path, train, part):
    fill(tmp_path, *classes(train), f"{part}/unknown/1.png")
    said = f"{part} contains unknown, but {train}/ does not: every class needs training"
    with pytest.raises(DataError, match=said):
        listing(tmp_path)


@pytest.mark.parametrize("part", ["test", "Testing", "test_set"])
def test_a_wrapped_part_without_classes_has_no_labels(tmp_path, part):
    listed = listing(fill(tmp_path, *classes("train"), f"{part}/{part}/1.jpg"))
    assert set(parts(listed)) == {"train"}
    assert f"{part}/ has no class folders, so its 1 files have no labels." in listed.notes


@pytest.mark.parametrize("part", ["test", "val"])
@pytest.mark.parametrize("name", ["b", "z"])
def test_an_empty_folder_counts_for_nothing_in_every_part_but_is_named(tmp_path, part, name):
    fill(tmp_path, *classes("train"), f"{part}/a/1.png", f"{part}/{name}/")
    listed = listing(tmp_path)
    assert listed.class_names == ("a", "b")
    assert f"No file in {part}/{name}." in listed.notes
    assert [(one.file, one.reason) for one in listed.problems] == [
        (f"{part}/{name}", "an empty folder")
    ]


def test_an_empty_class_cannot_be_learnt_wherever_its_other_images_are(tmp_path):
    fill(tmp_path, *classes("train"), "train/c/", *classes("val", "a", "b", "c"))
    with pytest.raises(DataError, match=r"no file in train/c\. Add images"):
        listing(tmp_path)


def test_an_empty_class_folder_does_not_stop_an_evaluation(tmp_path):
    listed = listing(fill(tmp_path, "a/1.png", "b/", "other/"), known=("a", "b", "c"))
    assert parts(listed) == {"": ["a/1.png"]}
    assert "No file in b, other." in listed.notes
    with pytest.raises(DataError, match="contains other, which the model does not know"):
        listing(fill(tmp_path, "other/1.png"), known=("a", "b", "c"))


def test_an_evaluation_may_score_one_part_and_needs_no_training_images(tmp_path):
    fill(tmp_path, *classes("x"), *classes("y", "b"))
    assert parts(listing(tmp_path, known=("a", "b"), parts="test=y")) == {"test": ["y/b/1.png"]}
    assert listing(fill(tmp_path / "one", *classes("val")), known=("a", "b")).entries
