"""Many damaged files: each becomes pixels or a reason, and none reaches a training.

The corpus is drawn from a seed: 60 cut JPEGs, 60 JPEGs and 60 PNGs with flipped bits, 60 GIF, WebP
and BMP files with both.
"""

import io

import numpy as np
import pytest
from PIL import Image

from kit import data
from kit.data.decoding import decoder, opening
from kit.data.scanning import judging
from kit.errors import DataError

SIZE = (24, 24)
EACH = 60
FLIPPED = 40  # files of the manifest


def encoded(image, format, **settings):
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def photo(rng):
    """Smooth with some noise, as photos are: a file of about a thousand bytes."""
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
    pixels = np.asarray(coarse.resize((26, 22), Image.Resampling.BICUBIC)).astype(int)
    return Image.fromarray(np.clip(pixels + rng.integers(-9, 9, pixels.shape), 0, 255).astype("u1"))


def cut(content, rng):
    return content[: rng.integers(1, len(content))]


def flipped(content, rng, bits=8):
    damaged = bytearray(content)
    for place in rng.integers(0, len(content), rng.integers(1, bits + 1)):
        damaged[place] ^= 1 << rng.integers(8)
    return bytes(damaged)


def corpus():
    """Name -> content."""
    rng = np.random.default_rng(4)
    made = {}
    for number in range(EACH):
        image = photo(rng)
        jpeg = encoded(image, "JPEG", quality=90, progressive=number % 4 == 3)
        made[f"cut {number:03}.jpg"] = cut(jpeg, rng)
        made[f"flipped {number:03}.jpg"] = flipped(jpeg, rng)
        made[f"flipped {number:03}.png"] = flipped(encoded(image, "PNG"), rng)
        kind = ("GIF", "WEBP", "BMP")[number % 3]
        damage = (cut, flipped)[number % 2]
        made[f"damaged {number:03}.{kind.lower()}"] = damage(encoded(image, kind), rng)
    return made


@pytest.fixture(scope="module")
def mutants():
    return corpus()


@pytest.fixture(scope="module")
def fine(mutants):
    """Name -> whether it can be decoded."""
    return {name: decoded(content) for name, content in mutants.items()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "photos"


def decoded(content):
    """Return whether it can be decoded; anything but pixels or a reason is a failure."""
    try:
        pixels = decoder.decode(content, SIZE)
    except opening.BrokenImage as error:
        assert error.reason  # noqa: PT017
        return False
    assert pixels.shape == (*SIZE, 3)
    assert pixels.dtype == np.uint8
    return True


def test_every_mutant_gives_pixels_or_a_reason(fine):
    assert len(fine) == 4 * EACH
    counts = {
        kind: sum(
            not ok for name, ok in fine.items() if name.startswith(kind[0]) and kind[1] in name
        )
        for kind in (("cut", "jpg"), ("flipped", "jpg"), ("flipped", "png"), ("damaged", ""))
    }
    assert counts["cut", "jpg"] == EACH, "a cut JPEG is never taken for a whole one"
    assert counts["flipped", "png"] > 0.95 * EACH
    assert 0 < counts["flipped", "jpg"] < 0.75 * EACH, "the others only a hash can tell"


def test_the_scan_finds_all_that_cannot_be_decoded_and_the_rest_can_be_trained_on(
    mutants, fine, folder, monkeypatch
):
    # here most are, and that is wanted
    monkeypatch.setattr("kit.data.checking.MOST_BROKEN", 1.0)
    for number, (name, content) in enumerate(mutants.items()):
        file = folder / ("even", "odd")[number // 4 % 2] / name  # of each kind the half
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    splits = data.load(folder, SIZE, 64, augmentation="none", cache=False)

    left = {one.file.rpartition("/")[2]: one for one in splits.problems}
    unreadable = {name for name, whole in fine.items() if not whole}
    assert set(left) == unreadable
    assert {one.verdict for one in left.values()} <= {"broken", "refused"}
    assert len(splits.files) == len(mutants) - len(unreadable)
    seen = sum(len(x) for x, _ in splits.train) + sum(len(x) for x, _ in splits.validation)
    assert seen == len(splits.files)
    assert not splits.images.lost


def test_judging_the_same_files_again_gives_the_same(mutants, tmp_path):
    some = dict(list(mutants.items())[:40])
    for name, content in some.items():
        (tmp_path / name).write_bytes(content)
    files = [tmp_path / name for name in some]
    rows = judging.Rows(SIZE, "rgb", "stretch")
    first, second = ([one.finding for one in judging.examine(files, rows)] for _ in "ab")
    assert first == second


def test_every_flipped_byte_is_reported_against_the_manifest(folder):
    rng = np.random.default_rng(5)
    for number in range(FLIPPED):
        file = folder / ("even", "odd")[number % 2] / f"{number:03}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(photo(rng), "JPEG", quality=90))
    first = data.load(folder, SIZE, cache=False)
    manifest = folder.parent / "split.csv"
    first.table().to_csv(manifest, index=False)
    unchanged = data.load(folder, SIZE, split=manifest, cache=False)
    assert not unchanged.changed
    np.testing.assert_array_equal(unchanged.parts["train"], first.parts["train"])
    silent = 0
    for name in first.files:
        content = (folder / name).read_bytes()
        damaged = bytearray(content)
        damaged[rng.integers(20, len(content))] ^= 1 << rng.integers(8)
        silent += decoded(bytes(damaged))
        (folder / name).write_bytes(bytes(damaged))
    assert silent > FLIPPED / 2, "most flips cannot be seen by decoding"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.data.checking.MOST_BROKEN", 1.0)
        patch.setenv("KIT_CACHE", str(folder.parent / "another cache"))
        again = data.load(folder, SIZE, split=manifest, cache=False)

    reported = {*again.changed, *(one.file for one in again.problems)}
    assert reported == set(first.files)
    assert len(again.changed) >= silent
    assert any("have changed since they were last read" in note for note in again.notes)


def test_too_many_broken_files_stop_before_training(mutants, folder):
    for number, (name, content) in enumerate(list(mutants.items())[:40]):
        file = folder / ("even", "odd")[number % 2] / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with pytest.raises(DataError, match="cannot be decoded, more than 5 %"):
        data.load(folder, SIZE, cache=False)
