import shutil
from collections import Counter

import numpy as np
import pytest
from folders import fill
from PIL import Image

from kit import data
from kit.data.division import assignment
from kit.data.division.stratified_draw import contradicting, divide, extend
from kit.errors import DataError, SettingError

LAYOUTS = {
    "100/20/5": [100, 20, 5],
    "20/3/3": [20, 3, 3],
    "1000/2": [1000, 2],
    "7 of 9": [9] * 7,
}


def load(folder, **settings):
    return data.load(folder, image_size=4, **settings)


def sides(splits):
    """File -> part."""
    return {splits.files[i]: part for part, numbers in splits.parts.items() for i in numbers}


# Dividing: pure, on labels and hashes


def layout(counts, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    return labels.tolist(), [f"{seed}-{number}" for number in range(len(labels))]


@pytest.mark.parametrize("counts", LAYOUTS.values(), ids=LAYOUTS)
def test_no_seed_misses_a_class_or_its_share(counts):
    for seed in range(min(100, 20_000 // sum(counts))):
        labels, hashes = layout(counts, seed)
        parts = divide(labels, hashes, {"validation": 0.2, "test": 0.15}, seed)
        for label, count in enumerate(counts):
            found = Counter(part for part, one in zip(parts, labels, strict=True) if one == label)
            assert found["validation"] == max(1, round(0.2 * count))
            assert found["test"] == (max(1, round(0.15 * count)) if count > 2 else 0)
            assert found["train"] >= 1


def test_the_same_seed_divides_alike_and_another_does_not():
    labels, hashes = layout([50, 50], 0)
    shares = {"validation": 0.2}
    assert divide(labels, hashes, shares, 1) == divide(labels, hashes, shares, 1)
    assert divide(labels, hashes, shares, 1) != divide(labels, hashes, shares, 2)


def test_the_division_does_not_depend_on_order_or_on_a_test_part():
    labels, hashes = layout([50, 50], 0)
    parts = divide(labels, hashes, {"validation": 0.2}, 1)
    turned = divide(labels[::-1], hashes[::-1], {"validation": 0.2}, 1)
    assert turned[::-1] == parts
    three = divide(labels, hashes, {"validation": 0.2, "test": 0.2}, 1)
    chosen = [part == "validation" for part in parts]
    assert chosen == [part == "validation" for part in three]


def test_copies_stay_in_one_part_and_shares_within_one_group():
    random = np.random.default_rng(0)
    for seed in range(50):
        hashes = [str(number) for number in random.integers(0, 30, 100)]
        labels = [int(content) % 2 for content in hashes]
        parts = divide(labels, hashes, {"validation": 0.2}, seed)
        assert all(
            len({part for part, one in zip(parts, hashes, strict=True) if one == content}) == 1
            for content in set(hashes)
        )
        largest = max(Counter(hashes).values())
        for label in (0, 1):
            mine = [part for part, one in zip(parts, labels, strict=True) if one == label]
            wanted = max(1, round(0.2 * len(mine)))
            assert abs(mine.count("validation") - wanted) < largest


def test_groups_of_several_classes_stay_whole_and_no_class_is_missing():
    random = np.random.default_rng(0)
    for seed in range(200):
        patients = random.integers(0, 25, 200)
        labels = (random.random(200) < 0.15 + 0.5 * (patients % 2)).astype(int).tolist()
        groups = [f"{seed}-patient {patient}" for patient in patients]
        parts = divide(labels, groups, {"validation": 0.2, "test": 0.2}, seed)
        where = {name: {p for p, g in zip(parts, groups, strict=True) if g == name}
                 for name in set(groups)}  # fmt: skip
        assert all(len(found) == 1 for found in where.values())
        largest = max(Counter(groups).values())
        for label in (0, 1):
            found = Counter(p for p, one in zip(parts, labels, strict=True) if one == label)
            for part in ("validation", "test"):
                assert found[part] >= 1
                assert abs(found[part] - 0.2 * labels.count(label)) <= largest


def test_an_image_of_two_classes_trains():
    labels, hashes = [0, 0, 0, 1, 1, 1], ["x", "a", "b", "x", "c", "d"]
    assert contradicting(labels, hashes) == {"x"}
    for seed in range(20):
        parts = divide(labels, hashes, {"validation": 0.4}, seed, {"x"})
        assert parts[0] == parts[3] == "train"


def test_new_images_go_where_their_class_lacks_most():
    given = ["train"] * 8 + [""] * 2 + ["train"] * 5 + ["validation"] * 5
    labels = [0] * 10 + [1] * 10
    hashes = [str(number) for number in range(20)]
    shares = {"train": 0.8, "validation": 0.2}
    assert extend(given, labels, hashes, shares, 1)[8:10] == ["validation"] * 2
    assert extend([*given[:19], ""], labels, hashes, shares, 1)[19] == "train"


def test_a_new_copy_joins_the_original():
    given = ["validation", "train", "train", "", ""]
    parts = extend(given, [0] * 5, ["a", "b", "c", "a", "b"], {"train": 0.8, "validation": 0.2}, 1)
    assert parts[3:] == ["validation", "train"]


# Loading


def test_loading_joins_files_labels_parts_and_pixels_by_number(tmp_path):
    splits = load(fill(tmp_path / "d", cats=10, dogs=6))
    assert splits.class_names == ("cats", "dogs")
    assert splits.num_classes == 2
    assert splits.image_shape == (4, 4, 3)
    assert splits.counts("train") == {"cats": 8, "dogs": 5}
    assert splits.counts("validation") == {"cats": 2, "dogs": 1}
    assert splits.counts("test") == {"cats": 0, "dogs": 0}
    assert "test" not in splits.parts
    assert splits.test is None
    assert sorted(np.concatenate(list(splits.parts.values()))) == list(range(16))
    for number, file in enumerate(splits.files):
        assert file.startswith(splits.class_names[splits.labels[number]])
        assert (splits.images.read(np.array([number]))[0] == data_of(tmp_path / "d" / file)).all()


def data_of(path):
    from kit.data.decoding import decoder

    return decoder.decode(path, (4, 4))


def test_the_table_holds_every_file_once(tmp_path):
    splits = load(fill(tmp_path / "d", a=10, b=6), test_split=0.2)
    table = splits.table()
    assert list(table.columns) == ["file", "class", "split", "hash", "group"]
    assert dict(zip(table["file"], table["split"], strict=True)) == sides(splits)
    assert table["class"].value_counts().to_dict() == {"a": 10, "b": 6}


def test_a_division_given_back_is_kept_whatever_the_seed(tmp_path):
    first = load(fill(tmp_path / "d", a=20, b=20), seed=1, test_split=0.2)
    first.table().to_csv(tmp_path / "split.csv", index=False)
    again = load(tmp_path / "d", seed=2, split=tmp_path / "split.csv")
    assert sides(again) == sides(first)
    assert sides(load(tmp_path / "d", seed=2, test_split=0.2)) != sides(first)


def test_with_an_earlier_division_new_files_fill_up_and_renamed_ones_stay(tmp_path):
    folder = fill(tmp_path / "d", a=20, b=20)
    first = load(folder)
    first.table().to_csv(tmp_path / "split.csv", index=False)
    old = sides(first)
    (folder / "a" / "000.png").rename(folder / "a" / "other.png")
    (folder / "b" / "001.png").unlink()
    fill(tmp_path / "new", seed=1, b=10)
    for number, path in enumerate(sorted((tmp_path / "new" / "b").iterdir())):
        shutil.move(path, folder / "b" / f"new{number}.png")
    splits = load(folder, split=tmp_path / "split.csv")
    now = sides(splits)
    assert now["a/other.png"] == old["a/000.png"]
    assert all(now[file] == part for file, part in old.items() if file in now)
    assert splits.counts("validation") == {"a": 4, "b": 6}
    assert any("10 new files were assigned to" in note for note in splits.notes)
    assert any("1 of the 40 files" in note for note in splits.notes)


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (None, SettingError, "there is no"),
        ("file,split\nx/1.png,train\n", DataError, "names none of these files"),
        ("name,part\n1,2\n", DataError, "must have the columns file and split"),
        ("file,split\na/000.png,dev\n", DataError, "got 'dev'"),
        ("", DataError, "columns are: none"),
        ('file,split\n"a/000.png,train\n', DataError, "line 2, is not CSV"),
    ],
)
def test_a_wrong_split_file_says_what_is_wrong(tmp_path, table, error, said):
    fill(tmp_path / "d", a=4, b=4)
    if table is not None:
        (tmp_path / "split.csv").write_text(table)
    with pytest.raises(error, match=said):
        load(tmp_path / "d", split=tmp_path / "split.csv")


def test_classes_called_none_and_names_with_commas_survive_the_split_file(tmp_path):
    first = load(fill(tmp_path / "d", **{"None": 10, "a,b\n'": 10, "گربه": 10}))
    first.table().to_csv(tmp_path / "split.csv", index=False)
    again = load(tmp_path / "d", seed=7, split=tmp_path / "split.csv")
    assert sides(again) == sides(first)
    assert again.notes == ()


def test_given_folders_are_the_parts_and_what_lacks_is_drawn_from_train(tmp_path):
    folder = fill(tmp_path / "d", train__a=10, train__b=10, test__a=3, test__b=3)
    splits = load(folder)
    assert splits.counts("test") == {"a": 3, "b": 3}
    assert splits.counts("validation") == {"a": 2, "b": 2}
    assert splits.counts("train") == {"a": 8, "b": 8}
    fill(folder, seed=1, val__a=1, val__b=1)
    assert load(folder).counts("train") == {"a": 10, "b": 10}


def test_copies_across_given_folders_are_said_and_never_drawn(tmp_path):
    folder = fill(tmp_path / "d", train__a=10, train__b=10, test__a=3, test__b=3)
    for number in range(9):
        shutil.copy(folder / f"train/a/{number:03}.png", folder / f"test/a/1{number:02}.png")
    splits = load(folder)
    assert splits.shared("validation", "test") == ()
    assert len(splits.shared("train", "test")) == 9
    assert any(
        "9 images of the test part are also in the train part, so" in one for one in splits.notes
    )


def test_a_test_part_is_drawn_by_itself_from_1000_images(tmp_path, monkeypatch):
    assert assignment.ENOUGH_FOR_TEST == 1000
    monkeypatch.setattr(assignment, "ENOUGH_FOR_TEST", 200)
    folder = fill(tmp_path / "d", a=100, b=100)
    assert load(folder).counts("test") == {"a": 15, "b": 15}
    assert "test" not in load(folder, test_split=0.0).parts
    (folder / "a" / "000.png").unlink()
    assert "test" not in load(folder).parts
    assert load(folder, test_split=0.1).counts("test") == {"a": 10, "b": 10}


def test_a_default_test_part_that_leaves_no_training_images_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(assignment, "ENOUGH_FOR_TEST", 40)
    folder = fill(tmp_path / "d", a=20, b=20)
    with pytest.raises(SettingError, match=r"0\.9 and 0\.15 \(from 1000 images"):
        load(folder, validation_split=0.9)
    assert load(folder, validation_split=0.9, test_split=0).counts("train") == {"a": 2, "b": 2}


def test_given_parts_are_kept_however_many_images_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(assignment, "ENOUGH_FOR_TEST", 20)
    folder = fill(tmp_path / "d", train__a=10, train__b=10, val__a=4, val__b=4)
    splits = load(folder)
    assert {part: len(numbers) for part, numbers in splits.parts.items()} == {
        "train": 20,
        "validation": 8,
    }
    splits = load(folder, test_split=0.2)
    assert splits.counts("train") == {"a": 8, "b": 8}
    assert splits.counts("validation") == {"a": 4, "b": 4}
    assert "Drawn from the training images: test (0.2)." in splits.notes
    only = fill(tmp_path / "e", train__a=10, train__b=10, test__a=4, test__b=4)
    assert "Drawn from the training images: validation (0.2)." in load(only).notes


def test_a_split_beside_a_given_part_is_said_and_the_default_is_not(tmp_path):
    folder = fill(tmp_path / "d", train__a=6, train__b=6, val__a=3, val__b=3)
    said = "validation_split is not used, because the data set the validation part."
    assert said not in load(folder).notes
    assert said in load(folder, validation_split=0.2).notes  # as settings of earlier runs hold it
    assert load(folder, validation_split=0.9).counts("train") == {"a": 6, "b": 6}


def test_what_a_note_has_named_is_not_counted_again_as_ignored(tmp_path):
    folder = fill(tmp_path / "d", train__a=6, train__b=6, val__a=3, more__a=1)
    (folder / "val" / "b").mkdir()
    (folder / "train" / "loose.txt").write_text("x")
    (folder / "train" / "a" / "notes.txt").write_text("x")
    notes = load(folder).notes
    for said in (
        "1 files outside the class folders are not used.",
        "Not used, because they belong to no part: more.",
        "No file in val/b.",
        "Left out, ignored: 1 files or folders (1 .txt).",
    ):
        assert said in notes


def test_an_earlier_division_against_the_given_parts_is_said(tmp_path):
    folder = fill(tmp_path / "d", one__a=6, one__b=6, two__a=3, two__b=3)
    first = load(folder, parts="train=one,test=two")
    kept = tmp_path / "split.csv"
    first.table().to_csv(kept, index=False)
    again = load(folder, parts="train=one,test=two", split=kept)
    assert not any("though the data" in note for note in again.notes)
    turned = load(folder, parts="train=two,test=one", split=kept)
    assert turned.counts("test") == {"a": 3, "b": 3}
    said = f"18 files keep their part from {kept}, though the data assign them to another."
    assert said in turned.notes


def test_parts_named_by_a_person_are_those_of_the_result(tmp_path):
    folder = fill(tmp_path / "d", one__a=6, one__b=6, two__a=3, two__b=3)
    splits = load(folder, parts="train=one,test=two")
    assert splits.counts("test") == {"a": 3, "b": 3}
    assert {file.partition("/")[0] for file in splits.files} == {"one", "two"}
    scored = data.load_test(folder, ("b", "a"), (4, 4), "rgb", "stretch", parts="test=two")
    assert len(scored.files) == 6


def test_a_test_part_asked_for_in_vain_is_said(tmp_path):
    splits = load(fill(tmp_path / "two", a=2, b=2), test_split=0.2)
    assert {part: len(numbers) for part, numbers in splits.parts.items()} == {
        "train": 2,
        "validation": 2,
    }
    assert any("There is no test part" in note for note in splits.notes)


def test_the_same_picture_under_two_classes_is_said(tmp_path):
    folder = fill(tmp_path / "d", a=10, b=10)
    shutil.copy(folder / "a" / "000.png", folder / "b" / "x.png")
    splits = load(folder)
    assert any("a/000.png and b/x.png" in note for note in splits.notes)
    assert sides(splits)["a/000.png"] == sides(splits)["b/x.png"] == "train"


def test_more_than_5_percent_broken_images_stop(tmp_path):
    folder = fill(tmp_path / "d", a=20, b=19)
    (folder / "b" / "x.jpg").write_bytes(b"<html>not found</html>")
    splits = load(folder)
    assert [one.file for one in splits.problems] == ["b/x.jpg"]
    assert any("b/x.jpg (a web page" in note for note in splits.notes)
    for number in range(2):
        (folder / "b" / f"y{number}.jpg").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"3 of 42 images cannot be decoded, more than 5 %.*x\.jpg"):
        load(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: fill(folder, c=1), r"at least two images .* c \(1\)"),
        (lambda folder: (fill(folder, c=1) / "c/000.png").rename(folder / "c/x.txt"), r"c \(1\)"),
        (
            lambda folder: shutil.copy(fill(folder, c=1) / "c/000.png", folder / "c/1.png"),
            "all images of c are copies of one file",
        ),
        (
            lambda folder: (folder / "c").mkdir() or (folder / "c" / "a.txt").write_text("x"),
            r"c \(0\)",
        ),
    ],
)
def test_a_class_without_two_different_images_stops(tmp_path, change, said):
    folder = fill(tmp_path / "d", seed=5, a=20, b=20)
    change(folder)
    with pytest.raises(DataError, match=said):
        load(folder)


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_size": 0},
        {"validation_split": 0},
        {"validation_split": 1.0},
        {"validation_split": 0.6, "test_split": 0.4},
        {"test_split": -0.1},
        {"seed": -1},
        {"seed": 2**32},
        {"image_size": 4.0},
        {"color": "gray"},
        {"aspect": "fit"},
        {"augmentation": "heavy"},
        {"image_size": 0},
        {"image_size": (32,)},
        {"image_size": (32, 0.5)},
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_name(tmp_path, settings):
    fill(tmp_path / "d", a=4, b=4)
    with pytest.raises(SettingError, match=next(iter(settings))):
        data.load(tmp_path / "d", **settings)


def test_sizes_may_be_lists_and_default_to_the_images(tmp_path):
    fill(tmp_path / "d", a=4, b=4)
    assert data.load(tmp_path / "d").image_shape == (6, 6, 3)
    assert data.load(tmp_path / "d", image_size=[5, 3]).image_shape == (5, 3, 3)


def test_notes_and_progress_go_to_stderr_alone(tmp_path, capsys):
    fill(tmp_path / "d", train__a=4, train__b=4, val__a=2)
    load(tmp_path / "d")
    out, err = capsys.readouterr()
    assert not out
    assert "Parts set" in err


def test_the_fingerprint_follows_content_and_not_place(tmp_path):
    first = load(fill(tmp_path / "d", a=4, b=4))
    shutil.copytree(tmp_path / "d", tmp_path / "e")
    assert load(tmp_path / "e").fingerprint == first.fingerprint
    fill(tmp_path / "e", seed=1, a=1)
    assert load(tmp_path / "e").fingerprint != first.fingerprint


def test_images_that_changed_names_keep_their_part(tmp_path):
    first = load(fill(tmp_path / "d", a=10, b=10))
    first.table().to_csv(tmp_path / "split.csv", index=False)
    files = sorted((tmp_path / "d" / "a").iterdir())
    for file in files:
        file.rename(file.with_suffix(".old"))
    for number, file in enumerate(files):
        file.with_suffix(".old").rename(files[(number + 1) % len(files)])
    again = load(tmp_path / "d", split=tmp_path / "split.csv")
    for part, numbers in first.parts.items():
        assert {first.hashes[i] for i in numbers} == {again.hashes[i] for i in again.parts[part]}


def test_a_changed_file_keeps_the_part_of_its_name(tmp_path):
    first = load(fill(tmp_path / "d", a=10, b=10))
    first.table().to_csv(tmp_path / "split.csv", index=False)
    for file in first.files:
        if "a/" in file:
            Image.open(tmp_path / "d" / file).rotate(90).save(tmp_path / "d" / file)
    assert sides(load(tmp_path / "d", seed=7, split=tmp_path / "split.csv")) == sides(first)


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(SettingError, match="'val'"):
        load(fill(tmp_path / "d", a=4, b=4)).counts("val")


def test_an_earlier_division_wins_over_given_folders(tmp_path):
    folder = fill(tmp_path / "d", train__a=6, train__b=6, val__a=6, val__b=6)
    table = load(folder).table()
    table["split"] = table["split"].map({"train": "validation", "validation": "train"})
    table.to_csv(tmp_path / "split.csv", index=False)
    splits = load(folder, split=tmp_path / "split.csv")
    assert all(
        file.startswith("train") == (part == "validation") for file, part in sides(splits).items()
    )
