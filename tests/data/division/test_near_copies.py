"""Nearly equal pictures, found by perceptual hash and confirmed on pixels."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from scipy.stats import pearsonr

from kit.data.division import near_copies
from kit.data.division.near_copies import joined, near, thumbnail

Pixels = npt.NDArray[np.uint8]


def blobs(count: int, seed: int = 0, cells: int = 8, side: int = 32) -> Pixels:
    """Return smooth random pictures, uint8 of shape ``(count, side, side)``."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, cells, cells), dtype=np.uint8)
    grown = [Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC) for one in coarse]
    return np.stack([np.array(one) for one in grown])


def pairs_of(thumbs: Pixels) -> list[list[int]]:
    found: list[list[int]] = near(thumbs)[0].tolist()
    return found


def all_pairs(thumbs: Pixels) -> list[list[int]]:
    """Return every pair with a correlation of 0.98, from NumPy's whole table of them."""
    flat = thumbs.reshape(len(thumbs), -1).astype(float)
    high = np.triu(np.corrcoef(flat) >= 0.98, 1)
    found: list[list[int]] = np.argwhere(high).tolist()
    return found


def reencoded(pixels: Pixels, quality: int, scale: float = 1.0) -> Pixels:
    image = Image.fromarray(pixels)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=quality)
    return np.array(Image.open(stored).convert("RGB"))


@pytest.mark.parametrize("shape", [(200, 300, 3), (200, 300, 1), (8, 8, 1), (32, 32, 3), (1, 1, 3)])
def test_a_thumbnail_is_gray_and_of_one_size(shape: tuple[int, ...]) -> None:
    thumb = thumbnail(np.full(shape, 77, np.uint8))

    assert (thumb == 77).all()
    assert thumb.shape == (32, 32)
    assert thumb.dtype == np.uint8


def test_a_thumbnail_averages_what_it_shrinks() -> None:
    stripes = np.zeros((320, 320, 1), np.uint8)
    stripes[:, ::2] = 255

    thumb = thumbnail(stripes)

    assert abs(thumb.astype(int) - 127).max() <= 4  # picking every tenth column gives 0 or 255


def test_copies_reencoded_shrunk_or_brighter_are_found_and_others_are_not() -> None:
    originals = [np.stack([one, one[::-1], one.T], axis=-1) for one in blobs(40, side=256)]
    changed = [reencoded(one, 40, 0.5) for one in originals[:20]]
    changed += [(one * 0.8 + 20).astype(np.uint8) for one in originals[20:]]

    pairs, correlations = near(np.stack([thumbnail(one) for one in [*originals, *changed]]))

    assert pairs.tolist() == [[one, one + 40] for one in range(40)]
    assert correlations.min() >= 0.98


def test_the_correlation_is_pearsons() -> None:
    first, second = blobs(1), blobs(1)
    second[0, :6, :6] = 128
    expected = pearsonr(first.ravel().astype(float), second.ravel().astype(float))[0]

    pairs, correlations = near(np.concatenate([first, second]))

    assert pairs.tolist() == [[0, 1]]
    assert correlations[0] == pytest.approx(expected, abs=1e-5)


def test_a_pair_is_confirmed_at_098_and_not_below() -> None:
    one, noise = blobs(1)[0].astype(float), np.random.default_rng(1).normal(size=(32, 32))
    one = one * 0.6 + 50

    def with_noise(level: float) -> Pixels:
        other = np.rint(one + level * noise).astype(np.uint8)
        return np.stack([np.rint(one).astype(np.uint8), other])

    below, above = with_noise(12), with_noise(2)

    assert all_pairs(below) == pairs_of(below) == []
    assert all_pairs(above) == pairs_of(above) == [[0, 1]]


def test_pictures_of_nearly_one_gray_are_near_to_none() -> None:
    flat = np.full((6, 32, 32), 200, np.uint8)
    flat[:, :16] += 2  # the same faint edge in all: a correlation of 1
    vivid = flat.copy()
    vivid[:, :16] = 100

    assert pairs_of(flat) == []
    assert len(pairs_of(vivid)) == 5


def test_equal_thumbnails_are_each_paired_with_the_first() -> None:
    thumbs = blobs(3)[[0, 1, 0, 2, 0, 1]]

    assert pairs_of(thumbs) == [[0, 2], [0, 4], [1, 5]]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_have_no_pairs(count: int) -> None:
    pairs, correlations = near(blobs(count) if count else np.empty((0, 32, 32), np.uint8))

    assert pairs.shape == (0, 2)
    assert pairs.dtype == np.int64
    assert correlations.shape == (0,)
    assert joined(count, pairs).tolist() == list(range(count))


def test_nothing_is_claimed_that_the_whole_table_does_not_confirm_on_handwritten_digits() -> None:
    from sklearn.datasets import load_digits

    digits = np.rint(load_digits().images * (255 / 16)).astype(np.uint8)
    thumbs = np.stack([thumbnail(one[..., np.newaxis]) for one in digits])
    expected = all_pairs(thumbs)

    found = pairs_of(thumbs)

    assert found
    assert all(pair in expected for pair in found)


def test_a_crowd_is_one_group_with_bounded_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_copies, "WINDOW", 30)
    monkeypatch.setattr(near_copies, "MOST_TESTED", 20)
    monkeypatch.setattr(near_copies, "MOST_PARTNERS", 5)
    noise = np.random.default_rng(0).integers(0, 3, (2000, 32, 32), dtype=np.uint8)
    crowd = np.concatenate([blobs(1) // 2 + noise, blobs(500, seed=1)])
    asked = []
    correlate = near_copies._correlations

    def counted(*arguments: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        asked.append(len(arguments[-1]))
        return correlate(*arguments)

    monkeypatch.setattr(near_copies, "_correlations", counted)
    pairs, _ = near(crowd)
    groups = joined(len(crowd), pairs)

    assert len(np.unique(groups[:2000])) == 1
    assert len(np.unique(groups[2000:])) == 500
    assert sum(asked) < 2500 * 20  # all pairs of the crowd would be two million
    assert len(pairs) < 2500 * 10


def test_no_pair_is_missed_or_asked_twice_where_bands_are_not_crowded() -> None:
    thumbs = blobs(60)
    thumbs = np.concatenate([thumbs, thumbs // 2, thumbs // 2 + 60])
    asked: list[tuple[int, int]] = []
    for pairs in near_copies._candidates(near_copies._hashes(thumbs)):
        asked += [(min(pair), max(pair)) for pair in pairs.tolist()]

    assert len(asked) == len(set(asked))
    assert set(map(tuple, pairs_of(thumbs))) == {
        (a, b) for a in range(180) for b in range(a + 1, 180) if a % 60 == b % 60
    }


def test_joined_pictures_share_a_group_in_chains_too() -> None:
    groups = joined(7, np.array([[0, 3], [3, 5], [1, 2]]))

    assert groups.dtype == np.int64
    assert groups[0] == groups[3] == groups[5]
    assert groups[1] == groups[2]
    assert len(set(groups.tolist())) == 4
