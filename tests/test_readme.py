"""What the README shows runs."""

import re
import shutil
from pathlib import Path
from typing import Any

import keras
import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.usefixtures("eagerly", "sketched")
def test_the_python_example_runs(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    shutil.copytree(photos, tmp_path / "photos")
    monkeypatch.chdir(tmp_path)

    names: dict[str, Any] = {}
    for example in examples:  # on smaller images, for as short as can be
        example = example.replace("image_size=64", "image_size=12").replace("epochs=4", "epochs=1")
        exec(compile(example, "README.md", "exec"), names)

    assert len(names["predictions"].table) == 2 * 48
    out = capsys.readouterr().out
    assert "validation: " in out
    assert "probability" in out
    assert keras.saving.load_model("photos.keras").output_shape == (None, 2)


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "models" / "README.md"]:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page}: {link}"
