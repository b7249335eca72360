"""How a network is trained besides an ordinary training, and whether it goes with the network."""

from dataclasses import dataclass

from kit.errors import DataError, SettingError
from kit.experiments.choice.network_choice import Choice
from kit.settings import Transfer


@dataclass(frozen=True)
class Method(Transfer):
    """How a network is trained, besides the settings of an ordinary training.

    Attributes:
        cache: Whether features are kept.
    """

    cache: bool = True

    def augments(self, choice: Choice) -> bool:
        """Tell whether training sees augmented images: one view of each is the image as it is."""
        return not choice.frozen or self.views > 1 or self.fine_tune is not None

    def check(self, choice: Choice, style: str, augmentation: str) -> None:
        """Check what can be told without TensorFlow.

        Raises:
            SettingError: Something does not go with the network, or with something else.
            DataError: There is no folder of unlabelled images.
        """
        for flag, used in (
            ("`views`", self.views > 1),
            ("`fine_tune`", self.fine_tune is not None),
        ):
            if used and not choice.frozen:
                raise SettingError(
                    f"{flag} is for a pretrained backbone, and {choice.label} is trained as a "
                    "whole; leave it out, or take a `backbone`."
                )
        if self.views < 1 or (self.views > 1 and augmentation == "none"):
            raise SettingError(
                f"`views` must be at least 1, and 1 with `augmentation=none`; it is {self.views}."
            )
        if self.pretrain != "none" and choice.frozen:
            raise SettingError(
                "`pretrain` teaches a network to see, and a pretrained backbone can; leave one "
                "of the two out."
            )
        if self.unlabelled is not None and not self.unlabelled.is_dir():
            raise DataError(f"`unlabelled`: {self.unlabelled} is no folder of images.")
        if self.auxiliary and choice.architecture != "googlenet":
            raise SettingError(
                f"`auxiliary`: {choice.label} has no places for auxiliary classifiers; "
                "`architecture=googlenet` has."
            )
        if self.auxiliary and style != "functional":
            raise SettingError(
                "`auxiliary`: these classifiers branch off in the middle of a network, and a "
                "Sequential model is one chain; take `style=functional`."
            )
