import time

import keras
import numpy as np
import pytest

from kit import checks, data
from kit.checks.start.waiting_for_data import judge_pipeline
from kit.errors import SettingError


def test_a_model_that_never_waits_is_ok() -> None:
    found = judge_pipeline(0.02, 0.1, 0.105)

    assert found.verdict == "ok"
    assert found.advice == ""
    assert found.numbers["waiting"] == pytest.approx(0.048, abs=0.001)


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ((0.3, 0.1, 0.32, 0.05), "Augmentation takes 83%"),
        ((0.3, 0.1, 0.32, 0.28), "Reading"),
        ((0.3, 0.1, 0.32, None), "Reading"),
        ((0.08, 0.1, 0.18, None), "prefetch"),
    ],
)
def test_what_would_help_is_told_apart(times, says) -> None:
    found = judge_pipeline(*times)

    assert found.verdict == "warning"
    assert says in found.advice


def test_what_other_programs_take_is_no_waiting_for_data() -> None:
    assert judge_pipeline(0.007, 0.012, 0.054).verdict == "ok"


def model(shape=(8, 8, 3), outputs=2):
    network = keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(outputs, "softmax")]
    )
    network.compile("sgd", "categorical_crossentropy")
    return network


class Slow:
    def __init__(self, seconds):
        self.seconds = seconds

    def __iter__(self):
        for _ in range(3):
            time.sleep(self.seconds)
            yield np.zeros((4, 8, 8, 3), "float32"), np.eye(2, dtype="float32")[[0, 1, 0, 1]]


def test_slow_batches_are_waited_for() -> None:
    found = checks.pipeline(checks.from_model(model()), Slow(0.2), steps=3)

    assert found.verdict == "warning", found
    assert found.numbers["waiting"] > 0.3
    assert found.numbers["data"] > 0.19


def test_a_data_folder_is_timed_with_and_without_augmentation(photos) -> None:
    splits = data.load(photos, image_size=(8, 8), batch_size=8)
    found = checks.pipeline(checks.from_model(model()), splits, steps=2)

    assert found.numbers["plain"] > 0
    assert found.numbers["both"] > 0


def test_batches_that_come_once_only_are_refused() -> None:
    with pytest.raises(SettingError, match="once"):
        checks.pipeline(checks.from_model(model()), iter(Slow(0)), steps=3)


def test_no_batch_is_refused() -> None:
    with pytest.raises(SettingError, match="no batch"):
        checks.pipeline(checks.from_model(model()), [])
