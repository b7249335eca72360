from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit import data
from kit.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, mode, size in (
        ("a/1.png", "L", (50, 90)),
        ("a/2.png", "RGB", (64, 64)),
        ("b/3.png", "RGB", (300, 70)),
        ("b/4.png", "I;16", (80, 80)),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        pixels = np.zeros((size[1], size[0]), np.uint16)
        image = Image.fromarray(pixels) if mode == "I;16" else Image.new(mode, size)
        image.save(path)
    (tmp_path / "b" / "5.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    return tmp_path


def test_headers_say_how_large_and_how_gray_the_images_are(folder: Path) -> None:
    seen = data.survey(folder)

    assert seen == data.Survey(images=4, gray=0.5, short_sides=(50, 64, 70, 80))
    assert seen.share_from(64) == 0.75
    assert seen.share_from(1000) == 0


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        data.survey(tmp_path)
