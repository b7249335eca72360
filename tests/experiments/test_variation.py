"""What is said of augmentation, mixing and sampling before a training."""

from kit.experiments.choice import variation
from kit.experiments.choice.network_choice import Choice
from kit.settings import Transfer, Variation


def test_augmentation_that_was_asked_for_and_changes_nothing_is_said() -> None:
    head = Choice("pretrained", {}, "MobileNet", None, "auto")
    network = Choice("basic_cnn", {}, "basic_cnn", None, "auto")
    strong, default = Variation(augmentation="strong", flip="yes"), Variation()

    said = variation.unused(head, strong, Transfer())
    assert said.startswith("`augmentation=strong` and `flip` changes nothing: a head on a frozen")
    for choice, transfer, varied in (
        (head, Transfer(), default),
        (head, Transfer(), Variation(augmentation="none", flip="no")),
        (head, Transfer(views=2), strong),
        (head, Transfer(fine_tune="3"), strong),
        (network, Transfer(), strong),
    ):
        assert variation.unused(choice, varied, transfer) == ""
