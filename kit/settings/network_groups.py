"""Which network learns, and how."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import tyro

from kit.choices import DECAYS, ClassWeight, Optimizer, Schedule
from kit.errors import SettingError
from kit.settings.joined import Group, Needs


@dataclass(frozen=True)
class Network(Group):
    """Which network is trained."""

    searched: ClassVar = True
    alike: ClassVar = ("backbone", "weights", "download", "settings")

    # What almost every network has, and other settings of a network stand beside under one name.
    TRAITS: ClassVar[tuple[str, ...]] = ("dense", "dropout", "initialization", "l1", "l2")
    lifted: ClassVar[Sequence[str]] = TRAITS  # version 0.1 wrote some of them there

    architecture: str = "auto"
    """basic_cnn, inception, residual, ...; auto uses a pretrained backbone for color photos (at
    most 30 MB, downloaded once), otherwise a network from scratch."""
    backbone: str | None = None
    """Train a new head on the features of this network: a pretrained Keras network such as
    MobileNet-0.75, an earlier run, a .keras file, or hub:PRESET or hub:FOLDER of KerasHub."""
    weights: str | None = None
    """Weights of the backbone: imagenet (downloaded if missing), none, or a file; by default
    imagenet."""
    download: bool = True
    """Download missing weights; KIT_OFFLINE=1 in the environment always forbids it."""
    settings: Annotated[Mapping[str, Any], tyro.conf.arg(name="set", metavar="NAME=VALUE")] = field(
        default_factory=dict
    )
    """One setting of the architecture, for example filters=[16,32]. Repeatable."""
    dense: tuple[int, ...] | None = None
    """Units of hidden dense layers before the output; by default the architecture's."""
    dropout: float | None = None
    """Dropout after these layers, or before the output; by default the architecture's."""
    initialization: Annotated[
        float | str | None, tyro.conf.arg(metavar="auto|he_normal|glorot_uniform|...|NUMBER")
    ] = None
    """Initial kernels: he_normal, glorot_uniform (Xavier), lecun_normal, small_gaussian or auto,
    which depends on the activation; a number such as 0.0001 scales a Gaussian. By default the
    architecture's."""
    l1: float | None = None
    """Penalty on the absolute values of the kernels; by default none."""
    l2: float | None = None
    """Penalty on the squares of the kernels, in Keras' measure; by default none."""

    def traits(self) -> dict[str, Any]:
        """Return those of the network's traits that are said."""
        said = {name: getattr(self, name) for name in self.TRAITS}
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Optimization(Group):
    """How the network learns."""

    searched: ClassVar = True

    optimizer: Optimizer = "adamw"
    """Update rule."""
    learning_rate: float | None = None
    """The schedule's highest learning rate; by default 0.003, for sgd 0.05."""
    schedule: Schedule = "one-cycle"
    """How the learning rate changes."""
    decay: Annotated[float | None, Needs("schedule", tuple(DECAYS))] = None
    """Constant of the schedule: the factor of step (by default 0.1) and of geometric (0.9, each
    epoch); the k of exponential, exp(-kt) (5), and of 1/t, 1/(1+kt) (10), where t goes from 0 to 1
    during the training."""
    every: Annotated[int | None, Needs("schedule", ("step",))] = None
    """Epochs between the steps of schedule step; by default the steps are at half and at three
    quarters of the training."""
    momentum: Annotated[float, Needs("optimizer", ("sgd",))] = 0.9
    """Momentum of sgd."""
    nesterov: Annotated[bool, Needs("optimizer", ("sgd",))] = True
    """Use Nesterov momentum with sgd."""
    weight_decay: float | None = None
    """Decoupled weight decay, not on biases and normalization; by default 0.05 for adamw, otherwise
    none."""
    loss: str | None = None
    """crossentropy, hinge, mse, l1, multiclass_hinge, squared_multiclass_hinge or any Keras loss;
    by default crossentropy, or multiclass_hinge for a head that returns scores."""
    label_smoothing: float | None = None
    """Share of each label that is spread over all classes; by default 0.1 for crossentropy,
    otherwise none."""
    class_weight: ClassWeight = "none"
    """balanced weights the classes by the inverse of their number of images."""

    def verify(self) -> None:
        """Check the numbers of the optimizer and of the schedule."""
        rate, decay, momentum = self.learning_rate, self.weight_decay, self.momentum
        if rate is not None and not 0 < rate < math.inf:
            raise SettingError(f"`learning_rate` must be above 0, not {rate}.")
        if decay is not None and not 0 <= decay < math.inf:
            raise SettingError(f"`weight_decay` must be 0 or more, not {decay}.")
        if not 0 <= momentum < 1:
            raise SettingError(f"`momentum` must be from 0 to below 1, not {momentum}.")
        self._verify_schedule()

    def _verify_schedule(self) -> None:
        schedule, decay, every = self.schedule, self.decay, self.every
        if decay is not None and schedule not in DECAYS:
            raise SettingError(
                f"`decay`: the schedule {schedule} has no decay constant; {', '.join(DECAYS)} have "
                "one. Choose one of these, or leave out `decay`."
            )
        most = 1 if schedule in ("step", "geometric") else math.inf
        if decay is not None and not 0 < decay < most:
            below = f" and below {most}" if most == 1 else ""
            raise SettingError(f"`decay` must be above 0{below} for {schedule}, not {decay}.")
        if every is not None and schedule != "step":
            raise SettingError(
                f"`every`: the schedule {schedule} has no steps. Use the schedule step, or leave "
                "out `every`."
            )
        if every is not None and every < 1:
            raise SettingError(f"`every` must be at least 1 epoch, not {every}.")


@dataclass(frozen=True)
class Transfer(Group):
    """Transfer: what the network learns from besides the labels."""

    solve_head: Literal["auto", "yes", "no"] = "auto"
    """Solve the head of a backbone instead of training it in epochs: logistic regression, with a
    penalty chosen by cross-validation. auto does so unless a setting needs epochs."""
    views: int = 1
    """Number of versions of each training image for the head of a backbone; more than one are
    augmented."""
    fine_tune: Annotated[str | None, tyro.conf.arg(metavar="N|LAYER")] = None
    """Afterwards also train the backbone's last layers: this many, or those from the layer whose
    name begins like this."""
    fine_tune_on: Literal["auto", "maps", "images"] = "auto"
    """What fine-tuning learns from: the feature maps of the layers before, computed once for each
    of the views; or images, augmented anew in every epoch. auto chooses images if they are mixed,
    or if augmentation is set without views."""
    fine_tune_epochs: int = 5
    """Passes over the training images for fine-tuning."""
    fine_tune_rate: float | None = None
    """The highest learning rate for fine-tuning; by default 0.0001."""
    pretrain: Literal["none", "autoencoder"] = "none"
    """First pretrain the network as an autoencoder, without labels."""
    pretrain_epochs: int | None = None
    """Passes over the images for pretraining; by default about 1,500 steps, 10 to 100 epochs."""
    pretrain_noise: float | None = None
    """Noise that the autoencoder learns to remove: its standard deviation as a share of the range
    of pixels; by default 0.1."""
    pretrain_loss: Literal["mse", "l1", "crossentropy"] | None = None
    """Loss between the autoencoder's reconstruction and the image, pixel by pixel; by default
    mse."""
    keep_autoencoder: bool = False
    """Keep the autoencoder beside the model, as autoencoder.keras."""
    unlabelled: Path | None = None
    """A folder of more images for pretraining, without classes."""
    auxiliary: bool = False
    """Train googlenet with auxiliary classifiers, which are removed afterwards."""

    @property
    def thawed(self) -> int | str | None:
        """Return which layers are thawed, as :func:`kit.training.thaw` takes them."""
        text = self.fine_tune
        return int(text) if text is not None and text.isdecimal() else text

    def verify(self) -> None:
        """Check how the backbone is fine-tuned, and that unlabelled images are of use."""
        if self.thawed in ("", 0):
            raise SettingError(
                "`fine_tune` takes a number of layers, at least 1, or the beginning of a layer's "
                f"name; not {self.fine_tune!r}."
            )
        if self.fine_tune_epochs < 1:
            raise SettingError(
                f"`fine_tune_epochs` must be at least 1, not {self.fine_tune_epochs}."
            )
        rate = self.fine_tune_rate
        if rate is not None and not 0 < rate < math.inf:
            raise SettingError(f"`fine_tune_rate` must be above 0, not {rate}.")
        if self.unlabelled is not None and self.pretrain == "none":
            raise SettingError(
                "`unlabelled` needs `pretrain=autoencoder`: only an autoencoder learns from images "
                "without classes."
            )
        own = ("pretrain_epochs", "pretrain_noise", "pretrain_loss", "keep_autoencoder")
        said = [name for name in own if getattr(self, name) not in (None, False)]
        if said and self.pretrain == "none":
            raise SettingError(
                f"`{said[0]}` is for an autoencoder, but none is trained. Use "
                f"`pretrain=autoencoder`, or leave out `{said[0]}`."
            )
        if self.pretrain_epochs is not None and self.pretrain_epochs < 1:
            raise SettingError(f"`pretrain_epochs` must be at least 1, not {self.pretrain_epochs}.")
        noise = self.pretrain_noise
        if noise is not None and not 0 <= noise <= 1:
            raise SettingError(
                "`pretrain_noise` must be from 0 to 1, a share of the range of pixels, not "
                f"{noise}."
            )
