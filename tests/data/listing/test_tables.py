"""A table of paths and labels as data."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit import data
from kit.data.listing import table_columns
from kit.data.listing.folders import listing
from kit.errors import DataError, SettingError


@pytest.fixture
def flat(tmp_path):
    """Forty different pictures in one folder, and the function that writes a table beside it."""
    (tmp_path / "img").mkdir()
    random = np.random.default_rng(0)
    for number in range(40):
        pixels = random.integers(0, 256, (6, 6, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "img" / f"{number}.png")
    return tmp_path


def write(folder, *rows, name="labels.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes("\n".join(rows).encode(encoding))
    return path


def rows(count=40, label=lambda number: "ab"[number % 2], more=lambda number: ""):
    return [f"img/{number}.png,{label(number)}{more(number)}" for number in range(count)]


def arranged(listed):
    return [
        (entry.found.file, listed.class_names[entry.label], entry.part) for entry in listed.entries
    ]


def test_a_table_lists_what_folders_would(flat):
    listed = listing(write(flat, "path,label", "img/1.png,dog", "img/0.png,cat", "img/2.png,cat"))

    assert listed.root == Path(os.path.realpath(flat))
    assert listed.class_names == ("cat", "dog")
    assert arranged(listed) == [
        ("img/0.png", "cat", ""),
        ("img/1.png", "dog", ""),
        ("img/2.png", "cat", ""),
    ]
    first = listed.entries[0].found
    status = (flat / "img/0.png").stat()
    assert first.state == [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    assert not listed.problems
    assert not listed.notes


def test_labels_stay_the_text_they_are(flat):
    labels = ["001", "1", "None", "NA", "nan", "1.0", "x/../y", "<b>", "قرمز", "TRUE"]
    listed = listing(write(flat, "path,label", *rows(10, lambda n: labels[n])))

    assert listed.class_names == tuple(sorted(labels))
    assert [name for _, name, _ in arranged(listed)] == labels


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("path,label\nimg/0.png,a\nimg/1.png,b\n", "t.csv"),
        ("\ufeffpath,label\r\nimg/0.png,a\r\n\r\nimg/1.png,b\r\n", "t.csv"),
        ("path;label\nimg/0.png;a\nimg/1.png;b", "t.csv"),
        ("path, label\nimg/0.png, a\nimg/1.png, b", "t.csv"),
        ("path\tlabel\nimg/0.png\ta\nimg/1.png\tb", "T.TSV"),
        (" Path , LABEL ,x\n./img/0.png,a,1\n{here}/img/1.png,b,2", "t.csv"),
        ("path,label\nimg\\0.png,a\nimg//1.png,b", "t.csv"),
        ('"path","label"\n"img/0.png","a"\n"img/1.png","b"', "t.csv"),
    ],
)
def test_the_ways_in_which_programs_write_a_table_are_read(flat, text, name):
    path = write(flat, text.replace("{here}", str(flat)), name=name)

    assert arranged(listing(path)) == [("img/0.png", "a", ""), ("img/1.png", "b", "")]


def test_other_names_of_columns_are_taken_and_said(flat):
    listed = listing(write(flat, "Image,Class,width", "img/0.png,a,6", "img/1.png,b,6"))

    assert listed.notes == (
        'labels.csv: the column "Image" is used as path.',
        'labels.csv: the column "Class" is used as label.',
    )


def test_the_name_itself_goes_before_other_names(flat):
    listed = listing(write(flat, "file,path,label", "x,img/0.png,a", "y,img/1.png,b"))

    assert len(listed.entries) == 2
    assert not listed.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"columns path and label .* are missing. Its columns are: none"),
        ("path,label\n", "has no rows"),
        ("name,label\nx,a", r"path is missing. Its columns are: name, label"),
        ("file,image,label\nx,y,a", "file and image could each be the column path"),
        ("path,path,label\nx,y,a", "more than one column path. Keep one"),
        ("path,label\nimg/0.png,a\nimg/1.png,b,c", "line 3: there must be 2 values.* got 3"),
        ("path,label\nimg/0.png", "line 2: there must be 2 values.* got 1"),
        ('path,label\nimg/0.png,"a\nimg/1.png,b', "line 3, is not CSV"),
        ("path,label\nimg/0.png,a\nimg/1.png,a", "contains only one class, a."),
        ("path,label,split\nimg/0.png,a,tran", r"line 2, img/0.png: split must .*got 'tran'"),
    ],
)
def test_a_table_that_cannot_be_meant_is_an_error_that_names_the_line(flat, content, message):
    with pytest.raises(DataError, match=message):
        listing(write(flat, content))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_an_error_that_says_what_to_save(flat, encoding):
    with pytest.raises(DataError, match=r"must be UTF-8 text, but byte \d+ is not.*CSV UTF-8"):
        listing(write(flat, "path,label", "img/0.png,Käse", "img/1.png,b", encoding=encoding))


def test_a_line_number_counts_lines_and_not_rows(flat):
    with pytest.raises(DataError, match="line 5:"):
        listing(write(flat, "path,label", '"img/0\n.png",a', "", "only one value"))


def refused(flat, *bad):
    """The reasons for some rows among forty good ones."""
    listed = listing(write(flat, "path,label", *rows(), *bad))
    return {problem.file: (problem.verdict, problem.reason) for problem in listed.problems}


@pytest.mark.parametrize(
    ("row", "file", "reason"),
    [
        ("img/none.png,a", "img/none.png", "there is no such file"),
        ("../other.png,a", "../other.png", "it leads out of the folder with the list"),
        ("/etc/passwd,a", "/etc/passwd", "it leads out of the folder with the list"),
        (",a", "", "it names no file"),
        ("img,a", "img", "a folder"),
        (".,a", ".", "it leads out of the folder with the list"),
        ("img/0.png\0,a", "img/0.png\0", "it leads out of the folder with the list"),
        (f"img/{'x' * 300},a", f"img/{'x' * 300}", "cannot be followed (File name too long)"),
        ("labels.csv,", "labels.csv", "it has no label"),
        (f"labels.csv,{'y' * 300}", "labels.csv", "its label has 300 characters, more than 255"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_the_reason(flat, row, file, reason):
    assert refused(flat, row) == {file: ("refused", reason)}


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of Unix")
def test_pipes_and_links_that_leave_the_folder_are_refused_and_inner_links_are_not(flat):
    os.mkfifo(flat / "pipe.png")
    (flat / "out.png").symlink_to("/etc/hostname")
    (flat / "loop.png").symlink_to("loop.png")
    (flat / "away").symlink_to(flat.parent)
    (flat / "in.png").symlink_to("img/0.png")

    found = refused(flat, "pipe.png,a", "out.png,a")
    assert found == {
        "pipe.png": ("refused", "not a regular file"),
        "out.png": ("refused", "a link that leads out of the folder"),
    }
    [(verdict, reason)] = refused(flat, "loop.png,a").values()
    assert verdict == "refused"
    assert reason.startswith("cannot be followed")
    assert refused(flat, "away/x.png,a", "in.png,a") == {
        "away/x.png": ("refused", "a link that leads out of the folder")
    }


def test_rows_that_contradict_each_other_are_refused_and_repeated_ones_are_not(flat):
    listed = listing(write(flat, "path,label", *rows(), "img/0.png,b", "./img/1.png,b"))

    [problem] = listed.problems
    assert (problem.file, problem.verdict) == ("img/0.png", "refused")
    assert problem.reason == "line 2 and line 42 give it different labels"
    assert len(listed.entries) == 39
    assert listed.notes == ("Rows of labels.csv that repeat others: 1.",)


def test_more_than_a_twentieth_of_unusable_rows_is_an_error_and_fewer_are_not(flat):
    gone = [f"gone/{number}.png,a" for number in range(3)]
    with pytest.raises(DataError, match=r"3 of 43 rows cannot be used, .* line 42, gone/0.png: th"):
        listing(write(flat, "path,label", *rows(), *gone))
    assert len(listing(write(flat, "path,label", *rows(), *gone[:2])).entries) == 40


def test_a_class_whose_rows_are_all_refused_does_not_vanish(flat):
    with pytest.raises(DataError, match=r"no row of c can be used. line 42, gone.png: there is no"):
        listing(write(flat, "path,label", *rows(), "gone.png,c"))


def test_classes_of_nearly_one_name_are_pointed_out(flat):
    listed = listing(write(flat, "path,label", "img/0.png,Cat", "img/1.png,cat", "img/2.png,dog"))
    [note] = listed.notes
    assert note.startswith("'Cat', 'cat' are separate classes")


def test_a_model_knows_the_classes_of_a_table_or_they_are_refused(flat):
    path = write(flat, "path,label", "img/0.png,b")

    assert arranged(listing(path, ["a", "b"])) == [("img/0.png", "b", "")]
    assert listing(path, ["a", "b"]).class_names == ("a", "b")
    with pytest.raises(
        DataError, match=r"contains b, which the model does not know. Its classes are"
    ):
        listing(path, ["a", "c"])


def test_parts_of_a_table_are_kept(flat):
    part = ["train", "Val", "VALIDATION", "test", "train"]
    path = write(flat, "path,label,split", *rows(more=lambda n: f",{part[n // 2 % 5]}"))
    splits = data.load(path, image_size=4)

    sides = {splits.files[i]: part for part, numbers in splits.parts.items() for i in numbers}
    assert all(
        sides[f"img/{n}.png"]
        == {"Val": "validation", "VALIDATION": "validation"}.get(part[n // 2 % 5], part[n // 2 % 5])
        for n in range(40)
    )
    assert "Parts set by labels.csv: train, validation, test." in splits.notes
    assert data.given_parts(path) == {"train", "validation", "test"}


def test_rows_without_a_part_are_drawn_and_the_others_keep_theirs(flat):
    path = write(flat, "path,label,split", *rows(more=lambda n: ",train" if n < 20 else ","))
    splits = data.load(path, image_size=4)

    drawn = {splits.files[i] for i in splits.parts["validation"]}
    assert len(drawn) == 8
    assert drawn <= {f"img/{n}.png" for n in range(20, 40)}
    assert "Rows without a part, assigned to the parts that need most: 20." in splits.notes


def test_an_empty_split_column_is_none(flat):
    empty = data.load(write(flat, "path,label,split", *rows(more=lambda n: ",")), image_size=4)
    none = data.load(write(flat, "path,label", *rows()), image_size=4)

    assert {part: list(some) for part, some in empty.parts.items()} == {
        part: list(some) for part, some in none.parts.items()
    }


def test_images_of_one_group_stay_in_one_part(flat):
    alone = data.load(write(flat, "path,label", *rows()), image_size=4)
    path = write(flat, "path,label,group", *rows(more=lambda n: f",patient {n // 4}"))
    splits = data.load(path, image_size=4)

    def torn(divided):
        number = {file: int(Path(file).stem) // 4 for file in divided.files}
        sides = [{number[divided.files[i]] for i in some} for some in divided.parts.values()]
        return set.intersection(*sides)

    assert torn(alone)
    assert not torn(splits)


def patients(number):
    return f",{number % 3},patient {number // 4}"


@pytest.mark.parametrize("name", ["patient", " Patient "])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_is_named_gives_the_groups(flat, name, kind):
    path = write(flat, "path,label,group,Patient", *rows(more=patients))
    if kind == "parquet":
        table = pytest.importorskip("pandas").read_csv(path)
        path = path.with_suffix(".parquet")
        pytest.importorskip("pyarrow")
        table.to_parquet(path)
    splits = data.load(path, image_size=4, group=name)
    numbers = [int(Path(file).stem) // 4 for file in splits.files]
    assert len(set(splits.groups)) == 10
    assert len(set(zip(numbers, splits.groups, strict=True))) == 10
    for part, some in splits.parts.items():
        for other, more in splits.parts.items():
            if part != other:
                assert not {numbers[i] for i in some} & {numbers[i] for i in more}
    assert f"10 groups by the column Patient of {path.name}." in splits.notes
    by_group = data.load(path, image_size=4)
    assert len(set(by_group.groups)) == 3
    assert f"3 groups by the column group of {path.name}." in by_group.notes


def test_a_pattern_still_finds_groups_where_a_table_has_no_such_column(flat):
    path = write(flat, "path,label", *rows())
    splits = data.load(path, image_size=4, group="img/(.).*png")
    assert len(set(splits.groups)) == 10
    with pytest.raises(SettingError, match="group 'label' matches no file"):
        data.load(path, image_size=4, group="label")  # a patient is no class


def test_a_column_without_a_group_in_it_is_an_error(flat):
    path = write(flat, "path,label,patient", *rows(more=lambda n: ", "))
    with pytest.raises(DataError, match="the column patient is empty in every row"):
        data.load(path, image_size=4, group="patient")
    path = write(flat, "path,label,patient", *rows(more=lambda n: ",one" if n < 2 else ","))
    splits = data.load(path, image_size=4, group="patient")
    assert len(set(splits.groups)) == 39
    assert "1 groups by the column patient of labels.csv; 38 rows have no group." in (splits.notes)


def test_a_table_loads_the_pixels_and_labels_that_folders_do(flat):
    other = flat.parent / f"{flat.name}-folders"
    for number in range(40):
        target = other / "ab"[number % 2] / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((flat / "img" / f"{number}.png").read_bytes())
    table, folders = data.load(write(flat, "path,label", *rows()), 4), data.load(other, 4)

    def by_name(splits):
        pixels = splits.images.read(np.arange(len(splits.files)))
        return {
            Path(file).name: (splits.class_names[label], array.tobytes())
            for file, label, array in zip(splits.files, splits.labels, pixels, strict=True)
        }

    assert by_name(table) == by_name(folders)
    assert table.folder == Path(os.path.realpath(flat))


def test_the_list_of_a_run_is_a_table_where_the_images_are(flat):
    splits = data.load(write(flat, "path,label", *rows()), image_size=4)
    splits.table().to_csv(flat / "split.csv", index=False)
    again = data.load(flat / "split.csv", image_size=4)

    assert again.files == splits.files
    assert list(again.labels) == list(splits.labels)
    assert {part: list(some) for part, some in again.parts.items()} == {
        part: list(some) for part, some in splits.parts.items()
    }


def test_a_table_is_scored_and_surveyed_as_a_folder_is(flat):
    path = write(flat, "path,label", *rows(6))
    splits = data.load_test(path, ["b", "a"], (4, 4), "rgb", "stretch")

    assert [splits.class_names[label] for label in splits.labels] == list("ababab")
    assert data.survey(path).images == 6


def test_only_the_folders_with_images_are_those_that_are_not_written_to(flat):
    root = Path(os.path.realpath(flat))
    (flat / "more" / "deep").mkdir(parents=True)
    below = write(flat, "path,label", "img/0.png,a", "more/deep/1.png,b", "../out.png,b")
    beside = write(flat, "path,label", "img/0.png,a", "1.png,b", name="flat.csv")

    assert data.image_folders(below) == (root / "img", root / "more")
    assert data.image_folders(beside) == (root,)
    assert data.image_folders(flat) == (flat,)


def test_a_link_to_a_table_counts_from_where_the_link_lies(flat, tmp_path_factory):
    try:
        elsewhere = write(tmp_path_factory.mktemp("lists"), "path,label", *rows(4))
        (flat / "linked.csv").symlink_to(elsewhere)
    except OSError:
        pytest.skip("links cannot be made here")
    assert len(listing(flat / "linked.csv").entries) == 4
    with pytest.raises(DataError, match="cannot be used"):
        listing(elsewhere)


def test_any_other_file_is_no_data(flat):
    with pytest.raises(DataError, match=r"is a file; pass a folder: .*\.csv, \.tsv, \.parquet"):
        listing(write(flat, "path,label", *rows(), name="labels.txt"))


# Parquet


def parquet(folder, **columns):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as format_

    path = folder / "labels.parquet"
    format_.write_table(pyarrow.table(columns), path)
    return path


def test_a_parquet_file_is_read_like_the_same_csv(flat):
    path = parquet(
        flat,
        path=[f"img/{n}.png" for n in range(4)],
        label=[7, 10, 7, 10],
        split=["train", "train", None, "test"],
        width=[1.5] * 4,
    )
    text = [f"img/{n}.png,{[7, 10][n % 2]},{['train', 'train', '', 'test'][n]}" for n in range(4)]

    assert arranged(listing(path)) == arranged(listing(write(flat, "path,label,split", *text)))


def test_numbers_with_a_point_are_no_labels_and_the_row_is_named(flat):
    path = parquet(flat, path=["img/0.png", "img/1.png"], label=[1.0, 2.0])
    with pytest.raises(
        DataError, match=r"row 1: label must be text or a whole number; got type float"
    ):
        listing(path)


def test_what_is_no_parquet_is_an_error(flat):
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        listing(write(flat, "path,label", name="labels.parquet"))


def test_without_pyarrow_the_command_that_installs_it_is_named(flat, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="pip install pyarrow"):
        listing(write(flat, "x", name="labels.parquet"))


def test_a_value_may_be_long_but_not_endless(flat, monkeypatch):
    path = write(flat, "path,label", f"img/0.png,{'z' * 200_000}", "img/1.png,b")
    with pytest.raises(DataError, match="line 2, is not CSV: field larger than"):
        table_columns.read_columns(path, {"path": (), "label": ()}, ("path", "label"))
