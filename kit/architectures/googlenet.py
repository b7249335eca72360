"""GoogLeNet: nine inception modules, 22 layers, and a ninth of AlexNet's parameters.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, "Going Deeper with
Convolutions", CVPR 2015, table 1 and figure 3. The mean of each channel takes the place of large
dense layers. In training, two small classifiers in the middle can help the gradient on its way to
the first layers, see :func:`kit.training.with_auxiliary`; the network itself is without them.

As published, without batch normalization, it asks for a small learning rate: adamw learns 20 digits
by heart at 0.0003, and in as many steps hardly any at 0.003.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from keras import layers

from kit.architectures.inception import inception
from kit.architectures.parts.assembling import Block, Stage
from kit.architectures.parts.blocks import classifier, convolution, scaling
from kit.architectures.parts.local_response import local_response_normalization
from kit.architectures.parts.rules import (
    Activation,
    Features,
    Head,
    Initializer,
    Normalization,
    Part,
    Scale,
    Share,
    Strength,
    require_side,
)

__all__ = ["AUXILIARY", "EXAMPLE", "LEARNING_RATE", "stages"]

LEARNING_RATE = 3e-4  # of Adam; see above
EXAMPLE: Mapping[str, object] = MappingProxyType(
    {
        "input_shape": (32, 36, 3),
        "width": 0.06,
        "activation": "leaky_relu",  # a branch of one filter may be dead with relu
        "dropout": 0.0,
    }
)

# Layers that an auxiliary classifier follows in training (section 5): the ends of 4a and 4d.
AUXILIARY = ("mixed4a_join", "mixed4d_join")
FIRST, REDUCED, SECOND = 64, 64, 192  # filters of the convolutions before the modules

# Rows of table 1: #1x1, (#3x3 reduce, #3x3), (#5x5 reduce, #5x5), pool proj.
MODULES: Mapping[str, tuple[int, tuple[int, int], tuple[int, int], int]] = MappingProxyType(
    {
        "3a": (64, (96, 128), (16, 32), 32),
        "3b": (128, (128, 192), (32, 96), 64),
        "4a": (192, (96, 208), (16, 48), 64),
        "4b": (160, (112, 224), (24, 64), 64),
        "4c": (128, (128, 256), (24, 64), 64),
        "4d": (112, (144, 288), (32, 64), 64),
        "4e": (256, (160, 320), (32, 128), 128),
        "5a": (256, (160, 320), (32, 128), 128),
        "5b": (384, (192, 384), (48, 128), 128),
    }
)
SMALLEST = 17  # pixels; of 16 the last pooling would halve a single one
POOLED = ("3b", "4e")  # a pooling follows these modules


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    width: Part = 1.0,
    normalization: Normalization = "none",
    features: Features = "average",
    dropout: Share = 0.4,
    initialization: Initializer = "glorot",
    activation: Activation = "relu",
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "mean_channel",
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``; published for 224x224x3.
        num_classes: Number of classes.
        width: Share of the published filters, in every convolution.
        normalization: With ``"none"`` two local response normalizations stand where figure 3 has
            them; batch normalization before or after each activation replaces them (Ioffe and
            Szegedy, "Batch Normalization", ICML 2015, section 4.2.1).
        features: How the last map becomes a vector: mean of each channel, or flattened.
        dropout: Share of the features set to 0 in training.
        initialization: Of the kernels. The paper does not say; those of Glorot and Bengio, at
            which the variance halves in every layer, bring values of up to 128 to a sane size in
            this depth. With ``scale="channel_zscore"`` take ``"auto"``.
        activation: After each convolution.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, or one sigmoid unit for two classes.
        scale: How pixels are scaled; the paper subtracts the mean of each channel.

    Raises:
        SettingError: The images are too small to be halved five times.
    """
    require_side("googlenet", input_shape, SMALLEST, "five strides of 2 halve the sides")
    conv = partial(
        convolution,
        normalization=normalization,
        activation=activation,
        initialization=initialization,
        l2=l2,
    )
    module = partial(
        inception,
        normalization=normalization,
        activation=activation,
        initialization=initialization,
        l2=l2,
    )

    def share(filters: int) -> int:
        return max(1, round(width * filters))

    def pool(number: int) -> layers.Layer:
        return layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{number}")

    def norm(number: int) -> list[Stage]:
        if normalization != "none":
            return []
        return [Block(local_response_normalization, name=f"norm{number}")]

    body: list[Stage] = []
    for name, (one, three, five, pooled) in MODULES.items():
        body.append(
            Block(
                module,
                one=share(one),
                three=(share(three[0]), share(three[1])),
                five=(share(five[0]), share(five[1])),
                pooled=share(pooled),
                name=f"mixed{name}",
            )
        )
        if name in POOLED:
            body.append(pool(int(name[0])))
    return [
        scaling(scale),
        Block(conv, share(FIRST), 7, strides=2, name="conv1"),
        pool(1),
        *norm(1),
        Block(conv, share(REDUCED), 1, name="reduce2"),
        Block(conv, share(SECOND), 3, name="conv2"),
        *norm(2),
        pool(2),
        *body,
        *classifier(
            num_classes,
            features=features,
            dropout=dropout,
            activation=activation,
            l2=l2,
            head=head,
            scale=scale,
        ),
    ]
