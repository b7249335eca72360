"""Pictures that are nearly the same: candidates by perceptual hash, confirmed on pixels."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
Found = tuple[Numbers, Floats]  # pairs and their correlations

SIDE = 32  # pixels: what the perceptual hash is made from, and enough to tell scenes apart
CONFIRMED = 0.98  # a correlation that copies keep, re-encoded, resized or a little brighter
FLAT = 2.0  # gray levels: with a smaller standard deviation rounding is half of what correlates
BAND = 8  # bits of the hash's 64: hashes that differ in fewer than 64 / 8 bits share a band
FARTHEST = 14  # bits of 64: copies of photos differed in 8 at most, unrelated ones differ in 32
WINDOW = 1000  # neighbours in hash order that a picture is compared with in each band
MOST_TESTED = 200  # candidates for a picture that are looked at on pixels
MOST_PARTNERS = 20  # pairs that a picture is in before others are asked
AT_ONCE = 2048  # pairs correlated at a time: 2 x 8 MB


def thumbnail(pixels: Pixels) -> Pixels:
    """Return a gray picture of 32x32 pixels, the whole one stretched, with anti-aliasing.

    Args:
        pixels: uint8 of shape ``(height, width, 3)`` or ``(height, width, 1)``.
    """
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    return np.array(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def near(thumbs: Pixels) -> Found:
    """Return the pairs of pictures that are nearly the same.

    Candidates have perceptual hashes (C. Zauner, "Implementation and Benchmarking of Perceptual
    Image Hash Functions", 2010) that agree in at least one of eight bands and differ in at most 14
    of 64 bits. They are near where the thumbnails' Pearson correlation is 0.98 or more. Pictures of
    nearly one gray have nothing to correlate and are near to none.

    The work grows as the number of pictures, not as its square: where very many hashes share a
    band, each is compared with the 1000 that follow it in the order of hashes, and a pair whose two
    pictures have both been looked at 200 times is left out. So not every pair of a large crowd is
    there; that it is a crowd still shows, since neighbours are compared first.

    Args:
        thumbs: uint8 of shape ``(n, 32, 32)``, see :func:`thumbnail`.

    Returns:
        ``(k, 2)`` picture numbers, the smaller one first, sorted, each pair once, and the ``k``
        correlations. Pictures with equal thumbnails are each paired with the first of them.
    """
    vivid = np.flatnonzero(_spread(thumbs)[1] >= FLAT * SIDE)
    first, same = _equal(thumbs, vivid)
    pairs, correlations = _confirmed(thumbs[first])
    found = np.concatenate([same, first[pairs]])
    found.sort(axis=1)
    order = np.lexsort((found[:, 1], found[:, 0]))
    return found[order], np.concatenate([np.ones(len(same)), correlations])[order]


def joined(count: int, pairs: Numbers) -> Numbers:
    """Return a group number for each of ``count`` pictures: paired ones share it, in chains too."""
    from scipy import sparse

    ones = np.ones(len(pairs), np.int8)
    graph = sparse.coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    groups: Numbers = sparse.csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return groups


def _equal(thumbs: Pixels, among: Numbers) -> tuple[Numbers, Numbers]:
    """Return the first of each kind of thumbnail, and pairs of it with every other of its kind."""
    firsts: dict[bytes, int] = {}
    pairs = []
    for number in among.tolist():
        first = firsts.setdefault(thumbs[number].tobytes(), number)
        if first != number:
            pairs.append((first, number))
    found = np.fromiter(firsts.values(), np.int64, len(firsts))
    return found, np.array(pairs, np.int64).reshape(-1, 2)


def _confirmed(thumbs: Pixels) -> Found:
    """Return what :func:`near` does for thumbnails that differ and are not of one gray."""
    means, lengths = _spread(thumbs)
    tested, partners = np.zeros((2, len(thumbs)), np.int64)
    kept: list[Found] = [(np.empty((0, 2), np.int64), np.empty(0))]
    for candidates in _candidates(_hashes(thumbs)):
        settled = (tested >= MOST_TESTED) | (partners >= MOST_PARTNERS)
        pairs = candidates[~settled[candidates].all(axis=1)]
        correlations = _correlations(thumbs, means, lengths, pairs)
        high = correlations >= CONFIRMED
        np.add.at(tested, pairs, 1)
        np.add.at(partners, pairs[high], 1)
        kept.append((pairs[high], correlations[high]))
    found = np.sort(np.concatenate([pairs for pairs, _ in kept]), axis=1)
    once, index = np.unique(found, axis=0, return_index=True)
    return once, np.concatenate([correlations for _, correlations in kept])[index]


def _spread(thumbs: Pixels) -> tuple[Floats, Floats]:
    """Return the mean of each thumbnail, and the length of what differs from it."""
    flat = thumbs.reshape(len(thumbs), SIDE * SIDE)
    parts = [flat[start : start + AT_ONCE] for start in range(0, len(flat), AT_ONCE)]
    means = [part.mean(axis=1) for part in parts]
    lengths = [part.std(axis=1) * SIDE for part in parts]
    return np.concatenate([*means, []]), np.concatenate([*lengths, []])


def _correlations(thumbs: Pixels, means: Floats, lengths: Floats, pairs: Numbers) -> Floats:
    """Return Pearson's correlation of the two thumbnails of each pair."""
    flat = thumbs.reshape(len(thumbs), SIDE * SIDE)

    def centred(numbers: Numbers) -> npt.NDArray[np.float32]:
        return flat[numbers].astype(np.float32) - means[numbers, np.newaxis].astype(np.float32)

    products = [
        np.einsum("ij,ij->i", centred(some[:, 0]), centred(some[:, 1]), dtype=np.float64)
        for some in np.array_split(pairs, range(AT_ONCE, len(pairs), AT_ONCE))
    ]
    together: Floats = np.concatenate(products) / lengths[pairs].prod(axis=1)
    return together


def _hashes(thumbs: Pixels) -> Hashes:
    import imagehash

    bits = [imagehash.phash(Image.fromarray(thumb)).hash.ravel() for thumb in thumbs]
    whole = np.packbits(np.array(bits, np.bool_).reshape(-1, 64), axis=1)
    return whole.view(">u8").ravel().astype(np.uint64)


def _candidates(hashes: Hashes) -> Iterator[Numbers]:
    """Yield pairs of numbers whose hashes share a band, the nearest in hash order first."""
    crowded: list[npt.NDArray[np.bool_]] = []
    for band in range(64 // BAND):
        turned = (hashes << np.uint64(BAND * band)) | (hashes >> np.uint64((64 - BAND * band) % 64))
        order = np.argsort(turned, kind="stable")
        ordered, keys = turned[order], turned[order] >> np.uint64(64 - BAND)
        crowded.append(_crowded(order, keys))
        for step in range(1, min(WINDOW, len(hashes) - 1) + 1):
            together = keys[step:] == keys[:-step]
            if not together.any():
                break
            apart = np.bitwise_count(ordered[step:] ^ ordered[:-step])
            here = np.flatnonzero(together & (apart <= FARTHEST))
            if len(here):
                pairs = np.stack([order[here], order[here + step]], axis=1)
                yield pairs[~_met_before(hashes, pairs, crowded[:-1])]


def _crowded(order: Numbers, keys: Hashes) -> npt.NDArray[np.bool_]:
    """Return which pictures share their band with more than they are compared with."""
    _, index, counts = np.unique(keys, return_inverse=True, return_counts=True)
    crowded = np.empty(len(order), np.bool_)
    crowded[order] = counts[index] > WINDOW
    return crowded


def _met_before(
    hashes: Hashes, pairs: Numbers, crowded: list[npt.NDArray[np.bool_]]
) -> npt.NDArray[np.bool_]:
    """Return which pairs were compared in an earlier band for certain."""
    differing = hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]
    met = np.zeros(len(pairs), np.bool_)
    for band, full in enumerate(crowded):
        shared = (differing >> np.uint64(64 - BAND * (band + 1))) & np.uint64((1 << BAND) - 1) == 0
        met |= shared & ~full[pairs[:, 0]]
    return met
