import os
from pathlib import Path

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


def test_numbers_as_class_names_are_sorted_as_text_like_in_keras(tmp_path):
    listed = listing(fill(tmp_path, "1/a.png", "10/a.png", "2/a.png"))
    assert listed.class_names == ("1", "10", "2")


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
    assert "Parts as given" in listed.notes[0]


def test_train_alone_with_classes_in_it_is_a_part(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1"))
    assert listed.class_names == ("a", "b")


def test_a_class_may_be_called_train(tmp_path):
    assert listing(fill(tmp_path / "x", "train/1", "bus/1")).class_names == ("bus", "train")
    assert listing(fill(tmp_path / "y", "test/1", "bus/1")).class_names == ("bus", "test")


def test_a_class_that_is_called_like_a_part_is_pointed_out(tmp_path):
    listed = listing(fill(tmp_path, "train/1", "unlabelled/1"))
    assert listed.class_names == ("train", "unlabelled")
    assert "train/ is taken for a class" in listed.notes[0]


def test_a_hidden_folder_beside_the_classes_is_named(tmp_path):
    listed = listing(fill(tmp_path, "c/1", "java/1", ".net/1", ".git/x", "java/.old/1"))
    assert listed.class_names == ("c", "java")
    assert listed.notes[0].startswith("Hidden folders are no classes: .net. Rename")
    listed = listing(fill(tmp_path / "x", "train/a/1", "train/b/1", "val/a/1", "val/.net/1"))
    assert any("no classes: val/.net. Rename" in note for note in listed.notes)


def test_a_class_without_files_says_which_were_refused(tmp_path):
    (fill(tmp_path, "a/1", "b/1", "c/1") / "c/1").unlink()
    try:
        (tmp_path / "c" / "2").symlink_to(tmp_path.parent / "elsewhere")
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(DataError, match=r"no file in c; .* c/2 is refused: a link that leaves"):
        listing(tmp_path)


def test_a_test_folder_without_classes_is_left_out_and_said(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1", "test/1.jpg", "test/2.jpg"))
    assert {entry.part for entry in listed.entries} == {"train"}
    assert "its 2 files have no labels" in listed.notes[0]


def test_what_stands_beside_the_parts_is_left_out_and_said(tmp_path):
    listed = listing(fill(tmp_path, "train/a/1", "train/b/1", "val/a/1", "labels/a.json"))
    assert any("labels" in note for note in listed.notes)
    assert ("labels", "ignored") in [(one.file, one.verdict) for one in listed.problems]


def test_sub_folders_of_a_class_belong_to_it(tmp_path):
    listed = listing(fill(tmp_path, "a/1", "a/x/2", "a/x/y/3", "b/1"))
    assert [name for _, name, _ in arranged(listed)] == ["a", "a", "a", "b"]
    assert listed.notes == ("2 files in sub-folders of a class belong to that class.",)


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


def test_names_in_any_script_are_classes(tmp_path):
    names = ["گربه", "猫", "🐈", "it's", "a,b", "50% $x$", "--flag", "new\nline"]
    listed = listing(fill(tmp_path, *(f"{name}/عکس 1.jpg" for name in names)))
    assert listed.class_names == tuple(sorted(names))


def test_nearly_equal_class_names_are_pointed_out(tmp_path):
    names = ["Cat", "cat", "cat ", "caf\u00e9", "cafe\u0301", "dog"]
    fill(tmp_path, *(f"{name}/1" for name in names))
    if len(list(tmp_path.iterdir())) < len(names):
        pytest.skip("this file system takes some of these names for one")
    notes = listing(tmp_path).notes
    assert "'Cat', 'cat', 'cat '" in notes[0]
    assert "café" in notes[1]


@pytest.mark.parametrize(
    ("files", "passed", "said"),
    [
        ([], "", "no folders and no images"),
        (["1.jpg", "2.jpg"], "", "2 files and no class folders"),
        (["cats/1.jpg", "dogs/1.jpg"], "cats", "pass the folder above, .*"),
        (["cats/1.jpg"], "", "one class only, cats"),
        (
            ["x.jpg", "photos/cats/1.jpg", "photos/dogs/1.jpg"],
            "",
            "one level deeper: pass .*photos",
        ),
        (["cats/1.jpg", "dogs/1.jpg"], "cats/1.jpg", "is a file; pass a folder"),
        (["cats/1.jpg"], "nowhere", "there is no such folder"),
        (["train/a/1", "train/b/1", "val/a/1", "val/c/1"], "", "val holds c, which train/ does"),
        (["train/a/1", "train/b/1", "val/a/1", "valid/a/1"], "", "val, valid all name"),
        (["train/a/1", "val/a/1"], "", "one class only, a"),
        (["train/1.jpg", "test/1.jpg"], "", "parts, but no train/ with a sub-folder"),
        (["val/a/1", "val/b/1", "test/a/1"], "", "parts, but no train/ with a sub-folder"),
        ([".hidden/1.jpg"], "", "holds hidden folders only.*: .hidden. Rename"),
    ],
)
def test_a_wrong_arrangement_says_what_to_pass(tmp_path, files, passed, said):
    with pytest.raises(DataError, match=said):
        listing(fill(tmp_path, *files) / passed)


def test_an_empty_class_is_named(tmp_path):
    fill(tmp_path, "a/1", "b/1")
    (tmp_path / "c").mkdir()
    with pytest.raises(DataError, match="no file in c"):
        listing(tmp_path)


def test_an_unreadable_class_is_an_error_and_an_unreadable_sub_folder_a_problem(
    tmp_path, monkeypatch
):
    fill(tmp_path, "a/1", "b/1", "b/locked/2")
    scandir = os.scandir

    def refuse(path, locked):
        if Path(path).name == locked:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(tree.os, "scandir", lambda path: refuse(path, "locked"))
    problem = listing(tmp_path).problems[0]
    assert (problem.file, problem.verdict) == ("b/locked", "refused")
    monkeypatch.setattr(tree.os, "scandir", lambda path: refuse(path, "b"))
    with pytest.raises(DataError, match="b cannot be opened: Permission denied"):
        listing(tmp_path)


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


def test_links_that_leave_the_folder_are_refused(linked):
    outside, root = linked
    (root / "a" / "2.jpg").symlink_to(outside / "secret.jpg")
    (root / "a" / "more").symlink_to(outside / "deep")
    (root / "a" / "gone.jpg").symlink_to(outside / "nothing")
    listed = listing(root)
    assert [file for file, _, _ in arranged(listed)] == ["a/1.jpg", "b/1.jpg"]
    assert {(one.file, one.verdict) for one in listed.problems} == {
        ("a/2.jpg", "refused"),
        ("a/more", "refused"),
        ("a/gone.jpg", "refused"),
    }


def test_a_class_folder_that_is_a_link_outside_stops_instead_of_vanishing(linked):
    outside, root = linked
    (root / "v1.0").symlink_to(outside)
    with pytest.raises(DataError, match=r"v1\.0 is not used: a link that leaves the folder"):
        listing(root)


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


def test_pipes_are_refused_and_not_waited_for(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(fill(tmp_path, "a/1.jpg", "b/1.jpg") / "a" / "pipe.jpg")
    problem = listing(tmp_path).problems[0]
    assert (problem.file, problem.reason) == ("a/pipe.jpg", "not a regular file")


def test_a_file_name_that_is_no_utf8_is_refused_by_its_spelt_out_name(tmp_path):
    fill(tmp_path, "a/1.jpg", "b/1.jpg")
    try:
        (tmp_path / "a" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"x")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 only")
    problem = listing(tmp_path).problems[0]
    assert problem.file == "a/caf\\xe9.jpg"
    (tmp_path / os.fsdecode(b"\xff")).mkdir()
    with pytest.raises(DataError, match="not valid UTF-8"):
        listing(tmp_path)


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
