"""The pretrained networks of ``keras.applications``, as a table.

Listing them needs no TensorFlow. Their papers:

==============  ==============================================================================
ConvNeXt        Liu et al., "A ConvNet for the 2020s", CVPR 2022
DenseNet        Huang et al., "Densely Connected Convolutional Networks", CVPR 2017
EfficientNet    Tan and Le, ICML 2019; V2: "Smaller Models and Faster Training", ICML 2021
Inception       V3: Szegedy et al., "Rethinking the Inception Architecture for Computer
                Vision", CVPR 2016; InceptionResNetV2: Szegedy et al., AAAI 2017
MobileNet       Howard et al., 2017; V2: Sandler et al., "Inverted Residuals and Linear
                Bottlenecks", CVPR 2018; V3: Howard et al., ICCV 2019
NASNet          Zoph et al., "Learning Transferable Architectures", CVPR 2018
ResNet          He et al., CVPR 2016; V2: "Identity Mappings in Deep Residual Networks",
                ECCV 2016
VGG             Simonyan and Zisserman, ICLR 2015
Xception        Chollet, "Deep Learning with Depthwise Separable Convolutions", CVPR 2017
==============  ==============================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from kit.errors import SettingError, nearest

Preprocessing = Literal["caffe", "inside", "tf", "torch"]
KERNELS = "_weights_tf_dim_ordering_tf_kernels_"
V3, V3_END = "weights_mobilenet_v3_", "_float_no_top_v2.h5"


@dataclass(frozen=True)
class Backbone:
    """One network of ``keras.applications`` without its classifier.

    Attributes:
        name: Its name there, and behind a dash the width (``alpha``) where that is not 1.
        preprocessing: What its weights were trained on: "tf" [-1, 1]; "torch" [0, 1] minus
            ImageNet's mean, divided by its standard deviation; "caffe" BGR minus ImageNet's mean;
            "inside": the network begins with it.
        image_size: Side of the square images that its weights were trained on, in pixels.
        parameters: Numbers in its weights, four bytes each in the file.
        file: Name of the file of weights, as ``keras.applications`` looks for it.
    """

    name: str
    preprocessing: Preprocessing
    image_size: int
    parameters: int
    file: str

    @property
    def megabytes(self) -> int:
        """Return about how large the file of weights is, in 10^6 bytes."""
        return max(1, round(4 * self.parameters / 1e6))


_ROWS: dict[str, tuple[Preprocessing, int, int, str]] = {
    "ConvNeXtBase": ("inside", 224, 87_566_464, "convnext_base_notop.h5"),
    "ConvNeXtLarge": ("inside", 224, 196_230_336, "convnext_large_notop.h5"),
    "ConvNeXtSmall": ("inside", 224, 49_454_688, "convnext_small_notop.h5"),
    "ConvNeXtTiny": ("inside", 224, 27_820_128, "convnext_tiny_notop.h5"),
    "ConvNeXtXLarge": ("inside", 224, 348_147_968, "convnext_xlarge_notop.h5"),
    "DenseNet121": ("torch", 224, 7_037_504, f"densenet121{KERNELS}notop.h5"),
    "DenseNet169": ("torch", 224, 12_642_880, f"densenet169{KERNELS}notop.h5"),
    "DenseNet201": ("torch", 224, 18_321_984, f"densenet201{KERNELS}notop.h5"),
    "EfficientNetB0": ("inside", 224, 4_049_571, "efficientnetb0_notop.h5"),
    "EfficientNetB1": ("inside", 240, 6_575_239, "efficientnetb1_notop.h5"),
    "EfficientNetB2": ("inside", 260, 7_768_569, "efficientnetb2_notop.h5"),
    "EfficientNetB3": ("inside", 300, 10_783_535, "efficientnetb3_notop.h5"),
    "EfficientNetB4": ("inside", 380, 17_673_823, "efficientnetb4_notop.h5"),
    "EfficientNetB5": ("inside", 456, 28_513_527, "efficientnetb5_notop.h5"),
    "EfficientNetB6": ("inside", 528, 40_960_143, "efficientnetb6_notop.h5"),
    "EfficientNetB7": ("inside", 600, 64_097_687, "efficientnetb7_notop.h5"),
    "EfficientNetV2B0": ("inside", 224, 5_919_312, "efficientnetv2-b0_notop.h5"),
    "EfficientNetV2B1": ("inside", 240, 6_931_124, "efficientnetv2-b1_notop.h5"),
    "EfficientNetV2B2": ("inside", 260, 8_769_374, "efficientnetv2-b2_notop.h5"),
    "EfficientNetV2B3": ("inside", 300, 12_930_622, "efficientnetv2-b3_notop.h5"),
    "EfficientNetV2L": ("inside", 480, 117_746_848, "efficientnetv2-l_notop.h5"),
    "EfficientNetV2M": ("inside", 480, 53_150_388, "efficientnetv2-m_notop.h5"),
    "EfficientNetV2S": ("inside", 384, 20_331_360, "efficientnetv2-s_notop.h5"),
    "InceptionResNetV2": ("tf", 299, 54_336_736, f"inception_resnet_v2{KERNELS}notop.h5"),
    "InceptionV3": ("tf", 299, 21_802_784, f"inception_v3{KERNELS}notop.h5"),
    "MobileNet-0.25": ("tf", 224, 218_544, "mobilenet_2_5_224_tf_no_top.h5"),
    "MobileNet-0.5": ("tf", 224, 829_536, "mobilenet_5_0_224_tf_no_top.h5"),
    "MobileNet-0.75": ("tf", 224, 1_832_976, "mobilenet_7_5_224_tf_no_top.h5"),
    "MobileNet": ("tf", 224, 3_228_864, "mobilenet_1_0_224_tf_no_top.h5"),
    "MobileNetV2-0.35": ("tf", 224, 410_208, f"mobilenet_v2{KERNELS}0.35_224_no_top.h5"),
    "MobileNetV2-0.5": ("tf", 224, 706_224, f"mobilenet_v2{KERNELS}0.5_224_no_top.h5"),
    "MobileNetV2-0.75": ("tf", 224, 1_382_064, f"mobilenet_v2{KERNELS}0.75_224_no_top.h5"),
    "MobileNetV2": ("tf", 224, 2_257_984, f"mobilenet_v2{KERNELS}1.0_224_no_top.h5"),
    "MobileNetV2-1.3": ("tf", 224, 3_766_048, f"mobilenet_v2{KERNELS}1.3_224_no_top.h5"),
    "MobileNetV2-1.4": ("tf", 224, 4_363_712, f"mobilenet_v2{KERNELS}1.4_224_no_top.h5"),
    "MobileNetV3Large-0.75": ("inside", 224, 1_808_736, f"{V3}large_224_0.75{V3_END}"),
    "MobileNetV3Large": ("inside", 224, 2_996_352, f"{V3}large_224_1.0{V3_END}"),
    "MobileNetV3Small-0.75": ("inside", 224, 583_160, f"{V3}small_224_0.75{V3_END}"),
    "MobileNetV3Small": ("inside", 224, 939_120, f"{V3}small_224_1.0{V3_END}"),
    "NASNetLarge": ("tf", 331, 84_916_818, "nasnet_large_no_top.h5"),
    "NASNetMobile": ("tf", 224, 4_269_716, "nasnet_mobile_no_top.h5"),
    "ResNet101": ("caffe", 224, 42_658_176, f"resnet101{KERNELS}notop.h5"),
    "ResNet101V2": ("tf", 224, 42_626_560, f"resnet101v2{KERNELS}notop.h5"),
    "ResNet152": ("caffe", 224, 58_370_944, f"resnet152{KERNELS}notop.h5"),
    "ResNet152V2": ("tf", 224, 58_331_648, f"resnet152v2{KERNELS}notop.h5"),
    "ResNet50": ("caffe", 224, 23_587_712, f"resnet50{KERNELS}notop.h5"),
    "ResNet50V2": ("tf", 224, 23_564_800, f"resnet50v2{KERNELS}notop.h5"),
    "VGG16": ("caffe", 224, 14_714_688, f"vgg16{KERNELS}notop.h5"),
    "VGG19": ("caffe", 224, 20_024_384, f"vgg19{KERNELS}notop.h5"),
    "Xception": ("tf", 299, 20_861_480, f"xception{KERNELS}notop.h5"),
}
BACKBONES: Mapping[str, Backbone] = MappingProxyType(
    {name: Backbone(name, *row) for name, row in _ROWS.items()}
)
# What a laptop without a graphics card computes the features of some thousand photos with, in
# minutes; the best on ImageNet first (top-1 accuracy of keras.io/api/applications).
RECOMMENDED = (
    "EfficientNetV2B0",
    "EfficientNetB0",
    "MobileNetV2",
    "MobileNet",
    "MobileNet-0.75",
    "MobileNetV2-0.75",
    "MobileNetV2-0.5",
    "MobileNet-0.5",
    "MobileNetV2-0.35",
    "MobileNet-0.25",
)


PROPOSED = "MobileNet"  # small to download, and one of the quickest on a processor


def find(name: str) -> Backbone:
    """Return the row of this name; upper and lower case do not matter.

    Raises:
        SettingError: There is none.
    """
    known = {each.lower(): each for each in BACKBONES}
    if name.lower() not in known:
        hint = nearest(name, BACKBONES) or f" Good choices on a CPU: {', '.join(RECOMMENDED)}."
        raise SettingError(
            f'There is no backbone "{name}".{hint} A backbone may also be a network\'s .keras file.'
        )
    return BACKBONES[known[name.lower()]]
