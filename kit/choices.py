"""The names of choices that are arguments in Python and flags of the programs, and some limits.

They stand apart so that a program can list them without importing Keras.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

LARGEST_SEED = 2**32 - 1  # NumPy's limit for a network's start
LARGEST_SIDE = 65_500  # pixels, the most that a JPEG has

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta", "adamax"]
Schedule = Literal["constant", "step", "geometric", "exponential", "1/t", "cosine", "one-cycle"]
# The constants of the schedules that have one, where nothing is said: what the rate is multiplied
# by at each step or epoch, and the k of exp(-kt) and of 1 / (1 + kt), where t goes from 0 to 1.
DECAYS: Mapping[str, float] = MappingProxyType(
    {"step": 0.1, "geometric": 0.9, "exponential": 5.0, "1/t": 10.0}
)
Precision = Literal["auto", "float32", "bfloat16"]
ClassWeight = Literal["none", "balanced"]
Augmentation = Literal["none", "light", "medium", "strong", "randaugment"]
Mixing = Literal["none", "mixup", "cutmix", "both"]
Sampling = Literal["none", "balanced", "smote"]
FindingKind = Literal[  # of an audit, in the order of kit.auditing.KINDS
    "broken",
    "refused",
    "two-labels",
    "two-parts",
    "copy",
    "near-two-labels",
    "near-two-parts",
    "near-copy",
    "wrong-extension",
    "one-color",
    "dark",
    "bright",
    "blurry",
    "odd-shape",
]
