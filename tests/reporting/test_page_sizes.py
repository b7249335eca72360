"""A page stays small, and shows nothing of other folders."""

from pathlib import Path

import html_pages
import made_up_runs
from PIL import Image

import kit
from kit.reporting.pictures import FULL, Thumbnails, figure


def test_the_page_of_1000_validation_images_stays_below_5_megabytes(tmp_path: Path) -> None:
    names = [f"class {number}" for number in range(10)]
    files = [f"{name}/{number}.png" for number in range(4) for name in names]
    images = made_up_runs.pictures(tmp_path / "photos", files, side=120)  # noise is the worst case
    run = made_up_runs.write(tmp_path / "run", images, names, files, count=1000, wrong=0.7)

    path = kit.report(run)

    assert path.stat().st_size < 5_000_000
    page = html_pages.read(path)
    assert len(page.all("img")) > 500
    assert sum("enough pictures" in text for text in page.texts) < 1000


def test_thumbnails_end_where_the_page_is_full(tmp_path: Path) -> None:
    files = [f"{number}.png" for number in range(8)]
    made_up_runs.pictures(tmp_path, files, side=60)

    found = list(Thumbnails(tmp_path, room=10_000).of(files, 60))

    assert found[0].uri
    assert found[-1] is FULL


def test_photos_are_upright_and_nothing_outside_their_folder_is_shown(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (300, 200)).save(inside / "turned.jpg", exif=exif)
    Image.new("RGB", (9, 9)).save(tmp_path / "secret.png")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "text.png").write_text("no image", "utf-8")
    names = ["turned.jpg", "../secret.png", str(tmp_path / "secret.png"), "link.png", "text.png"]

    upright, *others, broken = Thumbnails(inside).of(names, 100)

    assert (upright.width, upright.height) == (67, 100)
    assert [one.why for one in others] == ["outside the folder of the images"] * 3
    assert broken.why == "cannot be read"


def test_a_figure_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "curves.png").write_bytes(b"none")

    assert figure(tmp_path / "curves.png").why == "curves.png cannot be read"
