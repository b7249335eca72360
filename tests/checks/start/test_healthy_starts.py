"""Networks with every scaling of the pixels start well, and check and diagnosis agree on it."""

import importlib
import math

import keras
import numpy as np
import pytest

from kit import architectures, diagnosis
from kit.checks.recording import recorded
from kit.checks.start.initial_loss_judged import Sight, Start, judge_initial_loss
from kit.checks.start.inputs import _channel
from kit.checks.start.inputs_judged import judge_inputs
from kit.checks.start.inputs_seen import Pixels
from kit.diagnosis.curve_reading import read
from kit.diagnosis.rules_data import input_range
from kit.diagnosis.rules_network import bad_weights
from kit.monitoring import layer_numbers as numbers
from kit.monitoring.measures import scale as size

OTHERS = ("unit", "symmetric", "minmax", "zscore", "mean_channel", "channel_zscore")
FEW = ("alexnet", "inception", "mlp", "mobile", "residual")  # a kind each; proofs try the others
NETWORKS = [name for name in architectures.names() if "scale" in architectures.settings(name)]
CLASSES = np.arange(24) % 3


def make(name: str, scale: str) -> tuple[keras.Model, np.ndarray]:
    """Return a small network with its own start, adapted to images of three classes."""
    keras.utils.set_random_seed(0)
    example = dict(importlib.import_module(f"kit.architectures.{name}").EXAMPLE)
    if name == "alexnet":  # its published start, 0.01 everywhere, does not suit fewer filters
        example = {"input_shape": (32, 32, 3), "dense": (512, 512), "dropout": 0.0}
    shape = example.pop("input_shape")
    model = architectures.build(name, shape, 3, **(example | {"scale": scale}))
    rng = np.random.default_rng(0)
    bright = rng.uniform(0.2, 1, (24, 1, 1, shape[-1]))
    images = (255 * bright * rng.uniform(0, 1, (24, *shape))).astype("float32")
    architectures.adapt(model, [images])
    return model, images


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        *(
            pytest.param(name, "mean_image", marks=[pytest.mark.proof] * (name not in FEW))
            for name in NETWORKS
        ),
        *(("convnet", scale) for scale in OTHERS),
    ],
)
def test_nothing_fails_and_nothing_contradicts(name: str, scale: str) -> None:
    model, images = make(name, scale)
    with recorded(model) as recording:
        answers = np.asarray(model(images, training=True))
    kernels = numbers.kernels(model)
    first, head = next(iter(kernels)), list(kernels)[-1]
    features = np.asarray(recording.inputs[head]).reshape(len(images), -1)
    loss = float(-np.log(answers[np.arange(24), CLASSES]).mean())
    hits = int((answers.argmax(-1) == CLASSES).sum())
    spread = float(np.sqrt(np.mean(features.std(axis=0) ** 2)))
    start = judge_initial_loss(
        Start(loss, math.log(3), "ln 3", 0.0, 24, hits, 8),
        Sight(head, float(np.sqrt(np.mean(features**2))), spread, 1.0, 1.0),
    )
    seen = np.asarray(recording.inputs[first])
    channels = tuple(map(_channel, np.moveaxis(seen, -1, 0)))
    shape = images.shape[1:]
    pixels = judge_inputs(Pixels(first, channels, _channel(images), 24, shape, shape))
    started = diagnosis.Evidence(
        {},
        diagnosis.Facts(classes=3),
        inputs=numbers.looked_into(model, images)[2],
        scales={layer: size(of_layer) for layer, of_layer in kernels.items()},
    )

    assert "scale" not in kernels
    assert abs(loss / math.log(3) - 1) < 0.1
    assert "failed" not in (start.verdict, pixels.verdict), (start, pixels)
    assert [rule(started, read(started)) for rule in (input_range, bad_weights)] == [None, None]
