"""Labels, paths and predictions are joined by the images' numbers, whatever was shuffled."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from kit import data, evaluation

COUNT = 60
SHUFFLES = 6


class ReadsTheName:
    """A model that answers with the number that is written into the picture, as its file's name."""

    def predict(self, dataset, verbose):
        return np.concatenate([images.numpy()[:, 0, 0, :1] for images, _ in dataset])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photo ``n`` has the gray ``n`` in its corner; class and name follow different orders."""
    folder = tmp_path_factory.mktemp("numbers")
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        pixels = rng.integers(0, 256, (4, 4, 3), np.uint8)
        pixels[0, 0] = number
        file = (
            folder
            / ("cats", "dogs", "eels")[number * 7 % 3]
            / f"{number * 37 % COUNT:02}-{number}.png"
        )
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(file)
    return folder


def number_of(file):
    return int(file.rpartition("-")[2].removesuffix(".png"))


def aligned(splits, part):
    """Return the share of answers that stand beside their own file, class and label."""
    answers = evaluation.probabilities(ReadsTheName(), data.ordered_batches(splits, part))[:, 1]
    numbers = splits.present(part)
    table = evaluation.predictions(
        [splits.files[number] for number in numbers],
        splits.labels[numbers],
        np.column_stack([answers, -answers, -answers]),
        splits.class_names,
        are_probabilities=False,
    )
    right = [
        number_of(file) == score and file.startswith(f"{true}/")
        for file, true, score in zip(table["file"], table["true"], table["score"], strict=True)
    ]
    return np.mean(right)


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "decoded"])
def test_answers_stand_beside_their_files_in_every_split(folder, cached):
    shares = {"validation_split": 0.3, "test_split": 0.2}
    splits = data.load(folder, 4, 7, augmentation="none", cache=cached, **shares)
    seen = np.concatenate([x.numpy()[:, 0, 0, 0] for x, _ in splits.train])  # as in a training
    names = {number_of(splits.files[number]) for number in splits.parts["train"]}
    assert set(seen.astype(int)) == names
    assert aligned(splits, "validation") == aligned(splits, "test") == 1


def test_answers_stand_beside_their_files_however_they_are_shuffled(folder):
    loaded = data.load(folder, 4, augmentation="none")
    rng = np.random.default_rng(1)
    shares = []
    for turn in range(SHUFFLES):
        shuffled = rng.permutation(COUNT)[: rng.integers(5, COUNT)]
        parts = {**loaded.parts, "validation": shuffled}
        splits = dataclasses.replace(loaded, parts=parts, batch_size=1 + 5 * turn)
        shares.append(aligned(splits, "validation"))
    assert shares == [1] * SHUFFLES


def test_a_shuffled_pass_would_be_noticed(folder):
    splits = data.load(folder, 4, augmentation="none")
    answers = evaluation.probabilities(ReadsTheName(), splits.validation)[:, 1]
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(splits.parts["validation"])
        assert np.mean([number_of(splits.files[n]) for n in shuffled] == answers) < 0.5
