"""Random numbers for Keras' augmentation layers that follow from an image's own seed."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

MOST = 32  # numbers that an image has in an epoch: all layers that change a batch draw 17


class ImageNumbers:
    """Stands for ``keras.random`` in a layer: each image of a batch gets numbers of its own seed.

    One call per image draws all that the layers of a batch may ask for. A call per image and layer
    took ten times as long as changing the images.
    """

    def start(self, seeds: Any) -> None:
        """Draw for these images, whose seeds are int32 ``(n,)``."""
        self._drawn = tf.map_fn(
            lambda seed: tf.random.stateless_uniform([MOST], tf.stack([seed, 0])),
            seeds,
            fn_output_signature=tf.TensorSpec([MOST], tf.float32),
        )
        self._taken = 0

    def uniform(
        self,
        shape: Sequence[Any],
        minval: Any = 0.0,
        maxval: Any = 1.0,
        dtype: Any = None,
        seed: Any = None,
    ) -> Any:
        """Return the next numbers of each image, ``(n, ...)``, whatever the seed."""
        first, self._taken = self._taken, self._taken + math.prod(shape[1:])
        drawn = tf.reshape(self._drawn[:, first : self._taken], [-1, *shape[1:]])
        return minval + drawn * (maxval - minval)


class ImageSeed(keras.random.SeedGenerator):
    """Seeds that follow from an image's own, and nothing else."""

    def __init__(self) -> None:
        super().__init__(0)
        self.start(0)

    def start(self, seed: Any) -> None:
        """Go to the first draw for an image, whose seed is an int32 tensor without axes."""
        self._seed, self._draw = seed, 0

    def next(self, ordered: bool = True) -> Any:
        """Return the seed of the next draw, int32 ``(2,)``: the image's and the draw's number."""
        self._draw += 1  # counted while TensorFlow traces: the first layer's first draw is 1
        return tf.stack([self._seed, self._draw])
