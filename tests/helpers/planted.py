"""Objects at random places in noise, and small networks that learnt to tell them apart."""

import keras
import numpy as np

from kit import architectures, explanation

FLAT = 0.25  # share of a flat map's heat that lies in a box


def planted(count: int, side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images of two classes, their labels, and where the object of each is.

    The object fills a quarter of the image: red to brown in class 0, blue in class 1. The rest is
    gray noise.

    Returns:
        Float32 ``(count, side, side, 3)``, int64 ``(count,)``, bool ``(count, side, side)``.
    """
    random = np.random.default_rng(seed)
    images = random.normal(128, 25, (count, side, side, 3))
    labels = np.arange(count) % 2
    inside = np.zeros((count, side, side), bool)
    half = side // 2
    for number, (top, left) in enumerate(random.integers(0, side - half + 1, (count, 2))):
        inside[number, top : top + half, left : left + half] = True
        images[number][inside[number]] += np.array([90, 0, -90]) * (1 - 2 * labels[number])
    return np.clip(images, 0, 255).astype(np.float32), labels, inside


def taught(
    name: str, side: int, count: int = 64, epochs: int = 10, rate: float = 0.01, **settings: object
) -> keras.Model:
    """Return a small network that tells the planted objects apart, at least 19 of 20."""
    keras.utils.set_random_seed(1)
    model = architectures.build(name, (side, side, 3), 2, **settings)
    images, labels, _ = planted(count, side)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(images, labels, batch_size=16, epochs=epochs, verbose=0)
    answers = np.asarray(model(images[:64], training=False)).argmax(axis=1)
    assert np.mean(answers == labels[:64]) >= 0.95, f"{name} has not learnt it"
    return model


def shares(heat: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return of each image which share of the heat lies in its box; 0 where there is no heat."""
    whole = heat.sum(axis=(1, 2))
    return (heat * inside).sum(axis=(1, 2)) / np.where(whole > 0, whole, 1)


def share_with_random_last_layers(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, inside: np.ndarray
) -> float:
    """Return the share of the heat in the boxes with six random last layers, on average."""
    last = next(layer for layer in reversed(model.layers) if layer.weights)
    random, found = np.random.default_rng(0), []
    learnt = last.get_weights()
    for _ in range(6):
        last.set_weights([random.normal(size=one.shape) for one in learnt])
        found.append(shares(explanation.heat_map(model, images, labels), inside).mean())
    last.set_weights(learnt)
    return float(np.mean(found))
