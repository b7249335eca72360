import io
import struct
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit.data.decoding import decoder, file_facts, opening
from kit.errors import DataError, SettingError

SQUARE = (32, 32)


def picture(height=48, width=64):
    """Smooth, of three different channels, without any symmetry."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    channels = np.stack([x, y, (x + 2 * y) / 3], axis=-1)
    return Image.fromarray((channels * 200 + 20).astype(np.uint8))


def encoded(image, format="PNG", **settings):
    file = io.BytesIO()
    image.save(file, format, **settings)
    return file.getvalue()


def distance(a, b):
    return np.abs(a.astype(int) - b.astype(int)).mean()


@pytest.mark.parametrize(
    ("format", "settings", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("PPM", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG2000", {"irreversible": False}, 0),
        ("JPEG", {"quality": 95}, 2),
        ("JPEG", {"quality": 95, "progressive": True}, 2),
        ("MPO", {"quality": 95}, 2),
        ("AVIF", {"quality": 95}, 3),
        ("GIF", {}, 6),
    ],
)
def test_every_format_gives_the_same_picture(format, settings, tolerance):
    pixels = decoder.decode(encoded(picture(), format, **settings), SQUARE)
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    assert distance(pixels, decoder.decode(encoded(picture()), SQUARE)) <= tolerance


@pytest.mark.parametrize(
    ("mode", "tolerance"), [("RGBA", 0), ("CMYK", 1), ("YCbCr", 2), ("P", 12), ("RGBX", 0)]
)
def test_every_mode_gives_the_same_picture(mode, tolerance):
    image = picture().convert(mode)
    pixels = decoder.decode(encoded(image, "PNG" if mode in {"RGBA", "P"} else "TIFF"), SQUARE)
    assert distance(pixels, decoder.decode(encoded(picture()), SQUARE)) <= tolerance


def test_an_image_of_the_wanted_size_is_not_changed():
    pixels = decoder.decode(encoded(picture()), (48, 64))
    np.testing.assert_array_equal(pixels, np.asarray(picture()))


def test_shrinking_averages_instead_of_picking():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = decoder.decode(encoded(Image.fromarray(board)), (8, 8))
    assert np.abs(pixels.astype(int) - 127).max() <= 10


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_exif_orientation_is_applied_once(format, orientation):
    upright = picture()
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what a camera held so has stored
    stored = upright if orientation == 1 else upright.transpose(undo[orientation])
    exif = Image.Exif()
    exif[file_facts.ORIENTATION] = orientation
    settings = {"quality": 95} if format in {"JPEG", "WEBP", "AVIF"} else {}
    data = encoded(stored, format, exif=exif, **settings)
    for aspect in ("stretch", "crop", "pad"):
        pixels = decoder.decode(data, (24, 40), "rgb", aspect)
        assert distance(pixels, decoder.decode(encoded(upright), (24, 40), "rgb", aspect)) < 3


def test_heic_orientation_is_applied_once():
    # turned.heic is picture() turned by Image.Transpose.ROTATE_90 and saved with orientation 6
    data = (Path(__file__).parents[1] / "turned.heic").read_bytes()
    assert opening.dimensions(data) == (48, 64)
    pixels = decoder.decode(data, (24, 40))
    assert distance(pixels, decoder.decode(encoded(picture()), (24, 40))) < 3
    with pytest.raises(opening.BrokenImage, match="damaged HEIC"):
        decoder.decode(data[:-200], (24, 40))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_senseless_orientation_is_none(orientation):
    exif = Image.Exif()
    exif[file_facts.ORIENTATION] = orientation
    pixels = decoder.decode(encoded(picture(), exif=exif), SQUARE)
    np.testing.assert_array_equal(pixels, decoder.decode(encoded(picture()), SQUARE))


def test_transparency_lies_over_white():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert (decoder.decode(encoded(clear), (8, 8)) == 255).all()
    assert (decoder.decode(encoded(half), (8, 8)) == 127).all()
    gray = Image.new("LA", (8, 8), (0, 0))
    assert (decoder.decode(encoded(gray), (8, 8)) == 255).all()
    palette = Image.new("P", (8, 8), 0)
    assert (decoder.decode(encoded(palette), (8, 8)) == 0).all()
    assert (decoder.decode(encoded(palette, transparency=0), (8, 8)) == 255).all()


@pytest.mark.parametrize(("top", "expected"), [(65535, 255), (4095, 16), (255, 1), (32768, 128)])
def test_sixteen_bits_are_scaled_by_what_they_can_hold(top, expected):
    values = np.zeros((8, 8), np.uint16)
    values[:, 4:] = top
    pixels, facts = decoder.decode_with_facts(encoded(Image.fromarray(values)), (8, 8))
    assert pixels[0, 0, 0] == 0
    assert pixels[0, 7].tolist() == [expected] * 3
    assert facts.range_used == pytest.approx(top / 65535)


def test_a_series_of_sixteen_bits_keeps_its_ratios_and_a_declared_depth_is_used():
    values = np.linspace(0, 4000, 64).reshape(8, 8).astype(np.uint16)
    dark, bright = (
        decoder.decode(encoded(Image.fromarray(one)), (8, 8)) for one in (values, values * 16)
    )
    assert np.abs(bright / 16 - dark).max() <= 1
    declared = encoded(Image.fromarray(values), "TIFF", tiffinfo={281: 4095})
    pixels, facts = decoder.decode_with_facts(declared, (8, 8))
    np.testing.assert_array_equal(pixels[..., 0], np.rint(values / 4095 * 255))
    assert facts.range_used == pytest.approx(4000 / 4095)
    for senseless in (4000, 100, 0):  # no depth, or less than the values
        pixels = decoder.decode(
            encoded(Image.fromarray(values), "TIFF", tiffinfo={281: senseless}), (8, 8)
        )
        np.testing.assert_array_equal(pixels, dark)


def test_stretching_the_contrast_uses_all_bits_of_a_dark_picture():
    values = np.linspace(0, 4095, 4096).reshape(64, 64).astype(np.uint16)
    data = encoded(Image.fromarray(values))
    assert len(np.unique(decoder.decode(data, (64, 64)))) <= 17
    assert len(np.unique(decoder.decode(data, (64, 64), equalization="contrast"))) > 200


def test_white_may_be_zero_in_sixteen_bits():
    values = np.array([[0, 65535]], np.uint16)
    pixels = decoder.decode(encoded(Image.fromarray(values), "TIFF", tiffinfo={262: 0}), (1, 2))
    assert pixels[0, :, 0].tolist() in ([255, 0], [0, 255])


def test_the_range_is_known_of_sixteen_bits_of_color_and_of_no_others():
    image = encoded(Image.fromarray(np.full((4, 4, 3), 15, np.uint8)))
    assert decoder.decode_with_facts(image, (4, 4))[1].range_used == 1
    header = struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + struct.pack(">12H", *[4095] * 12) for _ in range(4))
    deep = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    pixels, facts = decoder.decode_with_facts(deep, (4, 4))
    assert (pixels == 15).all()
    assert facts.range_used == pytest.approx(15 / 255)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 51.0, 255.0], [0, 51, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 1e6, 2e6], [0, 128, 255]),
        ([float("nan"), 0.2, 1.0], [0, 51, 255]),
        ([0.0, 0.0, 0.0], [0, 0, 0]),
        ([-5.0, -5.0, -5.0], [0, 0, 0]),
    ],
)
def test_floats_are_scaled_to_0_to_255(values, expected):
    image = Image.fromarray(np.array([values], np.float32))
    pixels = decoder.decode(encoded(image, "TIFF"), (1, 3))
    np.testing.assert_allclose(pixels[0, :, 0], expected, atol=1)  # 127.5 rounds either way


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_taken(format):
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "lime", "blue")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    assert distance(decoder.decode(data, (16, 16)), np.array([255, 0, 0])) < 2


def test_grayscale_has_one_channel_of_luma():
    pixels = decoder.decode(encoded(picture()), SQUARE, "grayscale")
    rgb = decoder.decode(encoded(picture()), SQUARE).astype(float)
    assert pixels.shape == (32, 32, 1)
    assert np.abs(pixels[..., 0] - rgb @ [0.299, 0.587, 0.114]).max() <= 1


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF"])
def test_gray_images_give_one_and_the_same_value_in_every_channel(format):
    gray = picture().convert("L")
    for image in (gray, gray.convert("RGB")):
        rgb = decoder.decode(encoded(image, format), SQUARE)
        one = decoder.decode(encoded(image, format), SQUARE, "grayscale")
        np.testing.assert_array_equal(rgb, np.repeat(one, 3, axis=2))


def test_crop_keeps_the_centre_and_pad_keeps_everything():
    values = np.zeros((20, 60, 3), np.uint8)
    values[:, 20:40] = 200
    data = encoded(Image.fromarray(values))
    assert (decoder.decode(data, (20, 20), aspect="crop") == 200).all()
    padded = decoder.decode(data, (60, 60), aspect="pad")
    np.testing.assert_array_equal(padded[20:40], values)
    assert not padded[:20].any()
    assert not padded[40:].any()


def test_any_size_can_be_cropped_and_padded_to_any_other():
    random = np.random.default_rng(2)
    for height, width, *target in random.integers(1, 90, (300, 4)).tolist():
        data = encoded(Image.new("RGB", (width, height), "white"), "BMP")
        assert (decoder.decode(data, target, "rgb", "crop") == 255).all()
        assert (decoder.decode(data, target, "rgb", "pad") == 255).any()


@pytest.mark.parametrize(("color", "aspect"), [("gray", "pad"), ("rgb", "fit")])
def test_an_unknown_color_or_aspect_is_a_mistake_of_the_caller(color, aspect):
    with pytest.raises(SettingError, match="must be one of"):
        decoder.decode(encoded(picture()), SQUARE, color, aspect)


def test_a_stripe_of_one_pixel_survives_padding():
    assert decoder.decode(encoded(Image.new("RGB", (5000, 1), "white")), SQUARE, aspect="pad").any()


def test_a_large_jpeg_is_close_to_its_full_decode():
    # detail of about five pixels, so that a decode that is too small loses some of it
    dots = np.random.default_rng(0).integers(0, 256, (75, 100, 3), np.uint8)
    photo = Image.fromarray(dots).resize((500, 375), Image.Resampling.BICUBIC)
    data = encoded(photo, "JPEG", quality=90)
    full = Image.open(io.BytesIO(data)).convert("RGB")
    for size in ((128, 128), (90, 120), (60, 60)):
        slow = np.asarray(full.resize(size[::-1], Image.Resampling.BILINEAR))
        assert distance(decoder.decode(data, size), slow) < 4
    small = full.resize((125, 94)).resize((128, 128), Image.Resampling.BILINEAR)
    assert distance(decoder.decode(data, (128, 128)), np.asarray(small)) > 4, "what 4 leaves out"


def png_of(width, height):
    """A header that claims a size, and no pixels."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encoded(picture(), "JPEG")[:-300], "damaged"),
        (encoded(picture(), "JPEG")[:-2], "cut off"),
        (encoded(picture(), "PNG")[:-300], "cut off"),
        (encoded(picture(), "WEBP")[:120], "damaged"),
        (encoded(picture(), "TIFF")[:500], "damaged"),
        (png_of(20000, 20000), "400 megapixels, more than the limit of 89.48"),
        (png_of(9460, 9460), "89.49 megapixels, more than the limit of 89.48; .*MAX_MEGAPIXELS"),
        (png_of(60, 60), "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "damaged|not a readable image format"),
        (b"", "not a readable image format"),
        (b"<!DOCTYPE html><title>404</title>", "web page"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage",
            "not a readable image format",
        ),
        (b"hello " * 50, "not a readable image format"),
    ],
)
def test_a_broken_file_gives_a_reason(data, reason):
    with pytest.raises(opening.BrokenImage, match=reason):
        decoder.decode(data, SQUARE)


def test_the_pixel_limit_does_not_depend_on_pillows_setting(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(opening.TooLarge, match="400 megapixels"):
        decoder.decode(png_of(20000, 20000), SQUARE)


def test_text_is_told_apart_from_a_damaged_image():
    with pytest.raises(opening.NotAnImage):
        decoder.decode(b"name,age\n", SQUARE)
    with pytest.raises(opening.BrokenImage) as caught:
        decoder.decode(encoded(picture(), "JPEG")[:-300], SQUARE)
    assert not isinstance(caught.value, opening.NotAnImage)


def test_a_path_and_its_content_give_the_same(tmp_path):
    path = tmp_path / "عکس 1.jpg"
    path.write_bytes(encoded(picture(), "JPEG"))
    np.testing.assert_array_equal(
        decoder.decode(path, SQUARE), decoder.decode(path.read_bytes(), SQUARE)
    )


def test_dimensions_are_height_and_width():
    assert opening.dimensions(encoded(picture(30, 50))) == (30, 50)


def test_heic_without_its_package_stops_with_the_install_command(monkeypatch):
    monkeypatch.setattr(opening, "formats", lambda: ("JPEG", "PNG"))
    photo = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100)
    with pytest.raises(DataError, match="pip install pi-heif") as caught:
        decoder.decode(photo, SQUARE)
    assert not isinstance(caught.value, opening.BrokenImage)


def test_pillows_warnings_are_not_shown_in_any_thread():
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x09" + bytes(5)  # promises nine entries
    data = encoded(picture(), "JPEG", exif=exif)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        Image.open(io.BytesIO(data)).getexif()
        assert shown, "the positive control must warn"
        shown.clear()
        threads = [threading.Thread(target=lambda: decoder.decode(data, SQUARE)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not shown
