"""What a training hands to its pre-training, and what it keeps of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from kit import training
from kit.experiments.trainings import trained_networks
from kit.settings import Training, Transfer


@pytest.mark.parametrize("kept", [False, True])
def test_what_is_said_reaches_the_autoencoder_which_is_kept_on_request(
    kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "figures").mkdir()
    asked: dict[str, Any] = {}
    drawing = keras.Sequential([keras.Input((4, 5, 1)), keras.layers.Rescaling(1 / 255)])

    def pretrain(model: Any, splits: Any, **settings: Any) -> training.Pretraining:
        asked.update(settings)
        history: Any = SimpleNamespace(table=pd.DataFrame({"epoch": [1], "loss": [0.1]}))
        return training.Pretraining(history, drawing, 2, np.zeros((2, 3, 4, 5, 1), np.uint8))

    monkeypatch.setattr(training, "pretrain", pretrain)
    said: dict[str, Any] = {"pretrain_epochs": 3, "pretrain_loss": "l1"} if kept else {}
    transfer = Transfer(pretrain="autoencoder", keep_autoencoder=kept, **said)
    settings, nothing = Training(transfer=transfer), None
    trained_networks._pretrain(settings, nothing, nothing, tmp_path / "history.csv", 10.0)  # type: ignore[arg-type]

    assert asked == {
        **({"epochs": 3, "loss": "l1"} if kept else {}),
        "unlabelled": None,
        "max_minutes": 5.0,
    }
    assert (tmp_path / "history_pretraining.csv").is_file()
    file = tmp_path / "autoencoder.keras"
    assert file.is_file() == kept
    if kept:
        white = np.full((1, 4, 5, 1), 255.0)
        np.testing.assert_allclose(keras.saving.load_model(file)(white), white / 255)
