"""Whatever happened to a folder and to the cache, loading gives what a first look does."""

import os
import random
import shutil

import numpy as np
from PIL import Image

from kit import data
from kit.data.listing.tree import Found
from kit.errors import DataError

STEPS = 16
OLD = (1e9, 1e9)  # the time of change that an archive gives all its files


def draw(rng, path):
    """Save a picture: all are of one size in bytes, many are alike, some are gray."""
    pixels = np.random.default_rng(rng.randrange(40)).integers(0, 256, (5, 5, 3), np.uint8)
    if rng.random() < 0.3:
        pixels = pixels[..., :1].repeat(3, axis=-1)
    Image.fromarray(pixels).resize((20, 20)).save(path, "BMP")
    os.utime(path, OLD)


def change(rng, folder):
    """Do one of the things that happen to folders."""
    files = sorted(folder.glob("*/*.bmp"))
    one, other = rng.sample(files, 2)
    target = folder / rng.choice(["cats", "dogs"]) / f"{rng.randrange(10_000)}.bmp"
    what = rng.choice(["add", "move", "copy", "swap", "over", "damage", "touch", "remove"])
    if what in ("add", "over"):
        draw(rng, target if what == "add" else one)
    elif what == "move":
        one.rename(target)
    elif what == "copy":
        shutil.copy2(one, target)
    elif what == "swap":
        one.rename(folder / "aside")
        other.rename(one)
        (folder / "aside").rename(other)
    elif what == "damage":
        one.write_bytes(rng.choice([b"", one.read_bytes()[:500]]))
        os.utime(one, OLD)
    elif what == "touch":
        os.utime(one)
    elif len(files) > 18:
        one.unlink()


def known(folder, **settings):
    """Return all that loading says, or the kind of error."""
    try:
        splits = data.load(folder, image_size=8, **settings)
    except DataError as error:
        return str(error)
    pixels = splits.images.read(np.arange(len(splits.files)))
    sides = {part: numbers.tolist() for part, numbers in splits.parts.items()}
    notes = [note for note in splits.notes if "have changed since" not in note]
    facts = (splits.files, splits.hashes, splits.groups, splits.color, splits.problems)
    return facts, splits.labels.tolist(), sides, notes, pixels.shape, pixels.tobytes()


def differ(tmp_path, monkeypatch, seed):
    """Return the first step after which a remembered folder is not what a first look sees."""
    rng = random.Random(seed)
    folder = tmp_path / "photos"
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            draw(rng, folder / name / f"{number}.bmp")
    for step in range(STEPS):
        for _ in range(rng.randrange(2)):
            change(rng, folder)
        settings = {"color": rng.choice(["auto", "rgb", "grayscale"])}
        monkeypatch.setenv("KIT_CACHE", str(tmp_path / "warm"))
        warm = known(folder, cache=rng.random() < 0.7, **settings)
        monkeypatch.setenv("KIT_CACHE", str(tmp_path / f"cold{step}"))
        if warm != known(folder, cache=False, **settings):
            return step
    return None


def test_what_is_remembered_never_shows(tmp_path, monkeypatch):
    assert differ(tmp_path, monkeypatch, 0) is None


def test_size_and_time_of_change_alone_would_show_other_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(Found, "state", property(lambda file: [file.size, file.modified, 0]))
    assert differ(tmp_path, monkeypatch, 0) is not None
