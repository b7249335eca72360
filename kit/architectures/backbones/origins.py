"""Where the weights of ``keras.applications`` are published, and what they are known by."""

import os

from kit.architectures.backbones.catalogue import Backbone
from kit.errors import KitError

OFFLINE = "KIT_OFFLINE"  # the environment variable that forbids to download weights
STORE = "https://storage.googleapis.com/"
FAMILIES = {  # folders, by how the names of networks begin
    "ConvNeXt": "tensorflow/keras-applications/convnext/",
    "DenseNet": "tensorflow/keras-applications/densenet/",
    "EfficientNetB": "keras-applications/",
    "EfficientNetV2": "tensorflow/keras-applications/efficientnet_v2/",
    "InceptionResNetV2": "tensorflow/keras-applications/inception_resnet_v2/",
    "InceptionV3": "tensorflow/keras-applications/inception_v3/",
    "MobileNet": "tensorflow/keras-applications/mobilenet/",
    "MobileNetV2": "tensorflow/keras-applications/mobilenet_v2/",
    "MobileNetV3": "tensorflow/keras-applications/mobilenet_v3/",
    "NASNet": "tensorflow/keras-applications/nasnet/",
    "ResNet": "tensorflow/keras-applications/resnet/",
    "VGG16": "tensorflow/keras-applications/vgg16/",
    "VGG19": "tensorflow/keras-applications/vgg19/",
    "Xception": "tensorflow/keras-applications/xception/",
}
NAMED_OTHERWISE = {  # there than in the folder of Keras
    "NASNetLarge": "NASNet-large-no-top.h5",
    "NASNetMobile": "NASNet-mobile-no-top.h5",
}
# As ``keras.applications`` has them: MD5 of 32 digits, SHA-256 of 64. It knows none of MobileNet
# and MobileNetV2.
HASHES = {
    "ConvNeXtBase": "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    "ConvNeXtLarge": "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    "ConvNeXtSmall": "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    "ConvNeXtTiny": "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    "ConvNeXtXLarge": "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    "DenseNet121": "30ee3e1110167f948a6b9946edeeb738",
    "DenseNet169": "b8c4d4c20dd625c148057b9ff1c1176b",
    "DenseNet201": "c13680b51ded0fb44dff2d8f86ac8bb1",
    "EfficientNetB0": "50bc09e76180e00e4465e1a485ddc09d",
    "EfficientNetB1": "74c4e6b3e1f6a1eea24c589628592432",
    "EfficientNetB2": "111f8e2ac8aa800a7a99e3239f7bfb39",
    "EfficientNetB3": "af6d107764bb5b1abb91932881670226",
    "EfficientNetB4": "ebc24e6d6c33eaebbd558eafbeedf1ba",
    "EfficientNetB5": "38879255a25d3c92d5e44e04ae6cec6f",
    "EfficientNetB6": "9ecce42647a20130c1f39a5d4cb75743",
    "EfficientNetB7": "cbcfe4450ddf6f3ad90b1b398090fe4a",
    "EfficientNetV2B0": "893217f2bb855e2983157299931e43ff",
    "EfficientNetV2B1": "0e80663031ca32d657f9caa404b6ec37",
    "EfficientNetV2B2": "1dfe2e7a5d45b6632553a8961ea609eb",
    "EfficientNetV2B3": "f6abf7b5849ac99a89b50dd3fd532856",
    "EfficientNetV2L": "b0b66b5c863aef5b46e8608fe1711615",
    "EfficientNetV2M": "1b8dc055df72dde80d614482840fe342",
    "EfficientNetV2S": "af0682fb74e8c54910f2d4393339c070",
    "InceptionResNetV2": "d19885ff4a710c122648d3b5c3b684e4",
    "InceptionV3": "bcbd6486424b2319ff4ef7d526e38f63",
    "MobileNetV3Large-0.75": "40af19a13ebea4e2ee0c676887f69a2e",
    "MobileNetV3Large": "07fb09a5933dd0c8eaafa16978110389",
    "MobileNetV3Small-0.75": "ebdb5cc8e0b497cd13a7c275d475c819",
    "MobileNetV3Small": "d3e8ec802a04aa4fc771ee12a9a9b836",
    "NASNetLarge": "d81d89dc07e6e56530c4e77faddd61b5",
    "NASNetMobile": "1ed92395b5b598bdda52abe5c0dbfd63",
    "ResNet101": "88cf7a10940856eca736dc7b7e228a21",
    "ResNet101V2": "c0ed64b8031c3730f411d2eb4eea35b5",
    "ResNet152": "ee4c566cf9a93f14d82f913c2dc6dd0c",
    "ResNet152V2": "ed17cf2e0169df9d443503ef94b23b33",
    "ResNet50": "4d473c1dd8becc155b73f8504c6f6626",
    "ResNet50V2": "fac2f116257151a9d068a22e544a4917",
    "VGG16": "6d6bbae143d832006294945121d1f1fc",
    "VGG19": "253f8cb515780f3b799900260a226db6",
    "Xception": "b0042744bf5b25fce3cb969f33bebb97",
}


def address(backbone: Backbone) -> str:
    """Return where ``keras.applications`` fetches the weights of a network from."""
    family = max((one for one in FAMILIES if backbone.name.startswith(one)), key=len)
    return f"{STORE}{FAMILIES[family]}{NAMED_OTHERWISE.get(backbone.name, backbone.file)}"


def check_allowed(download: bool) -> None:
    """Raise KitError where a download is forbidden: by ``download``, or by ``KIT_OFFLINE``."""
    if not download:
        raise KitError("`download=False` forbids downloading.")
    if os.environ.get(OFFLINE, "0") not in ("", "0"):
        raise KitError(f"{OFFLINE}={os.environ[OFFLINE]} forbids downloading.")
