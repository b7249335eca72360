"""What the page on the course shows is what its blocks print."""

import contextlib
import io
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data"
BLOCK = re.compile(r"```python ?(\w*)\n(.*?)```(?:\n\n```text ?([^\n]*)\n(.*?)```)?", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])(-?\d+(?:,\d{3})*(?:\.\d*)?(?:e[+-]?\d+)?)(?![\w])")
SOURCES = {"long": None, "photos": REAL / "cats_and_dogs", "cifar10": REAL / "cifar10.zip"}


class Block(NamedTuple):
    """Code of the page, and what stands below it."""

    kind: str  # nothing for those that are always run
    code: str
    tolerance: str  # as in "within 5 %", nothing where all is exact
    shown: str

    def check(self, printed: str) -> None:
        """Fail where the words are others, or a number is another one within the tolerance."""
        percent = re.fullmatch(r"within (\d+) %", self.tolerance or "within 0 %")
        assert percent, self.tolerance
        words, values = _parts(printed)
        shown_words, shown_values = _parts(self.shown)
        assert words == shown_words, f"{self.code}\nprints\n{printed}"
        near = pytest.approx(shown_values, rel=int(percent[1]) / 100, abs=1e-9, nan_ok=True)
        assert values == near, f"{self.code}\nprints\n{printed}"


def _parts(text: str) -> tuple[list[str], list[float]]:
    """Split a text into its words and its numbers."""
    words = NUMBER.sub(" # ", text).split()
    return words, [float(one.replace(",", "")) for one in NUMBER.findall(text)]


BLOCKS = [Block(*found) for found in BLOCK.findall((ROOT / "docs/course.md").read_text("utf-8"))]


def run(*kinds: str) -> None:
    names: dict[str, object] = {}
    for block in BLOCKS:
        if block.kind in kinds:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.code, "docs/course.md", "exec"), names)
            block.check(printed.getvalue())


@pytest.mark.usefixtures("eagerly")
def test_the_page_shows_what_its_blocks_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("")
    pictures = {path.name for path in tmp_path.glob("*.png")}
    shown = set(re.findall(r"pictures/course/(.*?)\)", (ROOT / "docs/course.md").read_text()))
    assert shown - pictures == {"homework-curves.png", "autoencoder.png"}  # by the others


@pytest.mark.proof
@pytest.mark.parametrize("kind", SOURCES)
def test_the_page_shows_what_its_long_blocks_print(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SOURCES[kind]
    if source is not None and not source.exists():
        pytest.skip(f"{source} is not here")
    monkeypatch.chdir(tmp_path)
    if kind == "cifar10":
        with zipfile.ZipFile(REAL / "cifar10.zip") as archive:
            archive.extractall(tmp_path)
    elif source is not None:
        (tmp_path / source.name).symlink_to(source)
    run("", kind)


def test_another_word_or_number_is_noticed() -> None:
    exact = Block("", "", "", "loss 2.30, 760 weights\n")
    about = exact._replace(tolerance="within 5 %")

    exact.check("loss 2.30,  760 weights")
    about.check("loss 2.35, 765 weights")
    for printed in ("loss 2.31, 760 weights", "lost 2.30, 760 weights", "loss 2.30"):
        with pytest.raises(AssertionError):
            exact.check(printed)
    with pytest.raises(AssertionError):
        about.check("loss 2.50, 760 weights")
    with pytest.raises(AssertionError):
        Block("", "", "", "").check("an answer that the page does not show")
