"""The run that version 0.1 stored, with images that look like its classes."""

from pathlib import Path

import made_up_runs
import pytest


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up_runs.stored(tmp_path_factory.mktemp("models"))
