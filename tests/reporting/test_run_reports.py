"""The report of a run: one page with everything in it, whatever the run has."""

import base64
import hashlib
import io
import json
import re
import shutil
from pathlib import Path

import html_pages
import made_up_runs
import pytest
from PIL import Image

import kit
from kit.commands.terminal import draw_report
from kit.errors import SettingError

STORED = Path(__file__).parents[1] / "stored_run_0.1"
FILES = ["cats/0.png", "dogs/0.png", "گربه/0.png"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    images = made_up_runs.pictures(folder / "photos", FILES)
    return made_up_runs.write(folder / "photos-basic_cnn", images)


@pytest.fixture(scope="module")
def page(run: Path) -> html_pages.Page:
    return html_pages.read(kit.report(run))


def test_the_sections_come_from_the_verdict_to_the_command(page: html_pages.Page) -> None:
    assert [one["id"] for one in page.all("section")] == [
        *("verdict", "scores", "mistakes", "confusion", "training", "checks", "classes"),
        *("images", "network", "settings"),
    ]
    assert page.all("html")[0]["lang"] == "en"
    assert any("width=device-width" in one.get("content", "") for one in page.all("meta"))


def test_the_verdict_is_how_good_how_sure_and_what_next(page: html_pages.Page, run: Path) -> None:
    start = page.texts.index("In short", page.texts.index("In short") + 1)
    good, sure, following = page.texts[start + 1 : start + 4]
    scores = json.loads((run / "metrics.json").read_text("utf-8"))["validation"]
    right = round(scores["accuracy"] * 24)

    assert good.startswith(f"The network classifies {right} of 24 validation images correctly")
    assert f"{100 * scores['accuracy_low']:.1f} % to {100 * scores['accuracy_high']:.1f} %" in sure
    assert "these images also chose the epoch" in sure
    assert following == "Next: Lower the rate."


def test_the_cells_of_the_matrix_open_all_their_images(page: html_pages.Page, run: Path) -> None:
    answers = [line.split(",") for line in (run / "predictions.csv").read_text("utf-8").split("\n")]
    pairs = {(row[1], row[2]) for row in answers[1:-1]}
    opened = [one for one in page.all("div") if one.get("class") == "cell"]
    links = [one["href"] for one in page.all("a") if "aria-label" in one]

    assert len(opened) == len(links) == len(pairs)
    assert {one["id"] for one in opened} == {link[1:] for link in links}
    mistakes = sum(true != predicted for true, predicted in (row[1:3] for row in answers[1:-1]))
    shown = [one for one in page.all("img") if one["alt"].endswith("/0.png")]
    assert len(shown) == 24 + mistakes


def test_pictures_are_made_anew_and_small_ones_keep_every_pixel(page: html_pages.Page) -> None:
    shown = next(one for one in page.all("img") if one["alt"] == "cats/0.png")
    content = base64.b64decode(shown["src"].partition(",")[2])
    picture = Image.open(io.BytesIO(content))

    assert (picture.format, picture.size, shown["class"]) == ("WEBP", (24, 24), "enlarged")
    assert int(shown["width"]) % 24 == 0


def test_the_policy_lets_its_own_style_in_and_nothing_else(run: Path) -> None:
    text = kit.report(run).read_text("utf-8")
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    policy = html_pages.policy(html_pages.Page(text))
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert f"style-src 'sha256-{digest}'" in policy


def test_a_run_of_version_0_1_has_a_report_of_what_it_has(tmp_path: Path) -> None:
    copy = shutil.copytree(STORED, tmp_path / "old")
    page = html_pages.read(kit.report(kit.load(copy)))

    assert "checks" not in {one["id"] for one in page.all("section")}
    assert "The network classifies 10 of 12 validation images correctly" in " ".join(page.texts)
    assert "two words/04.png" in page.texts
    assert any("not there any more" in text for text in page.texts)
    assert kit.load(copy).report == copy / "report.html"
    assert kit.load(STORED).report is None


def test_an_interrupted_run_says_that_nothing_is_known(tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path, finished=False)
    for name in ("metrics.json", "diagnosis.json", "checks.json", "predictions.csv", "split.csv"):
        (run / name).unlink()
    shutil.rmtree(run / "figures")

    page = html_pages.read(kit.report(run))

    assert any("was interrupted, so nothing shows how good" in text for text in page.texts)


def test_a_run_that_is_not_whole_is_named_and_an_older_report_stays(tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path)
    before = kit.report(run).read_bytes()
    for name, content, said in (
        ("diagnosis.json", "{", r"diagnosis\.json is damaged"),
        ("diagnosis.json", '{"next_steps": [1]}', "its files do not fit together"),
        ("predictions.csv", "", "its files do not fit together"),
        ("predictions.csv", "file,true,predicted,probability,split\n", "do not match the scores"),
    ):
        kept = (run / name).read_text("utf-8")
        (run / name).write_text(content, "utf-8")
        with pytest.raises(SettingError, match=said):
            kit.report(run)
        (run / name).write_text(kept, "utf-8")
    with pytest.raises(SettingError, match="is not a run"):
        kit.report(tmp_path)

    assert (run / "report.html").read_bytes() == before


def test_a_network_that_guesses_is_not_called_good(tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path, wrong=0.7)

    page = html_pages.read(kit.report(run))

    assert any("This may be no better than always answering" in text for text in page.texts)


def test_a_report_that_fails_takes_nothing_from_the_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_report(tmp_path)

    said = capsys.readouterr().err
    assert said.startswith(f"No report could be drawn ({tmp_path} is not a run")
    assert said.count("\n") == 1
