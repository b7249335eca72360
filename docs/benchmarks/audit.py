"""What kit-audit finds of planted faults, and what it costs.

    python docs/benchmarks/audit.py FOLDER            30 faults of each kind in a copy of the photos
    python docs/benchmarks/audit.py --small 100000    so many images of 32x32, with 100 copies

FOLDER holds a sub-folder for each of two or more classes. The copy has the parts train and val, so
that images can be planted in both. Every audit is a process of its own, first with an empty cache,
then once more.
"""

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

SCRIPT = Path(__file__).parents[2] / "scripts" / "audit.py"
EXPECTED = {  # planted -> findings that name it
    "exact copy": ("copy",),
    "re-encoded copy": ("copy", "near-copy"),
    "resized copy": ("copy", "near-copy"),
    "two labels": ("two-labels", "near-two-labels"),
    "two parts": ("two-parts", "near-two-parts"),
    "dark": ("dark",),
    "bright": ("bright",),
    "blurred": ("blurry",),
    "one color": ("one-color",),
    "odd shape": ("odd-shape",),
    "truncated": ("broken",),
    "wrong extension": ("wrong-extension",),
}
Encode = Callable[[Image.Image], bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", type=int, default=0, help="so many images of 32x32 instead")
    parser.add_argument("--output", type=Path, help="keep the audit with its contact sheets here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        if given.small:
            small_images(data, given.small, given.seed)
            audit = timed(data, Path(scratch), None)
            print(audit["counts"])
            return
        if given.folder is None:
            parser.error("give a folder of photos, or --small COUNT")
        planted = plant(given.folder, data, given.each, np.random.default_rng(given.seed))
        audit = timed(data, Path(scratch), given.output)
        print(scored(planted, audit["findings"]).to_string(index=False))


def plant(source: Path, data: Path, each: int, rng: np.random.Generator) -> pd.DataFrame:
    """Copy the photos into parts and change some; return what was planted where."""
    names = {}
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        for number, file in enumerate(sorted(path for path in folder.iterdir() if path.is_file())):
            part = "val" if number % 5 == 0 else "train"
            names[data / part / folder.name / file.name] = file
    for target, file in names.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    inside = [target for target in sorted(names) if target.parent.parent.name == "train"]
    drawn = iter(rng.permutation(len(inside)))
    rows = []
    for kind in EXPECTED:
        for number in range(each):
            original = inside[next(drawn)]
            made = faulty(kind, original, number, data, rng)
            rows.append((kind, relative(made, data), relative(original, data)))
    return pd.DataFrame(rows, columns=["planted", "file", "original"])


def faulty(kind: str, original: Path, number: int, data: Path, rng: np.random.Generator) -> Path:
    """Plant one fault and return its file; every second copy in two places is re-encoded."""
    image = Image.open(original).convert("RGB")
    beside = original.with_name(f"copy-{number}-{original.stem}.jpg")
    classes = sorted(path.name for path in original.parents[1].iterdir())
    other = classes[(classes.index(original.parent.name) + 1) % len(classes)]
    again = original.read_bytes() if number % 2 else encoded(image, 70)
    long = max(image.size)
    made = {
        "exact copy": lambda: put(beside, original.read_bytes()),
        "re-encoded copy": lambda: put(beside.with_stem(beside.stem + "-q"), encoded(image, 60)),
        "resized copy": lambda: put(beside.with_stem(beside.stem + "-s"), encoded(halved(image))),
        "two labels": lambda: put(original.parents[1] / other / beside.name, again),
        "two parts": lambda: put(data / "val" / original.parent.name / beside.name, again),
        "dark": lambda: put(original, encoded(exposed(image, -4))),
        "bright": lambda: put(original, encoded(exposed(image, 4))),
        "blurred": lambda: put(
            original, encoded(image.filter(ImageFilter.GaussianBlur(0.01 * long)))
        ),
        "one color": lambda: put(original, encoded(one_color(image, rng))),
        "odd shape": lambda: put(original, encoded(strip(image))),
        "truncated": lambda: put(original, original.read_bytes()[: original.stat().st_size // 2]),
        "wrong extension": lambda: original.rename(original.with_suffix(".png")),
    }
    return Path(made[kind]())


def exposed(image: Image.Image, stops: float) -> Image.Image:
    """Return the photo with 2 ** stops times the light, in a gamma of 2.2."""
    curve = [
        min(255, round(255 * ((value / 255) ** 2.2 * 2**stops) ** (1 / 2.2)))
        for value in range(256)
    ]
    return image.point(curve * 3)


def halved(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.LANCZOS)


def one_color(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return one color with a sensor's noise."""
    shade = rng.integers(0, 256, 3) + rng.normal(0, 2, (image.height, image.width, 3))
    return Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8))


def strip(image: Image.Image) -> Image.Image:
    """Cut out a strip four times as long as wide, across or down."""
    width, height = image.size
    if width >= height:
        return image.crop((0, 0, width, max(1, width // 4)))
    return image.crop((0, 0, max(1, height // 4), height))


def encoded(image: Image.Image, quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def relative(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix()


def small_images(data: Path, count: int, seed: int) -> None:
    """Write smooth random images into ten classes; the last hundred are copies of the first."""
    rng = np.random.default_rng(seed)
    first: list[bytes] = []
    for number in range(count):
        folder = data / f"class{number % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        if number >= count - 100:
            content = first[number - count + 100]
        else:
            coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
            content = encoded(coarse.resize((32, 32), Image.BICUBIC))
        if len(first) < 100:
            first.append(content)
        (folder / f"{number:06}.jpg").write_bytes(content)


def timed(data: Path, scratch: Path, output: Path | None) -> dict:
    """Audit with an empty cache and once more; print seconds and memory, return the first."""
    audit = {}
    for title in ("first", "second"):
        keep = ["--output", str(output)] if output and title == "first" else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, SCRIPT, str(data), "--json", *keep],
            env={**os.environ, "KIT_CACHE": str(scratch / "cache")},
            stdout=subprocess.PIPE,
            check=True,
        )
        wall = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        peak = after.ru_maxrss / (1 if sys.platform == "darwin" else 1024) / 1024
        found = json.loads(done.stdout)
        print(
            f"{title} audit of {found['images']} images: {wall:.1f} s, {cpu:.1f} s of processor, "
            f"largest process so far {peak:.2f} GiB"
        )
        audit = audit or found
    return audit


def scored(planted: pd.DataFrame, findings: list[dict]) -> pd.DataFrame:
    """Return recall and precision of each kind; other findings of the kind are named."""
    rows = []
    for kind, expected in EXPECTED.items():
        mine = planted[planted["planted"] == kind]
        named = [
            {one["file"], one["partner"]} - {""} for one in findings if one["kind"] in expected
        ]
        pair = "copy" in kind or kind.startswith("two")
        wanted = [{row.file, row.original} if pair else {row.file} for row in mine.itertuples()]
        found = sum(any(want <= names for names in named) for want in wanted)
        # a file planted in another way may be of this kind too
        mates = [name for name, kinds in EXPECTED.items() if set(kinds) & set(expected)]
        own = planted[planted["planted"].isin(mates)]
        right = set(own["file"]) | (set(own["original"]) if pair else set())
        others = [names for names in named if not names & right]
        rows.append(
            {
                "planted": kind,
                "count": len(mine),
                "found": found,
                "recall": found / len(mine),
                "findings": len(named),
                "precision": 1 - len(others) / max(1, len(named)),
                "others": "; ".join(" ".join(sorted(names)) for names in others[:3]),
            }
        )
    return pd.DataFrame(rows).round(3)


if __name__ == "__main__":
    main()
