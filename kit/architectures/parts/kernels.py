"""Kernels: where they start, and what keeps them small."""

from typing import Any

import keras

from kit.architectures.parts.rules import Activation, Initialization, Scale
from kit.architectures.parts.traits import Traits

INITIALIZERS = {  # of kernels, by the activation that follows; he_normal for all others
    "flexible_sigmoid": "glorot_uniform",
    "flexible_tanh": "glorot_uniform",
    "maxout": "lecun_normal",
    "rbf": "glorot_uniform",
    "selu": "lecun_normal",
    "sigmoid": "glorot_uniform",
    "softplus": "glorot_uniform",
    "tanh": "glorot_uniform",
}
# The values that a scaling leaves are about this large where they are not about 1.
SIZES = {"mean_channel": 64, "mean_image": 64}


def kernel(traits: Traits) -> dict[str, Any]:
    """Return what a layer with a kernel takes for it."""
    return {
        "kernel_initializer": initializer(traits.activation, traits.initialization),
        "kernel_regularizer": penalty(traits.l2, traits.l1),
    }


def last_kernel(traits: Traits) -> dict[str, Any]:
    """Return what the layer before the answers takes for its kernel."""
    number = isinstance(traits.initialization, float)
    start = initializer("relu", traits.initialization) if number else small(traits.scale)
    return {"kernel_initializer": start, "kernel_regularizer": penalty(traits.l2, traits.l1)}


def initializer(
    activation: Activation, choice: Initialization = "auto"
) -> str | keras.initializers.Initializer:
    """Return the initial weights of a kernel.

    Args:
        activation: What follows the layer.
        choice: ``"auto"`` keeps the scale of a signal through many layers: He et al., "Delving Deep
            into Rectifiers" (ICCV 2015), for the rectifiers and their smooth kin, which pass half
            of their input; Klambauer et al., "Self-Normalizing Neural Networks" (NeurIPS 2017), for
            selu, and for maxout, whose larger of two values has the variance of one; Glorot and
            Bengio (AISTATS 2010) for the others. These go by Keras' names as well: he_normal,
            lecun_normal, glorot_uniform (known as Xavier's; a Gaussian divided by the root of the
            number of inputs, which goes by that name too, is lecun_normal). A number is the
            standard deviation of a normal distribution; ``"small_gaussian"`` is 0.01, with which
            the signal of a deep network dies out.
    """
    if choice == "small_gaussian":
        return keras.initializers.RandomNormal(stddev=0.01)
    if isinstance(choice, float):
        return keras.initializers.RandomNormal(stddev=choice)
    return INITIALIZERS.get(activation, "he_normal") if choice == "auto" else choice


def depthwise_initializer(
    activation: Activation, choice: Initialization, kernel_size: int
) -> str | keras.initializers.Initializer:
    """Return the same for a kernel of which each value sees one channel only.

    Keras' initializers would count all channels as its inputs.
    """
    start = initializer(activation, choice)
    if not isinstance(start, str):
        return start
    gain = 2 if start.startswith("he") else 1  # with as many outputs as inputs, Glorot's is LeCun's
    return keras.initializers.RandomNormal(stddev=gain**0.5 / kernel_size)


def small(scale: Scale = "unit") -> keras.initializers.Initializer:
    """Return the initial weights of a last layer: normal, 0.05 over the root of its inputs.

    A sum of n inputs of size s, each times a weight of deviation d, has the size s d sqrt(n): the
    argument of Glorot and Bengio (AISTATS 2010) and He et al. (ICCV 2015), whose layers keep s.
    Here a twentieth of it is left, at any width: the first answers are nearly equal, and the first
    loss is that of guessing. Features of a pretrained MobileNet, whose maxima have a size of 5, are
    within 10 % of it as well.

    Args:
        scale: How pixels are scaled. Layers that keep the size of a signal keep that of pixels
            where it is not 1, too.
    """
    scores = 0.05 / SIZES.get(scale, 1)  # their size, where features have that of the pixels
    return keras.initializers.VarianceScaling(scores**2, "fan_in", "untruncated_normal")


def penalty(l2: float, l1: float = 0.0) -> keras.regularizers.Regularizer | None:
    """Return the regularizer, or none at 0, so that ``model.losses`` stays empty without one.

    Both together are the elastic net (Zou and Hastie, "Regularization and Variable Selection via
    the Elastic Net", Journal of the Royal Statistical Society B, 2005).
    """
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
