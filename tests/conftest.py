"""Every test run has a cache folder of its own and leaves nothing in the user's."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["COLUMNS"] = "100"  # help and tables fill the terminal, and a terminal has any width


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIT_CACHE", str(folder))
        # A machine that has pretrained weights chooses other networks by itself.
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        patch.setenv("KIT_OFFLINE", "1")  # and one with a network would fetch them
        yield folder


@pytest.fixture(scope="session", autouse=True)
def imported_modules_are_not_searched_for_garbage() -> None:
    """Leave out what importing has made: a search takes half a second with it, nothing without."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_left_in_memory() -> Iterator[None]:
    """Let go of what Keras keeps of every network, or the whole suite needs 15 GB."""
    imported = len(sys.modules)
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()
    if len(sys.modules) > imported + 100:  # TensorFlow, say, after the session's start
        gc.freeze()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes that a small network tells apart: red and blue noise, 24 images of 20 x 24."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    rng = np.random.default_rng(0)
    for channel, name in ((0, "قرمز red"), (2, "blue")):
        (folder / name).mkdir(parents=True)
        for number in range(24):
            pixels = rng.integers(0, 120, (20, 24, 3), dtype=np.uint8)
            pixels[..., channel] += 130
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def weights(keras_home: Path) -> Path:
    """Random weights under the name of the smallest MobileNet's pretrained ones."""
    import keras

    from kit.architectures import backbones

    path = backbones.weights_file(backbones.find("MobileNet-0.25"))
    path.parent.mkdir(parents=True)
    keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
    ).save(path)
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of color photos of 70 x 90 pixels."""
    folder = tmp_path_factory.mktemp("data") / "large"
    rng = np.random.default_rng(0)
    for channel, name in ((0, "red"), (2, "blue")):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 120, (70, 90, 3), dtype=np.uint8)
            pixels[..., channel] += 130
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def eagerly() -> Iterator[None]:
    """Take steps of small trainings one by one: compiling takes seconds, a step milliseconds."""
    import keras

    trainer = next(kind for kind in keras.Model.__mro__ if "run_eagerly" in vars(kind))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "run_eagerly", property(lambda _: True, lambda *_: None))
        yield


@pytest.fixture(scope="module")
def sketched() -> Iterator[None]:
    """Save a dot in place of each figure: drawing takes seconds, and tests/plots looks at it."""
    from kit import plots

    def save(figure: object, path: Path | str) -> None:
        Image.new("L", (1, 1)).save(path)

    drawn = ("augmented", "confusion", "curves", "images", "mixed", "network")
    drawn += ("search_cost", "search_curves", "search_map", "search_settings")
    with pytest.MonkeyPatch.context() as patch:
        for name in drawn:
            patch.setattr(plots, name, lambda *_, **__: None)
        patch.setattr(plots, "save", save)
        yield
