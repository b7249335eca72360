"""The networks of a training: built in their turn, and refused where they cannot fit."""

import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kit import architectures, data, description, memory, training
from kit.errors import SettingError
from kit.experiments.choice import network_choice
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.plan import attempts
from kit.experiments.trainings import building
from kit.settings import Optimization, Training


def test_networks_are_built_when_their_turn_comes_and_styles_start_from_equal_weights(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = architectures.build
    monkeypatch.setattr(
        architectures, "build", lambda *a, **k: built.append(a[3]) or build(*a, **k)
    )
    choice = network_choice.Choice("linear", {}, "linear", None, "auto")
    splits = data.load(photos, image_size=12)

    def networks(*asked: Any) -> Iterator[keras.Model]:
        planned = attempts(42, *asked)
        return building.build(choice, planned, [splits] * len(planned), Optimization())

    repeats = networks("functional", 3)
    assert (next(repeats).count_params(), len(built)) == (866, 1)
    styles = networks("both")
    first = next(styles)
    start = first.get_weights()
    first.set_weights([weights + 1 for weights in start])  # as if it were trained
    second = next(styles)
    assert built[1:] == ["functional", "sequential"]
    for one, other in zip(start, second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_that_cannot_fit_is_refused_before_the_images_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choice = Choice("vgg", {}, "vgg", (1000, 1000), "rgb")
    results = description.describe("vgg", (1000, 1000, 3), 2).activation_bytes
    monkeypatch.setattr(memory, "available", lambda: 32 * results)

    with pytest.raises(SettingError, match=r"1000 x 1000 pixels in batches of 32 .* this network"):
        building.check_room(choice, 64)
    building.check_room(choice, 16)
    for other in ({"image_size": (128, 128)}, {"image_size": None}, {"architecture": "pretrained"}):
        building.check_room(dataclasses.replace(choice, **other), 32)


def test_what_a_network_is_compiled_and_fitted_with_are_the_settings_of_those_names() -> None:
    choice = Choice("basic_cnn", {}, "basic_cnn", None, "auto")
    compiled = building.compile_settings(choice, Optimization())
    fitted = building.fit_settings(Training())

    assert set(compiled) == keywords(training.compile_model)
    assert set(compiled).isdisjoint(fitted)
    assert {*vars(Optimization())} <= {*compiled, *fitted}
    assert set(fitted) <= keywords(training.fit)


def keywords(function: Any) -> set[str]:
    return {
        name
        for name, one in inspect.signature(function).parameters.items()
        if one.kind is one.KEYWORD_ONLY
    }
