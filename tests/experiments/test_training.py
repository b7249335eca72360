"""The flow of a training, called from Python."""

from typing import Any

import pytest

import kit
from kit.errors import SettingError
from kit.experiments import training
from kit.experiments.choice.plan import attempts, check_last
from kit.experiments.trainings.trained_networks import training_limit
from kit.settings import Training


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"folds": 1}, {"learning_rate": -1.0}])
def test_a_number_out_of_its_range_is_refused_before_tensorflow_starts(
    wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "start_keras", lambda: pytest.fail("TensorFlow starts"))

    with pytest.raises(SettingError, match="must be"):
        kit.train("nowhere", **wrong)
    with pytest.raises(SettingError, match=r"no setting \"epoch\"\. Did you mean"):
        kit.train("nowhere", epoch=3)


def test_pre_training_needs_validation_images() -> None:
    settings = Training().having(pretrain="autoencoder", use_validation=True, last_epoch=3)

    with pytest.raises(SettingError, match="use_validation leaves none"):
        check_last(settings, attempts(42))


def test_a_limit_leaves_time_for_pictures_and_the_report():
    assert training_limit(None) is None
    assert training_limit(10) == pytest.approx(10 - 8 / 60)
    assert training_limit(0.8) == pytest.approx(0.7)
