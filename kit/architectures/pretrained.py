"""A network that was trained before, and a new head on the features it gives.

The backbone was trained on other images, mostly the 1.2 million of ImageNet; what it learnt to see
serves other photos, too (Donahue et al., "DeCAF: A Deep Convolutional Activation Feature for
Generic Visual Recognition", ICML 2014; the images: Russakovsky et al., "ImageNet Large Scale Visual
Recognition Challenge", IJCV 2015). Its weights stay as they are (``trainable`` is False) until
somebody thaws them: :mod:`kit.training` trains the head on features that are computed once.
"""

from pathlib import Path
from typing import Annotated

from keras import layers, ops

from kit.architectures import backbones
from kit.architectures.backbones import Preprocessing, hub, trunks
from kit.architectures.parts.assembling import Block, Stage, Tensor, named
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.rules import Rule
from kit.architectures.parts.traits import Traits, Without
from kit.errors import SettingError

EXAMPLE = {
    "input_shape": (32, 40, 3),
    "backbone": "MobileNet-0.25",
    "weights": "none",
    "dense": (8,),
    "dropout": 0.0,
}

# Mean and standard deviation of ImageNet's red, green and blue. Its networks were trained with two
# slightly different sets: those from Caffe (Simonyan and Zisserman) and those from PyTorch.
CAFFE_MEAN = (123.68, 116.779, 103.939)
TORCH_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
TORCH_DEVIATION = (0.229 * 255, 0.224 * 255, 0.225 * 255)


def _name(value: object) -> str:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError
    return str(value)


Name = Annotated[str, Rule("a name, or the path of a file", _name)]


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    backbone: Name = backbones.PROPOSED,
    weights: Name = "imagenet",
    cut: Name = trunks.AUTO,
    traits: Annotated[Traits, Without("normalization", "scale")] = Traits(),
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``; gray images are shown to the backbone as red,
            green and blue.
        num_classes: Number of classes.
        backbone: Name of a network in ``keras.applications``, with its width behind a dash where it
            is not 1, as in "MobileNet-0.75"; the ``.keras`` file of a network of this package,
            whose classes may be others; or "hub:" and the name or the folder of a preset of
            KerasHub.
        weights: "imagenet", from ``$KERAS_HOME/models`` or downloaded; "none" for random ones, all
            of which are trained; or a file of weights as ``keras.applications`` reads them. A
            ``.keras`` file has its own; with "none" they are trained from the start, too.
        cut: Name of the backbone's last layer. "auto" keeps a network of ``keras.applications`` as
            it is, and of a file all before the last layer with weights.
        traits: What it shares with other networks, of the head alone. A backbone that ends in a
            vector gives that as the features.

    Raises:
        SettingError: There is no such backbone, it has no such layer, or the images or the weights
            do not suit it.
        KitError: The weights could not be downloaded.
    """
    last = classifier(num_classes, traits)
    if Path(backbone).suffix == ".keras":
        if weights not in ("imagenet", "none"):
            raise SettingError(
                f"weights: {backbone} has its own weights. Leave out weights={weights}, or give "
                "the name of its keras.applications network as the backbone."
            )
        # The network begins with its own.
        scale: Stage = layers.Identity(dtype="float32", name="scale")
        network = trunks.saved(Path(backbone), input_shape, cut)
    elif backbone.startswith(hub.PREFIX):
        affine, network = hub.load(backbone, (*input_shape[:2], 3), weights != "none")
        scale = Block(preprocess, kind=affine, name="scale")
        if cut != trunks.AUTO:
            network = trunks.up_to(network, cut)
    else:
        row = backbones.find(backbone)
        scale = Block(preprocess, kind=row.preprocessing, name="scale")
        network = backbones.load(row, (*input_shape[:2], 3), weights)
        if cut != trunks.AUTO:
            network = trunks.up_to(network, cut)
    if len(network.output_shape) == 2:
        last[0] = layers.Flatten(name="features")
    network.trainable = weights == "none"
    return [scale, network, *last]


def preprocess(x: Tensor, *, kind: Preprocessing | hub.Affine, name: str) -> Tensor:
    """Turn pixels in [0, 255] into what the weights of a backbone were trained on.

    In float32 under mixed precision too: bfloat16 would round pixels less their mean by up to 1.

    Args:
        x: ``(batch, height, width, channels)`` with 3 channels (RGB) or 1 (gray).
        kind: See :class:`kit.architectures.backbones.Backbone`; or what each channel is multiplied
            by, and what is added then.
        name: Prefix of the layers' names.

    Returns:
        ``(batch, height, width, 3)``.
    """
    if x.shape[-1] == 1:
        x = layers.Concatenate(dtype="float32", name=f"{name}_rgb")([x, x, x])
    if isinstance(kind, tuple):
        factors, addends = kind
        affine = layers.Rescaling(factors, addends, dtype="float32", name=f"{name}_affine")
        return affine(x)
    if kind == "inside":
        return layers.Identity(dtype="float32", name=f"{name}_inside")(x)
    if kind == "tf":
        symmetric = layers.Rescaling(
            1 / 127.5, offset=-1, dtype="float32", name=f"{name}_symmetric"
        )
        return symmetric(x)
    if kind == "torch":
        mean, variance = TORCH_MEAN, tuple(deviation**2 for deviation in TORCH_DEVIATION)
    else:
        x = named(ops.flip(x, axis=-1), f"{name}_bgr")  # to blue, green, red
        mean, variance = CAFFE_MEAN[::-1], (1.0, 1.0, 1.0)
    return layers.Normalization(mean=mean, variance=variance, dtype="float32", name=f"{name}_norm")(
        x
    )
