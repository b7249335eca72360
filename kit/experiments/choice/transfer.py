"""What a network learns from besides the labels: whether that goes with the network."""

from kit.errors import DataError, SettingError
from kit.experiments.choice.network_choice import Choice
from kit.settings import Transfer


def varies_images(transfer: Transfer, choice: Choice) -> bool:
    """Tell whether training sees augmented images: one view of each is the image as it is."""
    return not choice.frozen or transfer.views > 1 or transfer.fine_tune is not None


def check(transfer: Transfer, choice: Choice, style: str, varied: bool) -> None:
    """Check what can be told without TensorFlow; ``varied`` images differ from view to view."""
    for flag, used in (
        ("`views`", transfer.views > 1),
        ("`fine_tune`", transfer.fine_tune is not None),
    ):
        if used and not choice.frozen:
            raise SettingError(
                f"{flag} is for a pretrained backbone, and {choice.label} is trained as a "
                "whole; leave it out, or take a `backbone`."
            )
    if transfer.views < 1 or (transfer.views > 1 and not varied):
        raise SettingError(
            f"`views` must be at least 1, and 1 with `augmentation=none`; it is {transfer.views}."
        )
    if transfer.pretrain != "none" and choice.frozen:
        raise SettingError(
            "`pretrain` teaches a network to see, and a pretrained backbone can; leave one "
            "of the two out."
        )
    if transfer.unlabelled is not None and not transfer.unlabelled.is_dir():
        raise DataError(f"`unlabelled`: {transfer.unlabelled} is no folder of images.")
    if transfer.auxiliary and choice.architecture != "googlenet":
        raise SettingError(
            f"`auxiliary`: {choice.label} has no places for auxiliary classifiers; "
            "`architecture=googlenet` has."
        )
    if transfer.auxiliary and style != "functional":
        raise SettingError(
            "`auxiliary`: these classifiers branch off in the middle of a network, and a "
            "Sequential model is one chain; take `style=functional`."
        )
