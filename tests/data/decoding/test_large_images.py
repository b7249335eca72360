"""Pictures of many pixels: refused from their header, and decoded a few at a time."""

import io
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageFile

from kit.data.decoding import decoder, opening, thread_pool
from kit.errors import SettingError

SQUARE = (16, 16)
SIDE = 20_000


def gray_png(side, text=b""):
    """A whole PNG file of black pixels."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text
    return start + chunk(b"IDAT", zeros(side + 1, side)) + chunk(b"IEND", b"")


def zeros(size, times):
    """The zlib stream of ``times`` blocks of so many zeros, without compressing each of them."""
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(bytes(size)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    check = struct.pack(">HH", size * times % 65521, 1)  # Adler-32
    return b"\x78\x9c" + block * times + squeeze.flush() + check


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


def test_the_limit_can_be_raised_and_lowered(monkeypatch):
    half = gray_png(14_000)  # 196 megapixels, above twice Pillow's own
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back at the end
    with pytest.raises(opening.TooLarge):
        opening.dimensions(half)
    monkeypatch.setenv("KIT_MAX_MEGAPIXELS", "200")
    assert opening.dimensions(half) == (14_000, 14_000)
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
    packed = zeros(1 << 20, 100)
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
