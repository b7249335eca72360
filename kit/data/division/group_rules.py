"""Groups by a rule that a person gives: a name in the path, or one camera within a minute."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from kit.data.scanning.scan import Scan
from kit.errors import SettingError

Pairs = npt.NDArray[np.int64]

EXIF = "exif"  # the rule that joins photos by camera and time
TOGETHER = timedelta(minutes=1)
TIME = "%Y:%m:%d %H:%M:%S"  # Exif 2.3, DateTimeOriginal


def check(rule: str, files: Sequence[str]) -> None:
    """Raise SettingError where this is no rule for groups, or a pattern that none of these has."""
    if rule == EXIF:
        return
    try:
        found = any(_keys(rule, files))
    except re.error as error:
        raise SettingError(
            "`group` must be a pattern (regular expression) that finds the group's name in a "
            f'file\'s path, "{EXIF}", or a column of a table; {rule!r} is not a pattern: {error}.'
        ) from None
    if files and not found:
        raise SettingError(
            f"group {rule!r} matches no file, for example not {files[0]}. It must find the group's "
            "name in the path, relative to the data folder, or name a column of the table."
        )


def ruled(scanned: Scan, rule: str) -> tuple[Pairs, str]:
    """Return pairs of images that a rule ties together, and a sentence about them.

    Args:
        scanned: The images.
        rule: A regular expression for the path: its first bracket, or all that it matches, names
            the group. ``"exif"``: photos by one camera, each within a minute of the one before.

    Raises:
        SettingError: No photo says when and by which camera it was taken.
    """
    names = [entry.found.file for entry in scanned.entries]
    if rule == EXIF:
        return _by_camera([(one.camera, one.taken) for one in scanned.findings])
    keys = list(_keys(rule, names))
    alone = keys.count("")
    rest = f"; {alone} files do not match and have no group" if alone else ""
    return same(keys), f"{len(set(keys) - {''})} groups by {rule!r}{rest}."


def _keys(rule: str, files: Iterable[str]) -> Iterator[str]:
    """Yield the group's name in each path, or nothing."""
    pattern = re.compile(rule)
    for file in files:
        found = pattern.search(file)
        yield "" if found is None else found[min(1, pattern.groups)] or ""


def same(keys: Iterable[str]) -> Pairs:
    """Return pairs that tie together images of equal keys; an empty one is no key."""
    last: dict[str, int] = {}
    pairs = []
    for image, key in enumerate(keys):
        if key and key in last:
            pairs.append((last[key], image))
        last[key] = image
    return np.array(pairs, np.int64).reshape(-1, 2)


def _by_camera(photos: Sequence[tuple[str, str]]) -> tuple[Pairs, str]:
    """Return pairs of photos by one camera within a minute; what lacks either is in none."""
    times: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for image, (camera, taken) in enumerate(photos):
        try:
            times[camera].append((datetime.strptime(taken, TIME), image))
        except ValueError:
            continue
    nameless = len(times.pop("", []))  # of any number of cameras
    known = sum(map(len, times.values()))
    if not known:
        raise SettingError(
            f"group exif needs photos with a time and a camera, but none of the {len(photos)} "
            "photos records them. Name the groups by a pattern on the path instead."
        )
    pairs = []
    for shots in times.values():
        shots.sort()
        for (earlier, one), (later, other) in itertools.pairwise(shots):
            if later - earlier <= TOGETHER:
                pairs.append((one, other))
    note = f"{known} of {len(photos)} photos record their time and camera."
    if nameless:
        note += f" {nameless} more record a time but no camera, and have no group."
    return np.array(pairs, np.int64).reshape(-1, 2), note
