"""GoogLeNet: nine inception modules, 22 layers, and a ninth of AlexNet's parameters.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, "Going Deeper with
Convolutions", CVPR 2015, table 1 and figure 3. The mean of each channel takes the place of large
dense layers. In training, two small classifiers in the middle can help the gradient on its way to
the first layers, see :func:`kit.training.with_auxiliary`; the network itself is without them.

As published, without batch normalization, it asks for a small learning rate: adamw learns 20 digits
by heart at 0.0003, and in as many steps hardly any at 0.003.
"""

from functools import partial

from keras import layers

from kit.architectures.inception import inception
from kit.architectures.parts.assembling import Block, Stage
from kit.architectures.parts.blocks import convolution
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.local_response import unless_normalized
from kit.architectures.parts.rules import Part, require_side
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits

LEARNING_RATE = 3e-4  # of Adam; see above
EXAMPLE = {
    "input_shape": (32, 36, 3),
    "width": 0.06,
    "activation": "leaky_relu",  # a branch of one filter may be dead with relu
    "dropout": 0.0,
}

# Layers that an auxiliary classifier follows in training (section 5): the ends of 4a and 4d.
AUXILIARY = ("mixed4a_join", "mixed4d_join")
FIRST, REDUCED, SECOND = 64, 64, 192  # filters of the convolutions before the modules

# Rows of table 1: #1x1, (#3x3 reduce, #3x3), (#5x5 reduce, #5x5), pool proj.
MODULES = {
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
PUBLISHED = Traits(
    normalization="none", initialization="glorot_uniform", dropout=0.4, scale="mean_channel"
)
SMALLEST = 17  # pixels; of 16 the last pooling would halve a single one
POOLED = ("3b", "4e")  # a pooling follows these modules


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    width: Part = 1.0,
    traits: Traits = PUBLISHED,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``; published for 224x224x3.
        num_classes: Number of classes.
        width: Share of the published filters, in every convolution.
        traits: What it shares with other networks. Without batch normalization two local response
            normalizations stand where figure 3 has them (Ioffe and Szegedy, "Batch Normalization",
            ICML 2015, section 4.2.1, replace them). The paper does not say where kernels start;
            with the weights of Glorot and Bengio the variance halves in every layer, which brings
            values of up to 128 to a sane size in this depth. With ``scale="channel_zscore"`` take
            ``"auto"``. The paper subtracts the mean of each channel.

    Raises:
        SettingError: The images are too small to be halved five times.
    """
    require_side("googlenet", input_shape, SMALLEST, "five strides of 2 halve the sides")
    conv = partial(convolution, traits=traits)

    def share(filters: int) -> int:
        return max(1, round(width * filters))

    def pool(number: int) -> layers.Layer:
        return layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{number}")

    body: list[Stage] = []
    for name, (one, three, five, pooled) in MODULES.items():
        body.append(
            Block(
                inception,
                one=share(one),
                three=(share(three[0]), share(three[1])),
                five=(share(five[0]), share(five[1])),
                pooled=share(pooled),
                traits=traits,
                name=f"mixed{name}",
            )
        )
        if name in POOLED:
            body.append(pool(int(name[0])))
    return [
        scaling(traits.scale),
        Block(conv, share(FIRST), 7, strides=2, name="conv1"),
        pool(1),
        *unless_normalized(traits, "norm1"),
        Block(conv, share(REDUCED), 1, name="reduce2"),
        Block(conv, share(SECOND), 3, name="conv2"),
        *unless_normalized(traits, "norm2"),
        pool(2),
        *body,
        *classifier(num_classes, traits),
    ]
