"""72 folders as people have them: each ends with a verdict before the first step of a training.

A case adds something to a sound folder of two classes. It expects a DataError whose message names
what is wrong and what to do, or a verdict on the file, or a note. Never anything else: no other
exception, no hanging, and the folder is as it was.
"""

import builtins
import io
import os
import re
import shutil
import struct
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit import data
from kit.commands import baseline, train
from kit.commands.terminal import program
from kit.data import sources
from kit.errors import DataError
from kit.experiments import training, yardsticks
from kit.experiments.choice import network_choice

SECONDS = 60  # more than any case may take
BASE = {f"{name}/{number}.png" for name in ("cats", "dogs") for number in range(6)}
HEIC = (Path(__file__).parents[1] / "turned.heic").read_bytes()
DARK_ON_TOP = np.repeat(np.linspace(10, 240, 24).astype(np.uint8)[:, None], 16, axis=1)


@dataclass(frozen=True)
class Case:
    """What is added to the folder, and what must come of it.

    Attributes:
        build: Gets the folder; returns what to load where that is another path.
        error: What the message of the DataError says.
        left: File -> verdict, and what its reason says: all that is left out, and nothing else.
        notes: What notes say.
        used: Files that are used besides the twelve sound ones.
        look: File -> what its pixels (16, 16, 3) must fulfil.
        classes: The classes, where they are not cats and dogs.
    """

    build: Callable[[Path], object]
    error: str = ""
    left: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    look: Mapping[str, Callable[[np.ndarray], bool]] = field(default_factory=dict)
    classes: tuple[str, ...] = ("cats", "dogs")


def encoded(image, format, **settings):
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def noise(seed, size=(20, 16)):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))


def flat(color, mode="RGB"):
    return Image.new(mode, (16, 16), color)


def chunk(kind, content):
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png_header(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg_of(side):
    """A JPEG whose header claims more than its data give."""
    content = bytearray(JPEG)
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = struct.pack(">HH", side, side)
    return bytes(content)


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = {3: DARK_ON_TOP[::-1, ::-1], 6: np.rot90(DARK_ON_TOP), 8: np.rot90(DARK_ON_TOP, -1)}
    return encoded(Image.fromarray(np.ascontiguousarray(stored[orientation])), "JPEG", exif=exif)


def upright(pixels):
    rows = pixels.mean(axis=(1, 2))
    return bool((np.diff(rows) > 5).all())


def near(*color, tolerance=2):
    wanted = np.array(color * 3 if len(color) == 1 else color)
    return lambda pixels: bool(np.abs(pixels.mean(axis=(0, 1)) - wanted).max() <= tolerance)


JPEG = encoded(noise(90, (64, 64)), "JPEG")
PNG = encoded(noise(91), "PNG")
MOVIE = {"save_all": True, "append_images": [noise(93), noise(94)]}


def put(**files):
    """Return what writes these contents below dogs/; two underscores stand for a dot."""

    def build(root):
        for name, content in files.items():
            write(root / "dogs" / name.replace("__", "."), content)

    return build


def write(file, content=PNG):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def fill(folder, first=100, count=3):
    for number in range(first, first + count):
        write(folder / f"{number}.png", encoded(noise(number), "PNG"))


def broken(content, reason, name="x.jpg"):
    return Case(
        lambda root: write(root / "dogs" / name, content), left={f"dogs/{name}": ("broken", reason)}
    )


def too_large(content, said, name="x.png"):
    return Case(
        lambda root: write(root / "dogs" / name, content),
        left={f"dogs/{name}": ("refused|broken", f"{said} megapixels, more than the limit")},
    )


def used(content, name="x.jpg", *notes, look=None):
    looks = {} if look is None else {f"dogs/{name}": look}
    return Case(
        lambda root: write(root / "dogs" / name, content),
        used=(f"dogs/{name}",),
        notes=notes,
        look=looks,
    )


def linked(target):
    def build(root):
        outside = root.parent / "outside"
        write(outside / "secret.jpg", JPEG)
        (root / "dogs" / "x.jpg").symlink_to(outside / target)

    return build


def locked(name):
    def build(root):
        if not (root / name).exists():
            fill(root / name)
        (root / name).chmod(0)

    return build


def emptied(root):
    for file in (root / "cats").iterdir():
        shutil.move(file, root)
    for file in (root / "dogs").iterdir():
        file.unlink()
    (root / "cats").rmdir()
    (root / "dogs").rmdir()


def one_class(root):
    shutil.rmtree(root / "dogs")


def nothing(root):
    shutil.rmtree(root)
    root.mkdir()


def in_parts(root):
    for part, first in (("train", 200), ("val", 300)):
        for name in ("a", "b"):
            fill(root / part / name, first + 10 * ord(name), 3)
    shutil.rmtree(root / "cats")
    shutil.rmtree(root / "dogs")


def renamed(*names):
    def build(root):
        for turn, name in enumerate(names):
            try:
                fill(root / name, 400 + 10 * turn, 3)
            except (OSError, UnicodeError):
                pytest.skip("this file system does not take such a name")
        for name in ("cats", "dogs"):
            shutil.rmtree(root / name)
        if len(list(root.iterdir())) < len(names):
            pytest.skip("this file system takes some of these names for one")

    return build


def damaged_since(root):
    """Forty bytes in the middle are damaged between two runs."""
    write(root / "dogs" / "x.jpg", encoded(noise(95, (64, 64)), "JPEG"))
    data.load(root, 16, cache=False)
    content = bytearray((root / "dogs" / "x.jpg").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(value ^ 1 for value in content[middle : middle + 40])
    write(root / "dogs" / "x.jpg", bytes(content))


def flipped_png():
    content = bytearray(PNG)
    content[content.index(b"IDAT") + 60] ^= 4
    return bytes(content)


def loop(root):
    (root / "dogs" / "again").symlink_to(root)
    (root / "dogs" / "self.jpg").symlink_to(root / "dogs" / "self.jpg")


def vanishing(root):
    write(root / "dogs" / "x.jpg", JPEG)


def with_palette(transparency=None):
    image = Image.fromarray(np.ones((16, 16), np.uint8), "P")
    image.putpalette([0, 0, 0, 128, 127, 40])
    return image


SCRIPTS = (
    "گربه",
    "猫",
    "🐈",
    "it's",
    "a b",
    'say "hi"',
    "50%20",
    "-dash",
    "a,b",
    "new\nline",
    "<b>",
)
CASES = {
    "01 a JPEG cut in half": broken(JPEG[: len(JPEG) // 2], "damaged or cut off"),
    "02 a JPEG without its last 100 bytes": broken(JPEG[:-100], "damaged or cut off"),
    "03 a JPEG without its end mark": broken(JPEG[:-2], "cut off"),
    "04 a truncated PNG": broken(PNG[: len(PNG) // 2], "cut off", "x.png"),
    "05 an empty file": broken(b"", "an empty file"),
    "06 text named .jpg": broken(b"to do: " * 30, "not a readable image format"),
    "07 a web page named .jpg": broken(b"<!DOCTYPE html><p>404", r"web page.*failed download"),
    "08 TIFF named .jpg": used(encoded(noise(80), "TIFF"), "x.jpg", r"dogs/x.jpg \(TIFF\)"),
    "09 HEIC named .jpg": used(HEIC, "x.jpg", r"dogs/x.jpg \(HEIF\)"),
    "10 what macOS leaves beside a file": Case(
        put(___x__jpg=b"\0\5\x16\7" * 9), left={"dogs/._x.jpg": ("ignored", "left behind")}
    ),
    "11 a link to a file elsewhere": Case(
        linked("secret.jpg"), left={"dogs/x.jpg": ("refused", "a link that leads out")}
    ),
    "12 animated WebP named .jpg": used(
        encoded(noise(92), "WEBP", lossless=True, **MOVIE), "x.jpg", "1 of 13 images are animated"
    ),
    "13 a PNG that claims 60000 x 60000": too_large(png_header(60_000), "3600"),
    "14 a JPEG that claims 30000 x 30000": too_large(jpeg_of(30_000), "900", "x.jpg"),
    "15 a PNG of 20000 x 20000": too_large(png_header(20_000), "400"),
    "16 a pipe": Case(
        lambda root: os.mkfifo(root / "dogs" / "x.jpg"),
        left={"dogs/x.jpg": ("refused", "not a regular file")},
    ),
    "17 a link to nothing": Case(
        lambda root: (root / "dogs" / "x.jpg").symlink_to("gone.jpg"),
        left={"dogs/x.jpg": ("refused", r"cannot be followed \(No such file")},
    ),
    "18 a file that may not be read": Case(
        lambda root: (write(root / "dogs" / "x.jpg", JPEG), (root / "dogs" / "x.jpg").chmod(0)),
        left={"dogs/x.jpg": ("broken", r"cannot be read \(Permission denied\)")},
    ),
    "19 a class that may not be opened": Case(
        locked("cats"), error="cats cannot be opened: Permission denied.*Allow reading it"
    ),
    "20 a sub-folder that may not be opened": Case(
        locked("dogs/more"), left={"dogs/more": ("refused", r"cannot be opened \(Permission")}
    ),
    "21 a file that vanishes after the listing": Case(
        vanishing, left={"dogs/x.jpg": ("broken", r"cannot be read \(No such file")}
    ),
    "22 damaged bytes in a JPEG since the last run": Case(
        damaged_since, used=("dogs/x.jpg",), notes=("1 files have changed since .*: dogs/x",)
    ),
    "23 a flipped bit in a PNG": broken(flipped_png(), "damaged", "x.png"),
    "24 PNG named .jpg": used(PNG, "x.jpg", r"dogs/x.jpg \(PNG\)"),
    "25 WebP named .jpg": used(encoded(noise(81), "WEBP"), "x.jpg", r"dogs/x.jpg \(WEBP\)"),
    "26 GIF named .jpg": used(encoded(noise(82), "GIF"), "x.jpg", r"dogs/x.jpg \(GIF\)"),
    "27 bytes behind the end": used(JPEG + b"garbage" * 20),
    "28 CMYK": used(
        encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"), look=near(254, 0, 0)
    ),
    "29 a gray JPEG": used(encoded(flat(90, "L"), "JPEG"), look=near(90)),
    "30 gray with transparency": used(
        encoded(flat((0, 0), "LA"), "PNG"), "x.png", "1 of 13 images are transparent",
        look=near(255),
    ),
    "31 one bit a pixel": used(encoded(flat(1, "1"), "PNG"), "x.png", look=near(255)),
    "32 BMP of 24 bits": used(encoded(flat("red"), "BMP"), "x.bmp", look=near(255, 0, 0)),
    "33 BMP of 32 bits": used(
        encoded(flat((255, 0, 0, 255), "RGBA"), "BMP"), "x.bmp", look=near(255, 0, 0)
    ),
    "34 an ending in capitals": used(JPEG, "X.JPG"),
    "35 gray of 16 bits": used(
        encoded(Image.fromarray(np.full((16, 16), 32639, np.uint16)), "PNG"), "x.png",
        look=near(127),
    ),
    "36 12 bits in a file of 16": used(
        encoded(Image.fromarray(np.full((16, 16), 4095, np.uint16)), "PNG"), "x.png", look=near(16)
    ),
    "37 BMP with a palette": used(
        encoded(with_palette(), "BMP"), "x.bmp", look=near(128, 127, 40)
    ),
    "38 EXIF orientation 3": used(turned(3), look=upright),
    "39 EXIF orientation 6": used(turned(6), look=upright),
    "40 EXIF orientation 8": used(turned(8), look=upright),
    "41 a palette with transparency": used(
        encoded(with_palette(), "PNG", transparency=1), "x.png", "1 of 13 images are transparent",
        look=near(255),
    ),
    "42 color with transparency": used(
        encoded(flat((255, 0, 0, 0), "RGBA"), "PNG"), "x.png", "1 of 13 images are transparent",
        look=near(255),
    ),
    "43 an animated GIF": used(
        encoded(flat("red"), "GIF", save_all=True, append_images=[flat("blue")]), "x.gif",
        "animated; the first frame is used", look=near(255, 0, 0),
    ),
    "44 .webp": used(encoded(flat("red"), "WEBP", lossless=True), "x.webp", look=near(255, 0, 0)),
    "45 .tif": used(encoded(flat("red"), "TIFF"), "x.tif", look=near(255, 0, 0)),
    "46 .heic": used(HEIC, "x.heic"),
    "47 .jfif": used(JPEG, "x.jfif"),
    "48 no ending": used(JPEG, "x"),
    "49 one pixel": used(encoded(Image.new("RGB", (1, 1), "red"), "PNG"), look=near(255, 0, 0)),
    "50 a stripe": used(encoded(Image.new("RGB", (5000, 1), "red"), "PNG"), look=near(255, 0, 0)),
    "51 images beside the class folders": Case(
        lambda root: (write(root / "1.jpg", JPEG), write(root / "2.png")),
        left={"1.jpg": ("ignored", "outside"), "2.png": ("ignored", "outside")},
        notes=("2 files outside the class folders are not used",),
    ),
    "52 images without class folders": Case(
        emptied, error="has 6 files and no class folders.*FOLDER/<class>/photo.jpg"
    ),
    "53 nothing at all": Case(nothing, error="has no folders and no images; images must be in"),
    "54 folders in a class": Case(
        lambda root: write(root / "dogs" / "old" / "2010" / "x.png"),
        used=("dogs/old/2010/x.png",),
        notes=("1 files in sub-folders of a class count to that class",),
    ),
    "55 train and val": Case(
        in_parts, notes=("Parts set by the folders: train, val",), classes=("a", "b")
    ),
    "56 __MACOSX": Case(
        lambda root: write(root / "__MACOSX" / "dogs" / "._x.jpg", b"\0\5\x16\7"),
        left={"__MACOSX": ("ignored", "left behind by a program")},
    ),
    "57 copies that Jupyter keeps": Case(
        lambda root: write(root / "dogs" / ".ipynb_checkpoints" / "x.jpg", JPEG),
        left={"dogs/.ipynb_checkpoints": ("ignored", "left behind by a program")},
    ),
    "58 a class that is a link to elsewhere": Case(
        lambda root: (fill(root.parent / "out"), (root / "x").symlink_to(root.parent / "out")),
        error="x is not used: a link that leads out of the folder. Put the folder itself",
    ),
    "59 links in a circle": Case(
        loop,
        left={
            "dogs/again": ("ignored", "read under its own name"),
            "dogs/self.jpg": ("refused", "cannot be followed"),
        },
    ),
    "60 an empty class": Case(
        lambda root: (root / "birds").mkdir(), error="no file in birds. Add images, or remove"
    ),
    "61 one class only": Case(one_class, error=r"contains only one class, cats\."),
    "62 a class of one image": Case(
        lambda root: write(root / "birds" / "1.png"),
        error=r"at least two images that can be decoded; too few in birds \(1\)",
    ),
    "63 the same image in two classes": Case(
        lambda root: [shutil.copy2(root / "cats" / "0.png", root / "dogs" / "x.png")],
        used=("dogs/x.png",),
        notes=("in more than one class.*cats/0.png and dogs/x.png",),
    ),
    "64 names in any script": Case(renamed(*SCRIPTS), classes=tuple(sorted(SCRIPTS))),
    "65 hidden folders": Case(
        lambda root: (fill(root / ".hidden"), fill(root / "..foo")),
        left={".hidden": ("ignored", "hidden"), "..foo": ("ignored", "hidden")},
    ),
    "66 Cat, cat, and two codings of one word": Case(
        renamed("Cat", "cat", "cat ", "caf\u00e9", "cafe\u0301"),
        notes=("'Cat', 'cat', 'cat ' are separate classes.*put its images", "'cafe?.',"),
        classes=("Cat", "cafe\u0301", "caf\u00e9", "cat", "cat "),
    ),
    "67 a folder's name that is no UTF-8": Case(
        renamed("ants", "bees", os.fsdecode(b"caf\xe9")),
        error=r"caf\\xe9 is not used: its name is not valid UTF-8: rename it",
    ),
    "68 a file's name that is no UTF-8": Case(
        lambda root: write(root / "dogs" / os.fsdecode(b"caf\xe9.jpg"), JPEG),
        left={r"dogs/caf\xe9.jpg": ("refused", "not valid UTF-8: rename it")},
    ),
    "69 numbers as names": Case(renamed("1", "10", "2", "20"), classes=("1", "10", "2", "20")),
    "70 no such folder": Case(lambda root: root / "gone", error="There is no folder"),
    "71 a file instead of a folder": Case(
        lambda root: root / "cats" / "0.png", error="0.png is a file; pass a folder"
    ),
    "72 a folder that may not be opened": Case(
        lambda root: root.chmod(0), error="photos cannot be opened: Permission denied.*Allow"
    ),
}  # fmt: skip
MORE = {
    "things that are no images": Case(
        put(notes__txt=b"hi", a__csv=b"a,b", p__pdf=b"%PDF-1.7", v__mp4=b"\0\0\0 ftypisom"),
        left={
            f"dogs/{name}": ("ignored", "not a readable image format")
            for name in ("notes.txt", "a.csv", "p.pdf", "v.mp4")
        },
    ),
    "a damaged photo without an ending": broken(JPEG[:300], "header", "photo"),
    "copies of one image": Case(
        lambda root: [write(root / "birds" / f"{number}.png") for number in range(3)],
        error="all images of birds are copies of one file",
    ),
    "a name with escapes": broken(b"", "empty", "a\x1b[31m.jpg"),
}  # fmt: skip


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Two classes of six small images; where the user is root, modes are obeyed none the less."""
    folder = tmp_path / "photos"
    for number, name in enumerate(sorted(BASE)):
        write(folder / name, encoded(noise(number), "PNG"))
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        for module, function in (
            (os, "scandir"), (os, "listdir"), (io, "open"), (builtins, "open"),
        ):  # fmt: skip
            monkeypatch.setattr(module, function, obedient(getattr(module, function)))
    yield folder
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)


def obedient(function):
    """Return it so that it refuses what nobody may open, to root as well."""

    def opened(path=".", *arguments, **settings):
        named = isinstance(path, str | os.PathLike) and os.path.exists(path)
        if named and not os.stat(path).st_mode & 0o777:
            raise PermissionError(13, "Permission denied", str(path))
        return function(path, *arguments, **settings)

    return opened


def fingerprint(folder):
    """Names, bytes, times, modes and the targets of links: whatever there is to change."""
    real_open, digest = os.open, blake2b()
    for place, folders, files in os.walk(os.fsencode(folder)):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = os.path.join(place, name)
            status = os.lstat(path)
            digest.update(path + repr((status.st_mode, status.st_mtime_ns)).encode())
            if os.path.islink(path):
                digest.update(os.readlink(path))
            elif os.path.isfile(path) and (status.st_mode & 0o400 or os.geteuid() == 0):
                handle = real_open(path, os.O_RDONLY)
                digest.update(os.read(handle, 1 << 26))
                os.close(handle)
    return digest.hexdigest()


def within_a_minute(work):
    """Return what ``work`` does or raises; fail where it hangs."""
    outcome = []

    def run():
        try:
            outcome.append(work())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert outcome, "it hangs"
    return outcome[0]


def test_there_are_72_cases():
    assert [name[:2] for name in CASES] == [f"{number:02}" for number in range(1, 73)]


@pytest.mark.parametrize(("turn", "name"), list(enumerate([*CASES, *MORE])))
def test_a_folder_gets_a_verdict_before_training(root, turn, name, monkeypatch):
    case = (CASES | MORE)[name]
    if ("pipe" in name or "may not" in name) and os.name != "posix":
        pytest.skip("this system has no pipes or modes")
    passed = case.build(root)
    folder = passed if isinstance(passed, Path) else root
    before = fingerprint(root)
    if "vanishes" in name:
        scan = sources.scan

        def late(listed, *arguments):
            (root / "dogs" / "x.jpg").unlink()
            return scan(listed, *arguments)

        monkeypatch.setattr(sources, "scan", late)

    outcome = within_a_minute(lambda: data.load(folder, 16, cache=turn % 2 == 0))

    assert "vanishes" in name or fingerprint(root) == before
    if case.error:
        assert isinstance(outcome, DataError)
        assert re.search(case.error, str(outcome), re.DOTALL)
        assert str(root.name) in str(outcome)
        return
    if isinstance(outcome, BaseException):
        raise outcome
    check(outcome, case)


def check(splits, case):
    assert splits.class_names == case.classes
    left = {one.file: one for one in splits.problems}
    assert set(left) == set(case.left)
    for file, (verdict, reason) in case.left.items():
        assert re.fullmatch(verdict, left[file].verdict)
        assert re.search(reason, left[file].reason)
    if case.classes == ("cats", "dogs"):
        assert set(splits.files) == BASE | set(case.used)
    for said in case.notes:
        assert any(re.search(said, note) for note in splits.notes), splits.notes
    for file, fulfils in case.look.items():
        pixels = splits.images.read(np.array([splits.files.index(file)]))[0]
        assert fulfils(pixels), pixels.mean(axis=(0, 1))
    for part in ("train", "validation"):  # and what is used can be used
        numbers = splits.parts[part]
        assert len(splits.images.read_present(numbers)[1]) == len(numbers)


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("52 images without class folders", train.train),
        ("60 an empty class", baseline.baseline),
        ("70 no such folder", train.train),
        ("71 a file instead of a folder", baseline.baseline),
    ],
)
def test_the_programs_end_with_3_and_a_sentence_before_tensorflow_starts(
    root, name, begin, monkeypatch, capsys
):
    for module in (training, yardsticks, network_choice):
        monkeypatch.setattr(module, "start_keras", lambda: pytest.fail("TensorFlow starts"))
    monkeypatch.chdir(root.parent)
    case = CASES[name]
    passed = case.build(root)
    folder = passed if isinstance(passed, Path) else root
    extra = "--architecture=basic_cnn" if begin is train.train else "--backbone=MobileNet-0.25"

    with pytest.raises(SystemExit) as ended:
        program(begin, [str(folder), extra])

    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    (line,) = (line for line in said.splitlines() if line.startswith("Error: "))
    if name[:2] < "70":  # programs say it of a missing folder in their own words
        assert re.search(case.error, line)
