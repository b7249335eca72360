"""Small networks of every architecture, and one fresh process that loads all their files."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kit import architectures
from kit.architectures.backbones.weightless import without_weights
from kit.architectures.parts.arguments import arguments

STYLES = ("functional", "sequential")

# Runs where kit is installed but must not be needed: a file is a model by itself.
LOAD = """
import json, sys
import keras, numpy as np
for path, images, answers in json.load(open(sys.argv[1])):
    model = keras.models.load_model(path)
    np.save(answers, model(np.load(images), training=False))
assert "kit" not in sys.modules, "a saved model needs kit"
"""


def example(name: str) -> dict[str, object]:
    """Return what ``build`` takes for the small network of this architecture."""
    return dict(importlib.import_module(f"kit.architectures.{name}").EXAMPLE)


def build_example(name: str, num_classes: int = 3, style: str = "functional", **settings):
    """Build the small network, always with the same weights."""
    keras.utils.set_random_seed(1)
    arguments = example(name) | settings
    shape = arguments.pop("input_shape")
    return architectures.build(name, shape, num_classes, style, **arguments)


@cache
def outline(name: str, shape: tuple[int, int, int], num_classes: int = 10, **settings):
    """Return a model of which the shapes are known and the weights take no memory."""
    return without_weights(lambda: architectures.build(name, shape, num_classes, **settings))


def of_those(name: str, **settings: object) -> dict[str, object]:
    """Return those of the settings that the architecture has."""
    known = architectures.settings(name)
    return {setting: value for setting, value in settings.items() if setting in known}


def pictures(shape: tuple[int, ...], count: int = 8) -> np.ndarray:
    """Return pictures with a structure: noise of different brightness and contrast."""
    random = np.random.default_rng(2)
    noise = random.uniform(-1, 1, (count, *shape))
    brightness = random.uniform(60, 200, (count, 1, 1, shape[-1]))
    contrast = random.uniform(5, 50, (count, 1, 1, 1))
    return (brightness + contrast * noise).astype("float32")


@pytest.fixture(scope="session")
def small() -> Callable[..., keras.Model]:
    """Give a network of one's own, to be changed at will."""
    return build_example


@pytest.fixture(scope="session")
def stages() -> Callable[..., list]:
    """Give the stages of the small network, which are no model yet."""

    def declared(name: str, **settings: object) -> list:
        settings = example(name) | settings
        shape = settings.pop("input_shape")
        function = importlib.import_module(f"kit.architectures.{name}").stages
        return function(shape, 3, **arguments(name, function, settings))

    return declared


@pytest.fixture(scope="session")
def images() -> Callable[..., np.ndarray]:
    return pictures


@pytest.fixture(params=architectures.names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """Skip a test for an architecture without the settings that the test is about."""

    def check(name: str, *settings: str) -> None:
        missing = sorted(set(settings) - set(architectures.settings(name)))
        if missing:
            pytest.skip(f"{name} has no setting {', '.join(missing)}")

    return check


@pytest.fixture(scope="session")
def loaded_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple, SimpleNamespace]:
    """Return, by (name, style), a saved model's answers here and in a process without kit."""
    folder = tmp_path_factory.mktemp("models")
    here, jobs = {}, []
    for name in architectures.names():
        for style in STYLES:
            asked = of_those(name, l2=0.01, activation="leaky_relu")
            model = build_example(name, 2, style, **asked)
            batch = pictures(model.input_shape[1:])
            stem = folder / f"{name}-{style}"
            model.save(f"{stem}.keras")
            np.save(f"{stem}-images.npy", batch)
            jobs.append([f"{stem}.keras", f"{stem}-images.npy", f"{stem}-answers.npy"])
            here[name, style] = np.asarray(model(batch, training=False))
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-c", LOAD, str(folder / "jobs.json")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return {
        key: SimpleNamespace(here=answers, there=np.load(job[2]))
        for (key, answers), job in zip(here.items(), jobs, strict=True)
    }
