import os

import pytest

from kit.data.listing import folders, tree
from kit.data.listing.folders import listing
from kit.errors import DataError


def fill(root, *files):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def arranged(listed):
    return [
        (entry.found.file, listed.class_names[entry.label], entry.part) for entry in listed.entries
    ]


def test_a_sub_folder_is_a_class_and_files_are_sorted(tmp_path):
    listed = listing(fill(tmp_path, "b/2.jpg", "b/10.jpg", "a/1.jpg"))
    assert listed.class_names == ("a", "b")
    assert arranged(listed) == [("a/1.jpg", "a", ""), ("b/10.jpg", "b", ""), ("b/2.jpg", "b", "")]
    assert not listed.problems
    assert not listed.notes


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "Valid"])
def test_parts_are_recognised_by_their_folders(tmp_path, validation):
    fill(tmp_path, "Train/a/1", "Train/b/1", f"{validation}/a/1", f"{validation}/b/1", "TEST/a/1")
    listed = listing(tmp_path)
    assert listed.class_names == ("a", "b")
    assert set(arranged(listed)) == {
        ("Train/a/1", "a", "train"),
        ("Train/b/1", "b", "train"),
        (f"{validation}/a/1", "a", "validation"),
        (f"{validation}/b/1", "b", "validation"),
        ("TEST/a/1", "a", "test"),
    }
    assert "Parts set" in listed.notes[0]


def test_train_alone_with_classes_in_it_is_a_part(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1"))
    assert listed.class_names == ("a", "b")


def test_a_class_may_be_called_train(tmp_path):
    assert listing(fill(tmp_path / "x", "train/1", "bus/1")).class_names == ("bus", "train")
    assert listing(fill(tmp_path / "y", "test/1", "bus/1")).class_names == ("bus", "test")


def test_a_class_that_is_called_like_a_part_is_pointed_out(tmp_path):
    listed = listing(fill(tmp_path, "train/1", "unlabelled/1"))
    assert listed.class_names == ("train", "unlabelled")
    assert "train/ is used as a class" in listed.notes[0]


def test_a_hidden_folder_beside_the_classes_is_named(tmp_path):
    listed = listing(fill(tmp_path, "c/1", "java/1", ".net/1", ".git/x", "java/.old/1"))
    assert listed.class_names == ("c", "java")
    assert listed.notes[0].startswith("Hidden folders are not classes: .net. If")
    listed = listing(fill(tmp_path / "x", "train/a/1", "train/b/1", "val/a/1", "val/.net/1"))
    assert any("not classes: val/.net. If" in note for note in listed.notes)


def test_a_class_without_files_says_which_were_refused(tmp_path):
    (fill(tmp_path, "a/1", "b/1", "c/1") / "c/1").unlink()
    try:
        (tmp_path / "c" / "2").symlink_to(tmp_path.parent / "elsewhere")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(
        DataError, match=r"no file in c\. .* c/2 is refused: a link that leads out of"
    ):
        listing(tmp_path)


def test_a_test_folder_without_classes_is_left_out_and_said(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1", "test/1.jpg", "test/2.jpg"))
    assert {entry.part for entry in listed.entries} == {"train"}
    assert "its 2 files have no labels" in listed.notes[0]


def test_what_stands_beside_the_parts_is_left_out_and_said(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1", "val/a/1", "labels/a.json"))
    assert any("labels" in note for note in listed.notes)
    assert ("labels", "ignored") in [(one.file, one.verdict) for one in listed.problems]


def test_what_programs_leave_behind_is_ignored_and_counted(tmp_path):
    fill(tmp_path, "a/1.jpg", "b/1.jpg", ".git/x", "__MACOSX/a/._1.jpg", "a/._1.jpg", "a/.hidden")
    fill(tmp_path, "a/.ipynb_checkpoints/1.jpg", "a/Thumbs.db", "b/desktop.ini", "b/Icon\r")
    listed = listing(tmp_path)
    assert [file for file, _, _ in arranged(listed)] == ["a/1.jpg", "b/1.jpg"]
    assert {one.verdict for one in listed.problems} == {"ignored"}
    assert {one.file for one in listed.problems} == {
        ".git", "__MACOSX", "a/._1.jpg", "a/.hidden", "a/.ipynb_checkpoints", "a/Thumbs.db",
        "b/Icon\r", "b/desktop.ini",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "passed", "said"),
    [
        (["cats/1.jpg", "dogs/1.jpg"], "cats", "pass the folder above, .*"),
        (
            ["x.jpg", "photos/cats/1.jpg", "photos/dogs/1.jpg"],
            "",
            "one level deeper. Pass .*photos",
        ),
        (["train/a/1", "train/b/1", "val/a/1", "val/c/1"], "", "val contains c, but train/ does"),
        (["train/a/1", "train/b/1", "val/a/1", "valid/a/1"], "", "val, valid all name"),
        (["train/a/1", "val/a/1"], "", "contains only one class, a"),
        (["train/1.jpg", "test/1.jpg"], "", "names of parts, but no train/"),
        (["val/a/1", "val/b/1", "test/a/1"], "", "names of parts, but no train/"),
        ([".hidden/1.jpg"], "", "has only hidden folders.*: .hidden. Rename"),
    ],
)
def test_a_wrong_arrangement_says_what_to_pass(tmp_path, files, passed, said):
    with pytest.raises(DataError, match=said):
        listing(fill(tmp_path, *files) / passed)


@pytest.fixture
def linked(tmp_path):
    try:
        (tmp_path / "try").symlink_to(tmp_path)
    except OSError:
        pytest.skip("links cannot be made here")
    outside, root = tmp_path / "outside", tmp_path / "root"
    fill(outside, "secret.jpg", "deep/2.jpg")
    fill(root, "a/1.jpg", "b/1.jpg")
    return outside, root


def test_links_inside_do_not_count_files_twice_or_loop(linked):
    _, root = linked
    (root / "a" / "again").symlink_to(root)
    (root / "a" / "self").symlink_to(root / "a" / "self")
    (root / "a" / "same.jpg").symlink_to(root / "a" / "1.jpg")
    listed = listing(root)
    assert [file for file, _, _ in arranged(listed)] == ["a/1.jpg", "a/same.jpg", "b/1.jpg"]


def test_the_folder_itself_may_be_reached_by_a_link(linked):
    outside, root = linked
    (outside / "data").symlink_to(root)
    assert len(listing(outside / "data").entries) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [("گربه 🐈", "گربه 🐈"), (os.fsdecode(b"caf\xe9"), "caf\\xe9"), ("half\ud83d", "half\\ud83d")],
)
def test_names_are_spelt_out_where_they_are_no_text(name, said):
    assert tree.spelt(name) == said


def test_listing_opens_no_file(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.jpg", "b/1.jpg")
    monkeypatch.setattr(folders.Path, "open", None)
    monkeypatch.setattr(folders.Path, "read_bytes", None)
    assert len(listing(tmp_path).entries) == 2
