"""Real trainings with a known cause: one of each, made by docs/gallery/train.py on the digits."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import kit
from kit import diagnosis

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("gallery.jsonl").read_text("utf-8").splitlines()
]
UNKNOWN = ("validation inverted", "pixels scattered", "softmax twice")
GALLERY = Path(kit.__file__).parents[1] / "docs" / "gallery"


@pytest.fixture(scope="module")
def score() -> ModuleType:
    if not GALLERY.is_dir():
        pytest.skip("the scripts of docs/gallery are not part of an installed package")
    spec = importlib.util.spec_from_file_location("gallery_score", GALLERY / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("row", [r for r in ROWS if r["cause"]], ids=lambda row: row["how"])
def test_the_injected_cause_is_named_first(row: dict[str, Any], score: ModuleType) -> None:
    assert diagnosis.diagnose(score.seen(row)).cause == row["cause"]


@pytest.mark.parametrize(
    "row", [r for r in ROWS if not r["cause"] and r["how"] not in UNKNOWN], ids=lambda r: r["how"]
)
def test_a_healthy_training_never_fails(row: dict[str, Any], score: ModuleType) -> None:
    assert diagnosis.diagnose(score.seen(row)).verdict != "failed"


def test_the_gallery_holds_20_causes_and_10_healthy_trainings() -> None:
    assert len([row for row in ROWS if row["cause"]]) >= 20
    assert len([row for row in ROWS if not row["cause"]]) >= 10 + len(UNKNOWN)
