"""Files that a list leaves out."""

import pytest
from folders import fill

from kit import data
from kit.data.listing.exclusion import Excluded, read_excluded, without
from kit.data.listing.folders import listing
from kit.errors import DataError, SettingError


@pytest.fixture
def photos(tmp_path):
    return fill(tmp_path / "photos", names="{}.png", a=10, b=10)


def written(folder, text, name="out.csv"):
    path = folder.parent / name
    path.write_bytes(text.encode())
    return path


def names(listed):
    return {entry.found.file for entry in listed.entries}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("file,finding,partner,advice\na/1.png,dark,,\nb/2.png,copy,a/3.png,one\n", "out.csv"),
        ("finding,file\ndark,a/1.png\ncopy,b/2.png\ndark,a/1.png\n", "out.csv"),
        ("path\ta\na/1.png\t\nb/2.png\t\n", "out.tsv"),
        ("a/1.png\nb/2.png", "out.txt"),
        ("\ufeffa/1.png\r\n\r\nb/2.png\r\n", "out"),
        ("./a//1.png\n{here}/b/2.png\n", "out.txt"),
        ("a\\1.png\nb\\2.png\n", "out.txt"),
    ],
)
def test_the_files_of_a_list_are_excluded_however_it_is_written(photos, text, name):
    path = written(photos, text.replace("{here}", str(photos)), name)
    listed = listing(photos)
    left = without(listed, read_excluded(path))

    assert names(listed) - names(left) == {"a/1.png", "b/2.png"}
    assert [(one.file, one.verdict, one.reason) for one in left.problems] == [
        ("a/1.png", "excluded", f"listed in {name}"),
        ("b/2.png", "excluded", f"listed in {name}"),
    ]
    assert left.notes == (f"Left out by {name}: 2 of 20 files.",)


def test_names_that_are_not_in_the_data_are_counted_and_named(photos):
    left = without(listing(photos), Excluded("out.csv", ("a/1.png", "c/9.png", "../a/2.png", "a")))

    assert len(left.entries) == 19
    assert (
        "3 of the 4 files in out.csv are not in the data: c/9.png, ../a/2.png, a."
        in (left.notes[-1])
    )


def test_what_is_left_out_stops_no_strict_loading(photos):
    (photos / "a" / "link.png").symlink_to(photos.parent / "elsewhere.png")
    (photos / "a" / "half.png").write_bytes((photos / "a" / "0.png").read_bytes()[:60])
    out = written(photos, "file\na/link.png\na/half.png\n")
    splits = data.load(photos, image_size=4, strict=True, exclude=out)
    assert len(splits.files) == 20
    assert {(one.file, one.verdict) for one in splits.problems} == {
        ("a/link.png", "excluded"),
        ("a/half.png", "excluded"),
    }


def test_an_empty_list_leaves_nothing_out(photos):
    listed = listing(photos)
    assert without(listed, read_excluded(written(photos, "file,finding\n"))) == listed
    assert without(listed, read_excluded(written(photos, "\n \n", "out.txt"))) == listed


def test_a_name_with_a_comma_or_a_line_separator_of_another_kind_is_one_name(photos):
    odd = "a/x, y\u2028z\x0b\rw.png"
    (photos / odd).write_bytes((photos / "a/1.png").read_bytes())

    for path in (
        written(photos, f'file,finding\n"{odd}",copy\n'),
        written(photos, f"{odd}\n", "out.txt"),
    ):
        assert read_excluded(path).files == (odd,)
        assert odd not in names(without(listing(photos), read_excluded(path)))


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("a/1.png\nb/2.png\n", "out.csv", "must have the column file .* Its columns are: a/1.png"),
        ("file,x\na/1.png\n", "out.csv", "line 2: there must be 2 values"),
        ("\udcff", "out.txt", "UTF-8 text with one path per line"),
    ],
)
def test_what_is_no_list_is_an_error(photos, text, name, message):
    path = photos.parent / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=message):
        read_excluded(path)


def test_a_list_that_is_not_there_is_an_error_before_the_images_are_read(photos, capsys):
    with pytest.raises(SettingError, match=r"there is no file .*nowhere\.csv"):
        data.load(photos, image_size=4, exclude=photos.parent / "nowhere.csv")
    assert "Reading images" not in capsys.readouterr().err


def test_excluded_images_are_in_no_part_and_the_data_are_others(photos):
    whole = data.load(photos, image_size=4)
    (photos / "b" / "broken.png").write_bytes(b"no image")
    path = written(photos, "file\na/1.png\nb/broken.png\n")
    splits = data.load(photos, image_size=4, exclude=path)

    assert "a/1.png" in whole.files
    assert "Left out by out.csv: 2 of 21 files." in splits.notes
    assert not any("ignored" in note for note in splits.notes), "counted once"
    assert set(whole.files) - set(splits.files) == {"a/1.png"}
    assert splits.fingerprint != whole.fingerprint
    assert {one.file: one.reason for one in splits.problems} == {
        "a/1.png": "listed in out.csv",
        "b/broken.png": "listed in out.csv",
    }


def test_a_class_without_images_after_the_exclusion_is_an_error(photos):
    path = written(photos, "\n".join(f"a/{number}.png" for number in range(9)), "out.txt")
    with pytest.raises(DataError, match=r"too few in a \(1\)"):
        data.load(photos, image_size=4, exclude=path)


def test_scored_data_leave_files_out_too_and_so_does_a_table(photos):
    path = written(photos, "a/1.png", "out.txt")
    splits = data.load_test(photos, ["a", "b"], (4, 4), "rgb", "stretch", exclude=path)
    assert len(splits.files) == 19

    rows = [f"{name}/{number}.png,{name}" for name in "ab" for number in range(10)]
    (photos / "labels.csv").write_text("\n".join(["path,label", *rows]), "utf-8")
    assert "a/1.png" not in data.load(photos / "labels.csv", image_size=4, exclude=path).files
