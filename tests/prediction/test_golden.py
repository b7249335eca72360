"""Files of every format, and what they must become: expectations made with NumPy alone.

The same files then go through training, evaluation and prediction, which must agree bit for bit.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit import data, evaluation, prediction
from kit.data.decoding import decoder

HEIGHT, WIDTH = SIZE = (24, 32)
Y, X = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
PHOTO = (np.stack([X, Y, (X + 2 * Y) / 3], axis=-1) * 200 + 20).astype(np.uint8)  # no symmetry
GRAY = PHOTO[..., 2]
DEEP = np.rint((X + 2 * Y) / 3 * 65535).astype(np.uint16)
FEW = np.array([[200, 30, 40], [0, 90, 250], [255, 255, 0], [7, 7, 7]], np.uint8)  # a palette
PICKED = ((X * 5 + Y * 3).astype(int) % 4).astype(np.uint8)
ALPHA = (X * 255).astype(np.uint8)
LOSSY = 8  # of 255, the worst pixel of a good lossy file of this picture
STORED = {  # Exif 2.3: where the picture's first row and column lie in the file
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def saved(pixels, format, mode=None, **settings):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, format, **settings)
    return file.getvalue()


def turned(format, orientation, **settings):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](PHOTO))
    return saved(stored, format, exif=exif, **settings)


def png(depth, kind, rows):
    """A PNG file of any depth: each row is bytes, its pixels packed from the left."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def packed(values, depth):
    """Rows of bytes with ``depth`` bits a value."""
    bits = (values[..., None] >> np.arange(depth)[::-1]) & 1
    return [row.tobytes() for row in np.packbits(bits.reshape(len(values), -1), axis=1)]


def twelve_bit_tiff(values):
    body = b"".join(packed(values, 12))
    tags = [(256, WIDTH), (257, HEIGHT), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1)]
    tags += [(278, HEIGHT), (279, len(body))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    start = struct.pack("<2sHI", b"II", 42, 8 + len(body))
    return start + body + struct.pack("<H", len(tags)) + entries + bytes(4)


def run_length_bmp(values, palette):
    """BMP's RLE8: pairs of a count and a value, 0 0 behind a row, 0 1 behind the last."""
    rows = [b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in values[::-1].tolist()]
    body = b"".join(rows) + b"\0\1"
    colors = b"".join(bytes([*color[::-1], 0]) for color in palette.tolist())
    start = 14 + 40 + len(colors)
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 8, 1, len(body), 0, 0, 4, 0)
    return struct.pack("<2sIII", b"BM", start + len(body), 0, start) + header + colors + body


def with_palette(values=PICKED):
    image = Image.fromarray(values, "L")
    image.putpalette(FEW.tobytes())
    return image


def over_white(pixels, alpha):
    share = alpha[..., None] / 255
    return np.rint(pixels * share + 255 * (1 - share)).astype(np.uint8)


def three(gray):
    return np.repeat(np.rint(gray)[..., None], 3, axis=-1).astype(np.uint8)


def ink(pixels):
    """From paper and four inks to light: no color management, as printers do not do it."""
    rest = 255.0 - pixels
    return np.rint(rest[..., :3] * rest[..., 3:] / 255).astype(np.uint8)


def golden():
    """Name -> the file, what it must become, and by how much a value may differ."""
    inks = np.dstack([255 - PHOTO, np.rint(40 * Y).astype(np.uint8)])
    frames = [Image.new("RGB", SIZE[::-1], color) for color in ("lime", "blue")]
    movie = {"save_all": True, "append_images": frames, "duration": 100}
    clear = np.dstack([PHOTO, ALPHA])
    square = np.ascontiguousarray(PHOTO[:24, :24])
    files = {
        f"orientation {one}.jpg": (turned("JPEG", one, quality=95, subsampling=0), PHOTO, LOSSY)
        for one in STORED
    }
    files |= {f"turned {one}.tif": (turned("TIFF", one), PHOTO, 0) for one in (3, 5, 6)}
    files |= {
        "turned.png": (turned("PNG", 8), PHOTO, 0),
        "turned.webp": (turned("WEBP", 7, lossless=True), PHOTO, 0),
        "turned.avif": (turned("AVIF", 6, quality=95), PHOTO, 12),
        "plain.png": (saved(PHOTO, "PNG"), PHOTO, 0),
        "gray.png": (saved(GRAY, "PNG"), three(GRAY), 0),
        "1 bit.png": (png(1, 0, packed(PICKED & 1, 1)), three((PICKED & 1) * 255), 0),
        "2 bits.png": (png(2, 0, packed(PICKED, 2)), three(PICKED * 85), 0),
        "4 bits.png": (png(4, 0, packed(GRAY >> 4, 4)), three((GRAY >> 4) * 17), 0),
        "16 bits.png": (saved(DEEP, "PNG"), three(DEEP / 257), 0),
        "12 of 16 bits.png": (saved(DEEP >> 4, "PNG"), three((DEEP >> 4) / 257), 0),
        "16 bits of color.png": (
            png(16, 2, [row.astype(">u2").tobytes() for row in PHOTO.astype(int) * 257]), PHOTO, 0,
        ),
        "clear.png": (saved(clear, "PNG"), over_white(PHOTO, ALPHA), 1),
        "clear gray.png": (
            saved(Image.fromarray(np.dstack([GRAY, ALPHA]), "LA"), "PNG"),
            over_white(three(GRAY), ALPHA), 1,
        ),
        "palette.png": (saved(with_palette(), "PNG"), FEW[PICKED], 0),
        "clear palette.png": (
            saved(with_palette(), "PNG", transparency=bytes([255, 0, 128, 255])),
            over_white(FEW[PICKED], np.array([255, 0, 128, 255])[PICKED]), 1,
        ),
        "movie.png": (saved(PHOTO, "PNG", **movie), PHOTO, 0),
        "plain.tif": (saved(PHOTO, "TIFF", compression="tiff_lzw"), PHOTO, 0),
        "16 bits.tif": (saved(DEEP, "TIFF"), three(DEEP / 257), 0),
        "12 bits.tif": (twelve_bit_tiff(DEEP >> 4), three((DEEP >> 4) * (255 / 4095)), 0),
        "12 bits declared.tif": (
            saved(DEEP >> 4, "TIFF", tiffinfo={281: 4095}), three((DEEP >> 4) * (255 / 4095)), 0,
        ),
        "floats.tif": (saved((DEEP / 65535).astype(np.float32), "TIFF"), three(DEEP / 257), 1),
        "inks.tif": (saved(Image.fromarray(inks, "CMYK"), "TIFF"), ink(inks), 1),
        "palette.tif": (saved(with_palette(), "TIFF"), FEW[PICKED], 0),
        "plain.webp": (saved(PHOTO, "WEBP", lossless=True), PHOTO, 0),
        "lossy.webp": (saved(PHOTO, "WEBP", quality=95), PHOTO, 12),
        "movie.webp": (saved(PHOTO, "WEBP", lossless=True, **movie), PHOTO, 0),
        "movie.gif": (
            saved(with_palette(), "GIF", save_all=True, append_images=frames), FEW[PICKED], 0,
        ),
        "plain.bmp": (saved(PHOTO, "BMP"), PHOTO, 0),
        "32 bits.bmp": (saved(np.dstack([PHOTO, 0 * ALPHA + 255]), "BMP"), PHOTO, 0),
        "palette.bmp": (saved(with_palette(), "BMP"), FEW[PICKED], 0),
        "run lengths.bmp": (run_length_bmp(PICKED, FEW), FEW[PICKED], 0),
        "plain.jp2": (saved(PHOTO, "JPEG2000", irreversible=False), PHOTO, 0),
        "16 bits.jp2": (saved(DEEP, "JPEG2000", irreversible=False), three(DEEP / 257), 0),
        "plain.avif": (saved(PHOTO, "AVIF", quality=95), PHOTO, 12),
        "two pictures.mpo": (
            saved(PHOTO, "MPO", quality=95, subsampling=0, save_all=True, append_images=frames),
            PHOTO, LOSSY,
        ),
        "gray.jpg": (saved(GRAY, "JPEG", quality=95), three(GRAY), LOSSY),
        "progressive.jpg": (
            saved(PHOTO, "JPEG", quality=95, subsampling=0, progressive=True), PHOTO, LOSSY,
        ),
        "inks.jpg": (saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=95), ink(inks), LOSSY),
        "square.ico": (
            saved(square, "ICO", sizes=[(24, 24)]), square, 0,
        ),
        "plain.pcx": (saved(PHOTO, "PCX"), PHOTO, 0),
        "plain.sgi": (saved(PHOTO, "SGI"), PHOTO, 0),
        "16 bits.pgm": (saved(DEEP, "PPM"), three(DEEP / 257), 0),
        "12 bits.pgm": (
            b"P5 %d %d 4095 " % SIZE[::-1] + (DEEP >> 4).astype(">u2").tobytes(),
            three((DEEP >> 4) * (255 / 4095)), 1,
        ),
        "words.ppm": (
            b"P3 %d %d 255 " % SIZE[::-1] + " ".join(map(str, PHOTO.ravel())).encode(), PHOTO, 0,
        ),
    }  # fmt: skip
    return files


FILES = golden()


@pytest.mark.parametrize("name", FILES)
def test_a_file_becomes_what_its_format_says(name):
    content, expected, tolerance = FILES[name]
    pixels = decoder.decode(content, expected.shape[:2])
    worst = np.abs(pixels.astype(int) - expected.astype(int)).max()
    assert worst <= tolerance
    if tolerance:
        assert np.abs(pixels.astype(int) - expected.astype(int)).mean() <= max(0.5, tolerance / 3)


def test_there_are_enough_formats_and_the_tolerances_tell_them_apart():
    kinds = {decoder.decode_with_facts(content, SIZE)[1].format for content, _, _ in FILES.values()}
    assert len(FILES) >= 50
    assert len(kinds) >= 12
    for orientation in range(2, 9):  # left as stored, or turned twice, is far off
        raw = Image.open(io.BytesIO(FILES[f"orientation {orientation}.jpg"][0])).resize(SIZE[::-1])
        assert np.abs(np.asarray(raw).astype(int) - PHOTO.astype(int)).max() > 5 * LOSSY


@pytest.mark.parametrize(
    ("color", "aspect", "cached"),
    [("rgb", "stretch", True), ("rgb", "crop", False), ("grayscale", "pad", True)],
)
def test_training_evaluation_and_prediction_agree_on_every_format(
    tmp_path, color, aspect, cached, monkeypatch
):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    for place, (name, (content, _, _)) in enumerate(FILES.items()):
        file = folder / ("even", "odd")[place % 2] / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    turned_heic = Path(__file__).parents[1] / "data" / "turned.heic"
    (folder / "odd" / "turned.heic").write_bytes(turned_heic.read_bytes())

    how = {"color": color, "aspect": aspect}
    splits = data.load(folder, (20, 30), 8, augmentation="none", cache=cached, **how)
    assert len(splits.files) == len(FILES) + 1
    seen = {}
    for part in splits.parts:
        images = np.concatenate([x.numpy() for x, _ in data.ordered_batches(splits, part)])
        seen |= {splits.files[n]: row for n, row in zip(splits.present(part), images, strict=True)}
    trained = {x.tobytes() for batch, _ in splits.train for x in batch.numpy()}
    assert trained == {seen[splits.files[n]].tobytes() for n in splits.parts["train"]}

    asked = []
    model = Recorder(asked)
    again = data.load_test(folder, splits.class_names, (20, 30), **how, cache=cached)
    evaluation.probabilities(model, again.test)
    classifier = prediction.Classifier(model, splits.class_names, (20, 30), **how)
    prediction.classify(classifier, [folder / file for file in splits.files])
    expected = np.stack([seen[file] for file in splits.files])
    np.testing.assert_array_equal(np.concatenate(asked), np.concatenate([expected, expected]))
    for file in splits.files:
        plain = decoder.decode(folder / file, (20, 30), **how)
        np.testing.assert_array_equal(plain, seen[file].astype(np.uint8), err_msg=file)


class Recorder:
    """A model that keeps what it is shown."""

    def __init__(self, seen):
        self.seen = seen

    def predict_on_batch(self, images):
        self.seen.append(np.asarray(images))
        return np.full((len(images), 2), 0.5)

    def predict(self, dataset, verbose):
        return np.concatenate([self.predict_on_batch(images) for images, _ in dataset])
