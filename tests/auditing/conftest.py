"""A folder in which nothing is wrong."""

import shutil
from pathlib import Path

import pytest
from audit_pictures import jpeg, photo


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 24 different pictures each, without a fault."""
    folder = tmp_path_factory.mktemp("audit") / "data"
    for label, name in enumerate(("cats", "dogs")):
        (folder / name).mkdir(parents=True)
        for number in range(24):
            path = folder / name / f"{number:02}.jpg"
            path.write_bytes(jpeg(photo(1000 * label + number)))
    return folder


@pytest.fixture
def sound(drawn: Path, tmp_path: Path) -> Path:
    """A copy of these, to plant faults in."""
    return Path(shutil.copytree(drawn, tmp_path / "data"))
