"""The reports of a search and of an audit."""

import json
import shutil
from pathlib import Path

import html_pages
import numpy as np
import pytest
from PIL import Image

import kit
from kit import auditing
from kit.errors import SettingError

TRIALS = """trial,stage,learning_rate,status,reason,epochs,best_epoch,best_val_accuracy,seconds
1,1,0.0012345678,complete,,2,2,0.75,1.0
2,1,0.9,infeasible,'=loss <b>,1,,,1.0
"""


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """A search of a made-up folder, without figures and without a winner's report."""
    folder = tmp_path / "photos-search"
    folder.mkdir()
    facts = {
        "class_names": ["<b>", "b"],
        "image_size": [8, 8],
        "color": "rgb",
        "finished": True,
        "looks": 3,
        "sentences": ["Best: learning_rate 0.0012 <b>."],
        "data": {"folder": str(tmp_path), "notes": []},
    }
    settings = "ranges:\n  search:\n  - learning_rate=0.0001:1.0\n"
    (folder / "search.yaml").write_text(settings, "utf-8")
    (folder / "facts.json").write_text(json.dumps(facts), "utf-8")
    (folder / "trials.csv").write_text(TRIALS, "utf-8")
    return folder


def test_a_search_is_told_in_sentences_and_trial_by_trial(search: Path) -> None:
    (search / "figures").mkdir()
    Image.new("RGB", (40, 30)).save(search / "figures" / "map.png")
    (search / "best").mkdir()
    (search / "best" / "report.html").write_text("", "utf-8")

    page = html_pages.read(kit.report(search))

    sections = [one["id"] for one in page.all("section")]
    assert sections == ["found", "ranges", "trials", "images", "settings"]
    assert "Best: learning_rate 0.0012 <b>." in page.texts
    assert {"learning rate", "0.001235", "'=loss <b>", "0.75"} <= set(page.texts)
    assert "seconds" not in page.texts
    assert "best/report.html" in page.having("href")


def test_a_search_that_was_interrupted_says_so(search: Path) -> None:
    known = json.loads((search / "facts.json").read_text("utf-8"))
    del known["sentences"]
    (search / "facts.json").write_text(json.dumps({**known, "finished": False}), "utf-8")

    page = html_pages.read(kit.report(str(search)))

    assert any("search is not complete: 2 trials" in text for text in page.texts)
    assert [one["id"] for one in page.all("section")][:2] == ["found", "trials"]


def test_the_findings_of_an_audit_show_both_pictures_and_name_the_partner(
    photos: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(photos, tmp_path / "<i>pets")
    shutil.copyfile(folder / "blue" / "00.png", folder / "blue" / "zz.png")
    (folder / "blue" / "02.png").write_bytes((folder / "blue" / "02.png").read_bytes()[:300])
    dark = np.linspace(0, 36, 480).reshape(20, 24).astype(np.uint8)
    Image.fromarray(dark).save(folder / "blue" / "05.png")
    audited = tmp_path / "out"
    audited.mkdir()
    (audited / "audit.json").write_text(auditing.to_json(auditing.audit(folder)), "utf-8")

    page = html_pages.read(kit.report(audited))

    sections = [one["id"] for one in page.all("section")]
    assert sections == ["audited", "findings", "hints", "looks"]
    assert [one["id"] for one in page.all("h3") if "id" in one] == ["broken", "copy", "dark"]
    assert {"blue/zz.png", "blue/00.png"} <= {one["alt"] for one in page.all("img")}
    place = page.texts.index("blue/zz.png")
    assert page.texts[place + 1 : place + 3] == ["and", "blue/00.png"]
    assert any("no picture, cannot be read" in text for text in page.texts)


def test_only_a_clear_shortcut_is_called_one(photos: Path, tmp_path: Path) -> None:
    known = json.loads(auditing.to_json(auditing.audit(photos)))
    hint = {"balanced_accuracy": 0.6, "low": 0.4, "high": 0.8, "guessing": 0.5, "advice": "Crop."}
    known["shortcuts"] = [{**hint, "name": "file size", "clear": False}]
    (tmp_path / "audit.json").write_text(json.dumps(known), "utf-8")
    unclear = html_pages.read(kit.report(tmp_path)).texts
    known["shortcuts"][0] |= {"clear": True, "advice": "Use --aspect crop."}
    (tmp_path / "audit.json").write_text(json.dumps(known), "utf-8")
    clear = html_pages.read(kit.report(tmp_path)).texts

    assert "Not clearly." in unclear
    assert not {"Yes.", "Crop."} & set(unclear)
    place = clear.index("Yes.")
    assert clear[place + 1 : place + 4] == ["Use", "--aspect", "crop."]


def test_an_audit_that_found_nothing_says_so_and_a_damaged_one_is_named(
    photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "audit.json").write_text(auditing.to_json(auditing.audit(photos)), "utf-8")

    page = html_pages.read(kit.report(tmp_path))
    (tmp_path / "audit.json").write_text("[]", "utf-8")

    assert "findings" not in [one["id"] for one in page.all("section")]
    assert any(text.startswith("No broken, duplicate or unusual file") for text in page.texts)
    with pytest.raises(SettingError, match=r"audit\.json is damaged"):
        kit.report(tmp_path)
