"""What the audit finds in a folder, with a folder without faults as the control."""

import os
import shutil
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from audit_pictures import jpeg, photo
from PIL import Image, ImageFilter

from kit import auditing as audits
from kit import data
from kit.auditing import looks, measuring
from kit.auditing.image_measures import measure
from kit.errors import DataError, SettingError


def kinds(folder: Path, **settings: object) -> dict[str, set[str]]:
    """Return kind -> files."""
    found: dict[str, set[str]] = {}
    for one in audits.audit(folder, **settings).findings:
        found.setdefault(one.kind, set()).add(one.file)
    return found


def content(folder: Path) -> Iterator[tuple[str, int, str]]:
    for path in sorted(folder.rglob("*")):
        data_hash = blake2b(path.read_bytes()).hexdigest() if path.is_file() else ""
        yield str(path), path.stat().st_mtime_ns, data_hash


def darker(image: Image.Image) -> Image.Image:
    return image.point([value // 5 for value in range(256)] * 3)


def burnt(image: Image.Image) -> Image.Image:
    return image.point([min(255, value * 4) for value in range(256)] * 3)


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(2.5))


def seed_of(image: Image.Image) -> int:
    return int(np.asarray(image).sum())


def one_color(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(seed_of(image)).normal(120, 3, (*image.size, 3))
    return Image.fromarray(noise.astype(np.uint8))


def strip(image: Image.Image) -> Image.Image:
    return photo(seed_of(image), 200, 40)


def test_a_sound_folder_has_no_findings_and_is_not_touched(sound: Path) -> None:
    before = list(content(sound))

    found = audits.audit(sound)

    assert found.findings == ()
    assert found.impossible == ""
    assert [one.name for one in found.shortcuts if one.clear] == []
    assert list(content(sound)) == before


def test_images_unlike_the_others_are_named_by_what_they_are_and_no_others(sound: Path) -> None:
    changes = {
        "dark": darker,
        "bright": burnt,
        "blurry": blurred,
        "one-color": one_color,
        "odd-shape": strip,
    }
    expected = {}
    for number, (kind, change) in enumerate(changes.items()):
        expected[kind] = {f"cats/{number:02}.jpg", f"dogs/{number + 8:02}.jpg"}
        for name in expected[kind]:
            image = Image.open(sound / name).convert("RGB")
            (sound / name).write_bytes(jpeg(change(image)))

    assert kinds(sound) == expected


def test_a_small_lit_thing_on_black_and_a_deep_red_one_are_not_dark(tmp_path: Path) -> None:
    """Flowers: 4 of 4 that were called dark had such a part."""
    night, red = np.zeros((2, 40, 40, 3), np.uint8)
    night[10:16, 10:16] = 160
    red[:, :10, 0] = 210  # its luma is 63
    ends = []
    for pixels in (night, red, night // 2):
        Image.fromarray(pixels).save(tmp_path / "x.png")
        ends.append(measure(tmp_path / "x.png")[0].light_end)

    assert [end < looks.DARK for end in ends] == [False, False, True]


def test_dark_is_measured_against_the_data_set(sound: Path) -> None:
    """On black ground, as stars are photographed, dark is normal."""
    for path in sound.rglob("*.jpg"):
        path.write_bytes(jpeg(darker(Image.open(path).convert("RGB"))))

    assert kinds(sound) == {}


@pytest.fixture(scope="module")
def copied(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> audits.Audit:
    """The audit of a folder with copies and near copies, in one class and under two labels."""
    folder = Path(shutil.copytree(drawn, tmp_path_factory.mktemp("copied") / "data"))
    shutil.copyfile(folder / "cats/05.jpg", folder / "cats/z1.jpg")
    shutil.copyfile(folder / "cats/05.jpg", folder / "cats/z2.jpg")
    with Image.open(folder / "dogs/07.jpg") as image:
        image.save(folder / "dogs/a.png")  # equal pixels in other bytes
        image.save(folder / "dogs/b.bmp")
    with Image.open(folder / "cats/08.jpg") as image:
        (folder / "cats/aa.jpg").write_bytes(jpeg(image, 40))
        (folder / "cats/ab.jpg").write_bytes(jpeg(image.resize((48, 40)), 90))
    shutil.copyfile(folder / "cats/10.jpg", folder / "dogs/z.jpg")
    (folder / "dogs/y.jpg").write_bytes(jpeg(Image.open(folder / "cats/06.jpg"), 40))
    return audits.audit(folder)


def test_every_copy_is_found_and_nothing_else(copied: audits.Audit) -> None:
    assert copied.counts() == {"two-labels": 2, "copy": 4, "near-two-labels": 2, "near-copy": 2}


def test_copies_are_named_but_for_one(copied: audits.Audit) -> None:
    assert {(one.file, one.partner, one.detail) for one in copied.of("copy")} == {
        ("cats/z1.jpg", "cats/05.jpg", "equal bytes"),
        ("cats/z2.jpg", "cats/05.jpg", "equal bytes"),
        ("dogs/a.png", "dogs/07.jpg", "equal pixels"),
        ("dogs/b.bmp", "dogs/07.jpg", "equal pixels"),
    }


def test_of_near_copies_the_largest_stays_and_of_equal_ones_the_first_by_name(
    copied: audits.Audit,
) -> None:
    assert {(one.file, one.partner) for one in copied.of("near-copy")} == {
        ("cats/aa.jpg", "cats/08.jpg"),
        ("cats/ab.jpg", "cats/08.jpg"),
    }


def test_one_image_under_two_labels_is_named_under_both(copied: audits.Audit) -> None:
    assert [(one.file, one.partner) for one in copied.of("two-labels")] == [
        ("cats/10.jpg", "dogs/z.jpg"),
        ("dogs/z.jpg", "cats/10.jpg"),
    ]
    assert {one.file for one in copied.of("near-two-labels")} == {"cats/06.jpg", "dogs/y.jpg"}


def test_a_fix_list_holds_what_is_wrong_without_looking_or_the_kinds_asked_for(
    copied: audits.Audit,
) -> None:
    assert {one.kind for one in copied.to_fix()} == {"two-labels", "copy"}
    assert [one.file for one in copied.to_fix(["near-copy"])] == ["cats/aa.jpg", "cats/ab.jpg"]
    with pytest.raises(SettingError, match="one of broken"):
        copied.to_fix(["ugly"])


def test_an_image_in_two_parts_leaves_the_training_part(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    for number, path in enumerate(sorted(sound.rglob("*.jpg"))):
        part = ("train", "train", "val", "test")[number % 4]
        target = folder / part / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(folder / "test/cats/03.jpg", folder / "train/cats/a.jpg")
    shutil.copyfile(folder / "val/cats/02.jpg", folder / "train/cats/b.jpg")
    again = jpeg(Image.open(folder / "test/dogs/03.jpg"), 40)
    (folder / "train/dogs/c.jpg").write_bytes(again)

    found = audits.audit(folder)

    assert {(one.file, one.partner) for one in found.of("two-parts")} == {
        ("train/cats/a.jpg", "test/cats/03.jpg"),
        ("train/cats/b.jpg", "val/cats/02.jpg"),
    }
    assert [(one.file, one.partner) for one in found.of("near-two-parts")] == [
        ("train/dogs/c.jpg", "test/dogs/03.jpg")
    ]
    assert found.counts() == {"two-parts": 2, "near-two-parts": 1}


def test_broken_and_misnamed_files_are_named(sound: Path) -> None:
    whole = (sound / "cats/01.jpg").read_bytes()
    (sound / "cats/01.jpg").write_bytes(whole[: len(whole) // 2])
    (sound / "dogs/02.jpg").rename(sound / "dogs/02.png")
    (sound / "cats/notes.txt").write_text("no image, and nobody's loss")

    found = audits.audit(sound)

    assert [(one.file, one.kind) for one in found.findings] == [
        ("cats/01.jpg", "broken"),
        ("dogs/02.png", "wrong-extension"),
    ]
    assert found.of("wrong-extension")[0].detail == "JPEG inside .png"
    assert found.impossible == ""
    assert [one.file for one in found.to_fix()] == ["cats/01.jpg"]


def test_what_cannot_be_trained_on_is_what_the_training_refuses(sound: Path) -> None:
    for number in range(6):  # of 48: more than 5 %
        (sound / f"cats/{number:02}.jpg").write_bytes(b"\xff\xd8 cut off")

    found = audits.audit(sound)

    with pytest.raises(DataError) as refused:
        data.load(sound, image_size=16, cache=False)
    assert found.impossible == str(refused.value)
    assert "6 of 48 images cannot be decoded" in found.impossible
    assert found.counts() == {"broken": 6}


@pytest.mark.parametrize("left", [0, 1])
def test_a_class_with_fewer_than_two_images_is_impossible_and_still_audited(
    sound: Path, left: int
) -> None:
    for path in sorted((sound / "dogs").iterdir())[left:]:
        path.write_bytes(b"no image") if left == 0 else path.unlink()

    found = audits.audit(sound)

    with pytest.raises(DataError) as refused:
        data.load(sound, image_size=16, cache=False)
    assert found.impossible == str(refused.value)
    assert len(found.images) == 24 + left
    assert "Classes" in audits.report(found)


def test_a_folder_without_one_usable_image_is_reported_not_crashed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").write_bytes(b"nothing")

    found = audits.audit(tmp_path)

    assert found.impossible
    assert found.detail is None
    assert found.counts() == {"broken": 2}
    assert audits.report(found)
    assert audits.to_json(found)


def test_a_mistake_in_the_arrangement_is_the_trainings_sentence(sound: Path) -> None:
    with pytest.raises(DataError, match="class folders"):
        audits.audit(sound / "cats")


def test_unchanged_files_are_not_read_again(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = audits.audit(sound)
    read: list[Path] = []
    measure = measuring.measure
    monkeypatch.setattr(measuring, "measure", lambda path: read.append(path) or measure(path))

    again = audits.audit(sound)
    assert read == []
    assert again.images.equals(first.images)
    shutil.copyfile(sound / "cats/01.jpg", sound / "cats/zz.jpg")
    os.utime(sound / "cats/02.jpg", (0, 0))
    (sound / "cats/03.jpg").unlink()
    changed = audits.audit(sound)
    fresh = audits.audit(sound, cache=False)

    names = [path.name for path in read]
    assert names[:2] == ["02.jpg", "zz.jpg"]
    assert len(names) == 2 + 48  # and all without the cache
    assert changed.images.equals(fresh.images)
    assert changed.findings == fresh.findings
    assert changed.counts() == {"copy": 1}


def test_a_size_below_1_is_refused_before_anything_is_read() -> None:
    with pytest.raises(SettingError, match="at least 1"):
        audits.audit("nowhere", thing=0)
    with pytest.raises(SettingError, match="at least 1"):
        audits.audit("nowhere", image_size=(0, 10))


def test_groups_that_no_file_has_are_refused_before_anything_is_read(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("kit.auditing.audits.read")

    with pytest.raises(SettingError, match="matches no file"):
        audits.audit(sound, group="nothing-like-it")
