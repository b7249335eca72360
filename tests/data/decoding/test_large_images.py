"""Pictures of many pixels: refused from their header, and decoded a few at a time."""

import io
import json
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile

from kit import data
from kit.data.decoding import decoder, opening, thread_pool
from kit.errors import SettingError

SQUARE = (16, 16)
SIDE = 20_000


def gray_png(side, text=b""):
    """A whole PNG file of black pixels: 1.1 MB for 20,000 x 20,000 bits of eight."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    squeeze, body = zlib.compressobj(9), b""
    rows = bytes((side + 1) * 100)
    for _ in range(side // 100):
        body += squeeze.compress(rows)
    body += squeeze.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    file = tmp_path_factory.mktemp("large") / "bomb.png"
    file.write_bytes(gray_png(SIDE))
    return file


def test_a_bomb_is_refused_from_its_header_and_not_decoded(bomb, monkeypatch):
    decoded = []

    def load(image):
        decoded.append(image.size)
        raise OSError("not in a test")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(opening.TooLarge, match=r"400 megapixels, more than .*KIT_MAX_MEGAPIXELS"):
        decoder.decode(bomb, SQUARE)
    assert not decoded
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back at the end
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "500")  # the positive control
    with pytest.raises(opening.BrokenImage, match="not in a test"):
        decoder.decode(bomb, SQUARE)
    assert decoded == [(SIDE, SIDE)]


PROBE = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from kit.data.decoding import decoder, opening

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def verdict(file):
    start = time.perf_counter()
    try:
        decoder.decode(file, (16, 16))
    except opening.BrokenImage as error:
        return time.perf_counter() - start, error.reason

file = Path(sys.argv[1])
decoder.decode(Path(sys.argv[2]), (16, 16))  # Pillow's formats are known from here on
found = {}
for count in (1, 8):
    before = peak()
    with ThreadPoolExecutor(count) as pool:
        seconds, reasons = zip(*pool.map(verdict, [file] * count))
    found[count] = [max(seconds), peak() - before, sorted(set(reasons))]
print(json.dumps(found))
"""


def test_the_verdict_on_one_bomb_or_eight_is_quick_and_costs_no_memory(bomb, tmp_path):
    if sys.platform != "linux":
        pytest.skip("ru_maxrss has another unit here")
    small = tmp_path / "small.png"
    Image.new("L", (4, 4)).save(small)
    command = [sys.executable, "-c", PROBE, str(bomb), str(small)]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    for count, (seconds, megabytes, reasons) in json.loads(answer.stdout).items():
        print(f"{count}: {1000 * seconds:.1f} ms, {megabytes:.1f} MiB more")
        assert len(reasons) == 1
        assert "400 megapixels" in reasons[0]
        assert megabytes <= 20
        assert seconds < 2  # 50 ms where nothing else runs; a decode takes longer than this


def test_a_bomb_in_the_folder_is_left_out_by_name(bomb, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(4):
            noise = rng.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / name / f"{number}.png")
    (tmp_path / "dogs" / "bomb.png").write_bytes(bomb.read_bytes())
    splits = data.load(tmp_path, 16, cache=False)
    (problem,) = splits.problems
    assert problem.file == "dogs/bomb.png"
    assert problem.verdict in {"refused", "broken"}
    assert "more than the limit of 89.48" in problem.reason
    assert len(splits.files) == 8


def test_the_limit_can_be_raised_and_lowered(monkeypatch):
    half = io.BytesIO()
    Image.new("1", (14_000, 14_000)).save(half, "PNG")  # 196 megapixels, above twice Pillow's own
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back at the end
    with pytest.raises(opening.TooLarge):
        opening.dimensions(half.getvalue())
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "200")
    assert opening.dimensions(half.getvalue()) == (14_000, 14_000)
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "0.0001")
    small = io.BytesIO()
    Image.new("L", (10, 11)).save(small, "PNG")
    with pytest.raises(opening.TooLarge, match=r"0\.00011 megapixels, .* of 0\.0001;"):
        decoder.decode(small.getvalue(), SQUARE)


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "inf", ""])
def test_a_limit_that_is_no_number_is_a_mistake_in_the_setting(monkeypatch, text):
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", text)
    with pytest.raises(SettingError, match="KIT_MAX_MEGAPIXELS must be a number above 0"):
        opening.max_pixels()


def test_few_large_images_are_decoded_at_once_and_many_small_ones(monkeypatch):
    monkeypatch.setattr(decoder, "ROOM", thread_pool.Room(1000))
    lock, now, most = threading.Lock(), [0], [0]
    load = ImageFile.ImageFile.load

    def counted(image):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    peaks = {}
    for name, size in (("small", (10, 10)), ("large", (20, 20)), ("huge", (90, 90))):
        file = io.BytesIO()
        Image.new("L", size).save(file, "BMP")
        most[0] = 0
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: decoder.decode(file.getvalue(), SQUARE), range(16)))  # noqa: B023
        peaks[name] = most[0]
    assert peaks["huge"] == 1, "larger than the room: alone, and not waiting for ever"
    assert peaks["large"] <= 2
    assert peaks["small"] > 2


def test_what_fails_gives_its_room_back():
    room = thread_pool.Room(10)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), room.taken(10):
            raise ValueError("broken")
    with room.taken(10):
        pass


def test_a_draft_counts_as_small_but_not_of_a_progressive_jpeg():
    counted = {}
    for progressive in (False, True):
        file = io.BytesIO()
        Image.new("L", (800, 800)).save(file, "JPEG", progressive=progressive)
        image = opening.open_image(file.getvalue())
        stored = image.size
        decoder._drafted(image, SQUARE)
        counted[progressive] = decoder._pixels(image, stored)
    assert counted == {False: 100 * 100, True: 800 * 800}


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_text_that_unpacks_to_a_hundred_megabytes_does_not(kind):
    squeeze = zlib.compressobj(9)
    packed = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(100)) + squeeze.flush()
    start = {b"zTXt": b"note\0\0", b"iTXt": b"note\0\1\0\0\0", b"iCCP": b"note\0\0"}[kind]
    content = start + packed
    chunk = struct.pack(">I", len(content)) + kind + content
    chunk += struct.pack(">I", zlib.crc32(kind + content))
    data = gray_png(100, chunk)
    try:
        image = opening.open_image(data)
    except opening.BrokenImage as error:
        assert "too large" in error.reason  # noqa: PT017 (either is right, and neither is 100 MB)
        return
    texts = [value for value in image.info.values() if isinstance(value, str | bytes)]
    assert sum(map(len, texts)) <= len(packed)
    assert not decoder.decode(data, SQUARE).any()
