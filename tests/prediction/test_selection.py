import os
import sys

import pytest

from kit import prediction
from kit.errors import SettingError


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("photos/b.jpg", "photos/a.jpg", "photos/سگ/۱.png", "other.jpg", "x[1].jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content does not matter here")
    return tmp_path


def names(*parts):
    return os.path.join(*parts)


def test_a_folder_stands_for_all_files_below_it(photos):
    found = prediction.find("photos")
    assert found.files == (
        names("photos", "a.jpg"),
        names("photos", "b.jpg"),
        names("photos", "سگ", "۱.png"),
    )


def test_patterns_are_resolved_at_any_depth(photos):
    assert prediction.find("photos/*.jpg").files == ("photos/a.jpg", "photos/b.jpg")
    assert names("photos", "سگ", "۱.png") in prediction.find("photos/**/*.png").files


def test_a_name_that_looks_like_a_pattern_is_taken_as_itself(photos):
    (photos / "x1.jpg").write_bytes(b"what the pattern would match")
    assert prediction.find(["x[1].jpg"]).files == ("x[1].jpg",)


def test_paths_keep_their_order_and_no_file_comes_twice(photos):
    found = prediction.find(["photos/b.jpg", photos / "photos" / "b.jpg", "photos", "other.jpg"])
    assert [os.path.basename(file) for file in found.files] == [
        "b.jpg",
        "a.jpg",
        "۱.png",
        "other.jpg",
    ]


def test_all_paths_that_match_nothing_are_named(photos):
    (photos / "empty").mkdir()
    with pytest.raises(SettingError, match=r"gone\.jpg, \*\.gif, empty\."):
        prediction.find(["other.jpg", "gone.jpg", "*.gif", "empty"])


def test_no_path_at_all_is_refused():
    with pytest.raises(SettingError, match="an empty list"):
        prediction.find([])


def test_hidden_files_are_counted_apart(photos):
    for name in (".DS_Store", "Thumbs.db", "._a.jpg"):
        (photos / "photos" / name).write_bytes(b"?")
    found = prediction.find("photos")
    assert len(found.files) == 3
    assert {os.path.basename(file) for file in found.ignored} == {
        ".DS_Store",
        "Thumbs.db",
        "._a.jpg",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_and_a_link_to_nothing_are_refused_and_not_opened(photos):
    os.mkfifo(photos / "photos" / "pipe.jpg")
    os.symlink("nowhere", photos / "photos" / "link.jpg")
    found = prediction.find("photos")
    assert {os.path.basename(file): why for file, why in found.refused}["pipe.jpg"] == (
        "not a regular file"
    )
    assert len(found.refused) == 2
    assert len(found.files) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names outside UTF-8")
def test_a_name_that_is_no_text_is_refused(photos):
    with open(os.fsencode(photos) + b"/photos/\xff.jpg", "wb") as file:
        file.write(b"?")
    for asked in ("photos", os.fsdecode(b"photos/\xff.jpg")):
        ((name, why),) = prediction.find(asked).refused
        assert name.isprintable()
        assert "not valid UTF-8" in why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links need rights here")
def test_a_folder_asked_for_twice_is_no_folder_without_files(tmp_path):
    os.symlink("nowhere", tmp_path / "link.jpg")
    assert len(prediction.find([tmp_path, tmp_path]).refused) == 1
