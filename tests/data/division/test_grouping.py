import io
import shutil
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from kit import data
from kit.data import loading_notes
from kit.data.division import grouping, near_copies
from kit.errors import SettingError


def scene(seed, size=(48, 64)):
    """A picture with large shapes: it stays itself when it is resized or encoded again."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize(size[::-1], Image.Resampling.BICUBIC)


@pytest.fixture
def photos(tmp_path):
    for label, name in enumerate(("cats", "dogs")):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(20):
            scene(100 * label + number).save(folder / f"{number:02}.png")
    return tmp_path / "photos"


def load(folder, **settings):
    return data.load(folder, image_size=32, **settings)


def together(splits, *files):
    """Whether these files, and no others, are one group."""
    names = {splits.groups[splits.files.index(file)] for file in files}
    return len(names) == 1 and splits.groups.count(names.pop()) == len(files)


def part_of(splits, file):
    return next(p for p, numbers in splits.parts.items() if splits.files.index(file) in numbers)


def test_files_of_equal_bytes_or_equal_pixels_are_one_group(photos):
    shutil.copy(photos / "cats/00.png", photos / "cats/copy.png")
    Image.open(photos / "cats/00.png").save(photos / "cats/again.bmp")
    splits = load(photos)
    assert together(splits, "cats/00.png", "cats/copy.png", "cats/again.bmp")
    assert len(set(splits.groups)) == 40
    assert any("1 files are exact copies" in note for note in splits.notes)
    assert any("1 files look exactly like another" in note for note in splits.notes)


@pytest.mark.parametrize("seed", range(2))
def test_a_copy_encoded_again_stays_on_the_side_of_its_original(photos, seed):
    for number in range(10):
        image = Image.open(photos / f"cats/{number:02}.png")
        image.resize((40, 30)).save(photos / f"cats/small{number:02}.jpg", quality=60)
    splits = load(photos, seed=seed)
    for number in range(10):
        pair = f"cats/{number:02}.png", f"cats/small{number:02}.jpg"
        assert together(splits, *pair)
        assert part_of(splits, pair[0]) == part_of(splits, pair[1])
    assert any("20 images are near copies of" in note for note in splits.notes)


def test_a_crowd_that_looks_alike_is_reported_and_divided(photos):
    image = np.asarray(scene(0))
    random = np.random.default_rng(1)
    for number in range(30):
        noise = random.integers(-6, 7, image.shape)
        pixels = np.clip(image + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(photos / f"dogs/frame{number:02}.png")
    splits = load(photos)
    frames = [file for file in splits.files if "frame" in file]
    assert len({splits.groups[splits.files.index(file)] for file in frames}) == 30
    assert {part_of(splits, file) for file in frames} == {"train", "validation"}
    assert any("31 images form crowds that look alike" in note for note in splits.notes)


def test_pairs_are_found_once_and_remembered_for_the_same_pixels(photos, monkeypatch):
    calls = []

    def counted(thumbs):
        calls.append(len(thumbs))
        return near_copies.near(thumbs)

    monkeypatch.setattr(grouping, "near", counted)
    first = load(photos)
    again = load(photos)
    assert calls == [40]
    assert again.groups == first.groups
    load(photos, aspect="crop")
    scene(77).save(photos / "cats/new.png")
    load(photos)
    assert calls == [40, 40, 41]


def test_related_images_are_said_beside_equal_ones():
    parts = ["train", "validation"] * 3
    hashes, groups = ["a", "a", "b", "b", "c", "d"], ["A", "A", "A", "A", "C", "C"]
    notes = loading_notes.across(parts, hashes, groups)
    assert [note.split(" ")[0] for note in notes] == ["2", "1"]
    assert "related images" in notes[1]


def test_a_pattern_on_the_path_names_groups(photos):
    for path in photos.glob("*/*.png"):
        path.rename(path.with_name(f"patient{int(path.stem) // 4}_{path.name}"))
    shutil.move(photos / "cats/patient0_00.png", photos / "cats/somebody.png")
    splits = load(photos, group=r"/(patient\d+)_")
    assert len(set(splits.groups)) == 6  # patients 0 to 4 have cats and dogs
    for part, numbers in splits.parts.items():
        for other, more in splits.parts.items():
            if part != other:
                assert not {splits.groups[i] for i in numbers} & {splits.groups[i] for i in more}
    assert any("1 files do not match" in note for note in splits.notes)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("(", "regular expression"),
        ("nobody", "matches no file"),
        ("exif", "a time and a camera, .* none of the 40 photos"),
    ],
)
def test_a_rule_that_names_no_group_is_refused(photos, group, said, capsys):
    with pytest.raises(SettingError, match=said):
        load(photos, group=group)
    assert ("Reading images" in capsys.readouterr().err) == (group == "exif"), "before long work"


def photo(seed, camera, taken):
    image, buffer = scene(seed), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = camera
    exif.get_ifd(0x8769)[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_photos_by_one_camera_within_a_minute_are_one_group(photos):
    start = datetime(2020, 2, 28, 23, 59, 0)
    for number, (model, seconds) in enumerate(
        [("One", 0), ("One", 60), ("One", 100), ("One", 161), ("Two", 30)]
    ):
        taken = start + timedelta(seconds=seconds)
        (photos / f"dogs/shot{number}.jpg").write_bytes(photo(500 + number, ("A", model), taken))
    splits = load(photos, group="exif")
    assert together(splits, *(f"dogs/shot{number}.jpg" for number in range(3)))
    assert together(splits, "dogs/shot3.jpg")
    assert together(splits, "dogs/shot4.jpg")
    assert any("5 of 45 photos record their time" in note for note in splits.notes)


def test_photos_without_the_name_of_a_camera_are_not_by_one(photos):
    start = datetime(2020, 2, 28, 23, 59, 0)
    for number, camera in enumerate([("", ""), ("", ""), ("A", "One")]):
        (photos / f"dogs/shot{number}.jpg").write_bytes(photo(500 + number, camera, start))
    splits = load(photos, group="exif")
    assert together(splits, "dogs/shot0.jpg")
    assert together(splits, "dogs/shot1.jpg")
    assert any("2 more record a time but no camera, and have no group" in n for n in splits.notes)


def test_a_new_file_like_old_ones_on_both_sides_trains_and_is_reported(photos, tmp_path):
    first = load(photos)
    # one and two become near to the new file by becoming copies of it, under their old names
    held_out = first.files[first.parts["validation"][0]]
    trained = next(file for i in first.parts["train"] if (file := first.files[i])[:3] == "cat")
    first.table().to_csv(tmp_path / "split.csv", index=False)
    for file in (held_out, trained, "cats/new.png"):
        scene(900).save(photos / file)
    splits = load(photos, split=tmp_path / "split.csv")
    assert part_of(splits, held_out) == "validation"
    assert part_of(splits, trained) == "train"
    assert part_of(splits, "cats/new.png") == "train"
    assert any("1 new files belong to groups with old files on both" in n for n in splits.notes)
    assert set(splits.changed) == {held_out, trained}
    assert any("2 files have changed since they were last read" in note for note in splits.notes)
    assert any("its score will be too good" in note for note in splits.notes)


def test_the_split_file_names_the_groups_of_more_than_one(photos):
    shutil.copy(photos / "cats/00.png", photos / "cats/copy.png")
    table = load(photos).table().set_index("file")["group"]
    assert table["cats/00.png"] == table["cats/copy.png"] != ""
    assert (table != "").sum() == 2
