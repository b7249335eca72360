"""Files that break or vanish after the scan, where decoded images are not kept."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from kit import baselines, data, evaluation
from kit.data import CachedImages, DecodedImages, Joined, samples, unlabelled
from kit.data.features import features
from kit.data.scanning import images
from kit.errors import DataError

COUNT = 40  # images: two of them may be lost


@pytest.fixture(scope="module")
def photos_of_numbers(tmp_path_factory):
    """Image ``n`` is of the gray ``n``, with noise that no other has."""
    folder = tmp_path_factory.mktemp("numbers")
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        pixels = rng.integers(0, 256, (6, 6, 3), np.uint8)
        pixels[0, 0] = number
        name = folder / ("even", "odd")[number % 2] / f"{number:03}.png"
        name.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(name)
    return folder


@pytest.fixture
def splits(photos_of_numbers, tmp_path, monkeypatch):
    monkeypatch.setattr(images, "LOST_SHARE", 0.05)
    shutil.copytree(photos_of_numbers, tmp_path / "photos")
    return data.load(tmp_path / "photos", 6, 16, augmentation="none", cache=False)


class ReadsTheNumber:
    """Answers with the number that is written into the image's first pixel."""

    def predict(self, dataset, verbose):
        return np.concatenate([images.numpy()[:, 0, 0, :1] for images, _ in dataset])


def lose(splits, numbers):
    for turn, number in enumerate(numbers):
        file = splits.folder / splits.files[number]
        if turn % 2:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:90])


def named(splits, numbers):
    return [int(splits.files[number][-7:-4]) for number in numbers]


def said(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if "readable before" in line]


def test_a_lost_file_costs_itself_and_not_its_batch(splits, capsys):
    victims = splits.parts["validation"][[3, 5]]
    lose(splits, victims)
    for _ in range(3):
        batches = list(data.ordered_batches(splits, "validation", "int"))
        seen, labels = (np.concatenate([one[k].numpy() for one in batches]) for k in range(2))
        there = splits.present("validation")
        assert len(seen) == len(there) == len(splits.parts["validation"]) - 2
        assert seen[:, 0, 0, 0].astype(int).tolist() == named(splits, there)
        np.testing.assert_array_equal(labels, splits.labels[there])
    lines = said(capsys)
    assert len(lines) == 2
    assert all(splits.files[one] in line for one, line in zip(victims, lines, strict=True))
    assert "left out from here on" in lines[0]


def test_training_batches_leave_it_out_and_are_otherwise_the_same(splits):
    whole = list(data.training_batches(splits, "int").take(2 * data.steps(splits)))
    victim = splits.parts["train"][5]
    lose(splits, [victim])
    number = named(splits, [victim])[0]
    less = list(data.training_batches(splits, "int").take(2 * data.steps(splits)))
    missing = 0
    for (before, old), (after, new) in zip(whole, less, strict=True):
        kept = before.numpy()[:, 0, 0, 0] != number
        missing += int((~kept).sum())
        np.testing.assert_array_equal(before.numpy()[kept], after.numpy())
        np.testing.assert_array_equal(old.numpy()[kept], new.numpy())
    assert missing == 2


def test_one_file_too_many_stops_with_all_the_names(splits):
    victims = splits.parts["train"][:3]
    lose(splits, victims)
    stops = pytest.raises(DataError, match="3 images were readable before")
    with stops as caught, data.named_failures(splits.images):
        list(data.training_batches(splits).take(data.steps(splits)))
    assert all(splits.files[one] in str(caught.value) for one in victims)
    assert "2 of 40 may be missing" in str(caught.value)


@pytest.mark.parametrize(
    ("count", "most"), [(1, 1), (99, 1), (199, 1), (200, 2), (2000, 20), (100_000, 20)]
)
def test_one_per_cent_may_be_lost_but_one_always_and_twenty_at_most(tmp_path, count, most):
    assert DecodedImages(tmp_path, ("x",) * count, (4, 4), "rgb", "stretch").most_lost == most


def test_a_whole_batch_is_not_left_out(splits):
    victim = splits.parts["validation"][0]
    lose(splits, [victim])
    alone = data.ordered_batches(splits, "validation", batch_size=1)
    with pytest.raises(DataError, match=splits.files[victim]), data.named_failures(splits.images):
        list(alone)


def test_what_is_lost_stays_out_also_when_it_comes_back(splits):
    victim = splits.parts["validation"][1]
    file = splits.folder / splits.files[victim]
    content = file.read_bytes()
    lose(splits, [victim])
    list(splits.validation)
    file.write_bytes(content)
    assert sum(len(x) for x, _ in splits.validation) == len(splits.present("validation"))
    assert victim not in splits.present("validation")
    with pytest.raises(DataError, match="readable before"):
        splits.images.read(np.array([victim]))


def test_predictions_stay_beside_their_files(splits):
    lose(splits, splits.parts["validation"][[0, 7]])
    answers = evaluation.probabilities(ReadsTheNumber(), splits.validation)[:, 1]
    there = splits.present("validation")
    assert answers.astype(int).tolist() == named(splits, there)
    shifted = splits.parts["validation"][: len(answers)]  # the positive control
    assert answers.astype(int).tolist() != named(splits, shifted)


def test_features_of_lost_images_are_in_no_part(splits):
    lose(splits, [splits.parts["train"][2], splits.parts["validation"][2]])

    def extract(pixels):
        return pixels[:, 0, 0].astype(np.float32)

    found = features.featured(splits, extract, "first pixel", (3,), half=False)
    for part in ("train", "validation"):
        assert len(found.parts[part]) == len(splits.parts[part]) - 1
        vectors = found.images.read(found.parts[part])
        assert vectors[:, 0].astype(int).tolist() == named(found, found.parts[part])
        np.testing.assert_array_equal(found.present(part), splits.present(part))
    again = dataclasses.replace(splits, images=whole_images(splits))
    other = features.featured(again, extract, "first pixel", (3,), half=False)
    assert other.images.read(other.parts["train"]).any(axis=1).sum() >= len(found.parts["train"])


def whole_images(splits):
    pixels = np.zeros((len(splits.files), 6, 6, 3), np.uint8)
    pixels[:, 0, 0] = np.array(named(splits, range(len(splits.files))))[:, None]
    return CachedImages(pixels)


def test_baselines_answer_for_what_is_there(splits):
    lose(splits, [splits.parts["train"][2], splits.parts["validation"][2]])
    fitted = baselines.fit(splits, "knn")
    answers = baselines.answer(fitted, splits, "validation")
    assert fitted.images == len(splits.parts["train"]) - 1
    np.testing.assert_array_equal(answers.numbers, splits.present("validation"))
    assert len(answers.probabilities) == len(answers.numbers)


def test_joined_images_keep_their_order_and_numbers(splits, photos_of_numbers, tmp_path):
    more = tmp_path / "more"
    shutil.copytree(photos_of_numbers, more)
    second = unlabelled(more, splits, cache=False)
    joined = Joined(splits.images, second)
    border = len(splits.images)
    chosen = np.array([border + 2, 1, border, 5, 0])
    whole = joined.read(chosen)
    lose(splits, [5])
    gone = sorted(more.rglob("*.png"))
    present, there = joined.read_present(chosen)
    assert there.tolist() == [border + 2, 1, border, 0]
    np.testing.assert_array_equal(present, whole[[0, 1, 2, 4]])
    for file in gone:
        file.unlink()
    with pytest.raises(DataError, match="readable before"):
        joined.read_present(np.arange(border, border + 9))
    assert 5 in joined.lost
    assert all(number == 5 or number >= border for number in joined.lost)


def test_sample_pictures_do_without_what_is_lost(splits):
    victim = splits.parts["train"][0]
    lose(splits, [victim])
    pixels, classes, files = samples.random_images(splits, count=1000)
    assert len(pixels) == len(classes) == len(files) == len(splits.parts["train"]) - 1
    assert splits.files[victim] not in files


def test_the_cache_loses_nothing(photos_of_numbers, tmp_path):
    shutil.copytree(photos_of_numbers, tmp_path / "photos")
    splits = data.load(tmp_path / "photos", 6, 16, augmentation="none")
    lose(splits, splits.parts["validation"])
    assert sum(len(x) for x, _ in splits.validation) == len(splits.parts["validation"])
    assert not splits.images.lost
