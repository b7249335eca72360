"""Images that belong together and must not lie on two sides: copies, near copies, one scene."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.decoding.thread_pool import in_order
from kit.data.division.group_rules import ruled, same
from kit.data.division.near_copies import SIDE, joined, near, thumbnail
from kit.data.scanning import records
from kit.data.scanning.scan import Scan

Pixels = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.int64]

# A larger group of nearly equal pictures is what the data look like (digits, a fixed camera), and
# no copies: bound together it could not be divided.
LARGE_SHARE, LARGE_COUNT = 0.02, 10
AT_ONCE = 256  # images in memory at once
MANY = 5_000  # images, from which comparing them takes seconds
RULES = 1  # raised when pairs are found in another way


@dataclass(frozen=True)
class Groups:
    """Which images belong together.

    Attributes:
        names: One for each image, equal where they belong together; the name of an image on its own
            is its content hash.
        near: Pairs of image numbers, ``(k, 2)``, that are nearly the same but not equal.
        notes: Sentences about what was found.
    """

    names: tuple[str, ...]
    near: Pairs
    notes: tuple[str, ...]


def group(scanned: Scan, rule: str | None, cache: bool) -> Groups:
    """Return which images must stay on one side.

    Files of equal bytes or equal pixels always do. Nearly equal pictures (see
    :func:`kit.data.division.near_copies.near`) do where they are few: a group of more than
    2 % of its class, and more than 10, is reported and not bound. So do files with one group name
    in a table, and files with one name after the rule.

    Args:
        scanned: The images.
        rule: As for :func:`kit.data.division.group_rules.ruled`.
        cache: Whether pairs may be kept in the user's cache folder.

    Raises:
        SettingError: No photo says when and by which camera it was taken, where that is the rule.
    """
    equal = np.concatenate([same(scanned.hashes), same([one.pixels for one in scanned.findings])])
    copies = joined(len(scanned.entries), equal)
    pairs = _near(scanned, cache)
    pairs = pairs[copies[pairs[:, 0]] != copies[pairs[:, 1]]]
    bound, notes = _few(scanned, equal, pairs)
    links = [equal, bound, same([entry.group for entry in scanned.entries])]
    if rule is not None:
        tied, note = ruled(scanned, rule)
        links.append(tied)
        notes.append(note)
    numbers = joined(len(scanned.entries), np.concatenate(links))
    return Groups(_named(numbers, scanned.hashes), pairs, tuple(notes))


def _near(scanned: Scan, cache: bool) -> Pairs:
    """Return pairs of nearly equal pictures, remembered for the same files and pixels."""
    count = len(scanned.entries)
    if count < 2:
        return np.empty((0, 2), np.int64)
    name = f"alike{RULES}-{scanned.fingerprint}-{scanned.rules}"
    stored = records.recall_value(name)
    if stored is not None:
        return np.array(stored, np.int64).reshape(-1, 2)
    if count > MANY:
        progress.say(f"Looking for near copies among {count} images ...")
    pairs, _ = near(_thumbnails(scanned))
    if cache and not scanned.images.lost:
        with contextlib.suppress(OSError):  # a full disk: they are found anew
            records.remember_value(name, pairs.tolist())
    return pairs


def _thumbnails(scanned: Scan) -> Pixels:
    """Return the thumbnail of each image: made while it was decoded, or from its row."""
    names = [entry.found.file for entry in scanned.entries]
    nothing = np.zeros((SIDE, SIDE), np.uint8)
    thumbs = np.array([scanned.thumbnails.get(name, nothing) for name in names])
    lacking = [image for image, name in enumerate(names) if name not in scanned.thumbnails]
    chunks = [np.array(lacking[i : i + AT_ONCE]) for i in range(0, len(lacking), AT_ONCE)]

    def from_rows(chunk: npt.NDArray[np.int64]) -> Pixels:
        pixels, present = scanned.images.read_present(chunk)
        thumbs = np.zeros((len(chunk), SIDE, SIDE), np.uint8)  # a lost one is near to none
        made = [thumbnail(one) for one in pixels]
        thumbs[np.isin(chunk, present)] = np.array(made, np.uint8).reshape(-1, SIDE, SIDE)
        return thumbs

    for chunk, found in zip(chunks, in_order(from_rows, chunks, ahead=2), strict=True):
        thumbs[chunk] = found
    return thumbs


def _few(scanned: Scan, equal: Pairs, pairs: Pairs) -> tuple[Pairs, list[str]]:
    """Return the pairs of groups that are small enough, and what to say of all of them."""
    alike = joined(len(scanned.entries), np.concatenate([equal, pairs]))
    crowds, sizes = crowded(alike, np.array(scanned.labels, np.int64))
    large = crowds[alike[pairs[:, 0]]]
    bound, crowd = pairs[~large], np.unique(alike[pairs[large, 0]])
    notes = []
    if len(bound):
        example = " and ".join(scanned.entries[image].found.file for image in bound[0])
        notes.append(
            f"{len(np.unique(bound))} images are near copies of another (for example {example}). "
            "Near copies stay in one part."
        )
    if len(crowd):
        notes.append(
            f"{sizes[crowd].sum()} images form crowds that look alike, the largest of "
            f"{sizes[crowd].max()}: too many to keep together. If they are frames of one scene, "
            "name the scene with `group`."
        )
    return bound, notes


def crowded(
    alike: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Tell of each group of near copies whether it is too large to be copies, and how large it is.

    Args:
        alike: The number of each image's group.
        labels: The images' classes; the smallest class in a group sets its limit.
    """
    most = np.full(len(labels), len(labels))
    limits = np.maximum(LARGE_COUNT, (LARGE_SHARE * np.bincount(labels)).astype(np.int64))
    np.minimum.at(most, alike, limits[labels])
    sizes = np.bincount(alike, minlength=len(labels))
    return sizes > most, sizes


def _named(numbers: npt.NDArray[np.int64], hashes: Sequence[str]) -> tuple[str, ...]:
    """Return the smallest content hash of each image's group: adding others seldom changes it."""
    least: dict[int, str] = {}
    for number, content in zip(numbers.tolist(), hashes, strict=True):
        least[number] = min(content, least.get(number, content))
    return tuple(least[number] for number in numbers.tolist())
