"""Every test of the data has a cache of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder: beside the test's own, which may be a data folder; it is not made yet."""
    folder = tmp_path.with_name(f"{tmp_path.name}-cache")
    monkeypatch.setenv("KIT_CACHE", str(folder))
    monkeypatch.delenv("KIT_CACHE_LIMIT_GB", raising=False)
    return folder
