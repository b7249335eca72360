"""The names of choices that are arguments in Python and flags of the programs.

They stand apart so that a program can list them without importing Keras.
"""

from typing import Literal

__all__ = ["Augmentation", "ClassWeight", "Mixing", "Optimizer", "Sampling", "Schedule"]

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta", "adamax"]
Schedule = Literal["constant", "step", "geometric", "exponential", "1/t", "cosine", "one-cycle"]
ClassWeight = Literal["none", "balanced"]
Augmentation = Literal["none", "light", "medium", "strong", "randaugment"]
Mixing = Literal["none", "mixup", "cutmix", "both"]
Sampling = Literal["none", "balanced", "smote"]
