import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from stand_in import splits

from kit.data import samples
from kit.errors import SettingError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path))


def test_digits_are_those_of_scikit_learn():
    known = load_digits()
    found = sorted(samples.digits().glob("*/*.png"), key=lambda path: path.name)
    assert len(found) == 1797
    assert [int(path.parent.name) for path in found] == list(known.target)
    pixels = np.stack([np.asarray(Image.open(path)) for path in found])
    assert pixels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (0, 255)
    np.testing.assert_allclose(pixels, known.images * 255 / 16, atol=0.5)


@pytest.fixture
def few(monkeypatch):
    """Only the first twenty digits."""
    known = load_digits()
    some = SimpleNamespace(images=known.images[:20], target=known.target[:20])
    monkeypatch.setattr("sklearn.datasets.load_digits", lambda: some)
    monkeypatch.setattr(samples, "DIGITS", 20)


@pytest.mark.usefixtures("few")
def test_digits_are_made_once_and_completed_when_files_are_missing(tmp_path):
    folder = samples.digits()
    one, other = folder / "0" / "digit-0000.png", folder / "1" / "digit-0001.png"
    written = one.stat().st_mtime_ns
    assert samples.digits() == folder
    assert one.stat().st_mtime_ns == written
    other.unlink()
    samples.digits()
    assert other.exists()
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["digits"]


@pytest.mark.usefixtures("few")
def test_digits_of_a_faster_process_stay_in_place(tmp_path, monkeypatch):
    write, made = samples._write_digits, []

    def write_slowly(folder):
        write(folder)
        monkeypatch.setattr(samples, "_write_digits", write)
        made.append(samples.digits().stat().st_ino)  # meanwhile, the other process

    monkeypatch.setattr(samples, "_write_digits", write_slowly)
    assert samples.digits().stat().st_ino == made[0]
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["digits"]


def test_digits_that_cannot_be_finished_are_absent(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="No space"):
        samples.digits()
    assert list((tmp_path / "samples").iterdir()) == []


def test_random_images_come_with_their_own_class_and_file():
    data = splits(40)
    images, classes, files = samples.random_images(data, 16, seed=3)
    assert images.shape == (16, 12, 10, 3)
    assert len(set(files)) == 16
    for image, name, file in zip(images, classes, files, strict=True):
        index = int(re.fullmatch(r"(\d+)\.png", file)[1])
        assert index in data.parts["train"]
        np.testing.assert_array_equal(image, data.images.values[index])
        assert name == data.class_names[data.labels[index]]


def test_random_images_follow_the_seed_and_end_with_the_part():
    data = splits(40)
    assert samples.random_images(data, 5, 1)[2] == samples.random_images(data, 5, 1)[2]
    assert samples.random_images(data, 5, 1)[2] != samples.random_images(data, 5, 2)[2]
    assert len(samples.random_images(data, 99, part="validation")[2]) == 10
    with pytest.raises(SettingError, match="part must be one of"):
        samples.random_images(data, part="test")
