"""The model card of a run: what is known is filled in, what only a person knows is asked for."""

import shutil
from pathlib import Path

import made_up_runs
import yaml
from html_pages import Page
from markdown_it import MarkdownIt
from test_hostile_names import PAYLOADS

import kit

STORED = Path(__file__).parents[1] / "stored_run_0.1"
SECTIONS = [
    *("Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data"),
    *("Quantitative analyses", "Ethical considerations", "Caveats and recommendations"),
]


def card(run: Path) -> tuple[dict[str, object], Page]:
    """Return the front matter of a run's card, and the rest as a browser shows it."""
    kit.report(run)
    _, front, text = (run / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(front), Page(MarkdownIt("gfm-like", {"linkify": False}).render(text))


def test_a_card_has_the_sections_of_its_source_and_the_scores_of_the_run(tmp_path: Path) -> None:
    front, page = card(made_up_runs.write(tmp_path / "pets-basic_cnn", tmp_path / "pets"))

    assert [text for text in page.texts if text in SECTIONS] == SECTIONS
    assert page.texts.count("To fill in") == 8
    assert any("cats, dogs, گربه" in text for text in page.texts)
    assert "24 validation images" in " ".join(page.texts)
    assert "license" not in front
    assert front["pipeline_tag"] == "image-classification"
    result = front["model-index"][0]["results"][0]  # type: ignore[index]
    assert result["dataset"] == {"name": "pets", "type": "imagefolder"}
    assert result["metrics"][0]["type"] == "accuracy"
    assert str(tmp_path) not in (tmp_path / "pets-basic_cnn" / "README.md").read_text("utf-8")


def test_names_are_no_markdown_and_no_markup(tmp_path: Path) -> None:
    shapes = []
    names = [*PAYLOADS, "# big", "[x](http://a.b)", "`code`", "a | b", "- list", "1. list", "__b__"]
    for number, each in enumerate((names, [f"class {one}" for one in range(len(names))])):
        front, page = card(made_up_runs.write(tmp_path / str(number), tmp_path, each))
        shapes.append(page.shape)
        assert any(each[0] in text for text in page.texts)
        assert front["library_name"] == "keras"

    assert shapes[0] == shapes[1]


def test_a_card_that_somebody_filled_in_stays(tmp_path: Path) -> None:
    run = shutil.copytree(STORED, tmp_path / "old")
    card(run)
    (run / "README.md").write_text("mine", "utf-8")
    kit.report(run)

    assert (run / "README.md").read_text("utf-8") == "mine"
