"""What is said of augmentation, mixing and sampling before a training."""

from kit.experiments.choice import variation
from kit.experiments.choice.network_choice import Choice
from kit.settings import Transfer, Variation


def test_augmentation_that_was_asked_for_and_changes_nothing_is_said() -> None:
    head = Choice("pretrained", {}, "MobileNet", None, "auto")
    network = Choice("basic_cnn", {}, "basic_cnn", None, "auto")
    strong, default = Variation(augmentation="strong", flip="yes"), Variation()

    said = variation.unused(head, strong, Transfer())
    assert said.startswith("`augmentation=strong` and `flip` has no effect: a head on a frozen")
    for choice, transfer, varied in (
        (head, Transfer(), default),
        (head, Transfer(), Variation(augmentation="none", flip="no")),
        (head, Transfer(views=2), strong),
        (head, Transfer(fine_tune="3"), strong),
        (network, Transfer(), strong),
    ):
        assert variation.unused(choice, varied, transfer) == ""


def test_fine_tuning_learns_from_images_where_only_these_are_changed_as_asked() -> None:
    def tuned_on(fine_tune: str | None = "3", views: int = 1, **varied: object) -> str:
        return variation.tuned_on(Variation(**varied), Transfer(fine_tune=fine_tune, views=views))

    assert tuned_on() == tuned_on(augmentation="none") == "maps"
    assert tuned_on(augmentation="strong", views=4) == "maps"
    assert tuned_on(augmentation="strong") == tuned_on(flip="yes") == "images"
    assert tuned_on(mix="mixup", views=4) == tuned_on(augment={"RandomZoom": 0.2}) == "images"
    assert tuned_on(fine_tune=None) == "auto"
    chosen = Transfer(fine_tune="3", fine_tune_on="maps")
    assert variation.tuned_on(Variation(augmentation="strong"), chosen) == "maps"
