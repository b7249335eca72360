"""Check data, network and settings before a training, and say what is wrong."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit import progress
from kit.choices import Augmentation, Optimizer
from kit.commands.programs import program
from kit.keras_start import start_keras
from kit.settings.texts import one_or_two

__all__ = ["check", "main"]


def check(
    folder: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    architecture: str = "auto",
    backbone: str | None = None,
    weights: str | None = None,
    settings: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set", metavar="NAME=VALUE")
    ] = (),
    style: Literal["functional", "sequential"] = "functional",
    image_size: tuple[int, ...] | None = None,
    color: Literal["auto", "rgb", "grayscale"] = "auto",
    aspect: Literal["stretch", "crop", "pad"] = "stretch",
    batch_size: int = 32,
    optimizer: Optimizer = "adamw",
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    momentum: float = 0.9,
    l2: float | None = None,
    dropout: float | None = None,
    loss: str | None = None,
    label_smoothing: float | None = None,
    augmentation: Augmentation = "light",
    parts: str | None = None,
    seed: int = 42,
    cache: bool = True,
    output: Path | None = None,
) -> None:
    """Check data, network and settings before a training, and say what is wrong.

    Is the first loss what guessing gives? Do the penalties raise it as they should? Can the network
    learn twenty images by heart? Are its gradients right, its layers alive, its inputs scaled? Is
    the learning rate one at which the loss falls? Does a step wait for images? The flags are those
    of the training. Exit code 4 says that a check failed.

    Args:
        folder: The images; without it, scikit-learn's handwritten digits.
        architecture: As for the training.
        backbone: As for the training; only the head is checked, on the backbone's features.
        weights: Of the backbone.
        settings: One setting of the architecture, for example filters=[16,32]. Repeatable.
        style: Functional or Sequential model.
        image_size: One number for a square, or height and width, in pixels.
        color: Three channels or one.
        aspect: How an image comes to the image size.
        batch_size: Images per step.
        optimizer: Update rule.
        learning_rate: The highest of the schedule.
        weight_decay: Decoupled.
        momentum: Of sgd.
        l2: Penalty on the kernels.
        dropout: Before the output.
        loss: Name of the loss.
        label_smoothing: Share of a label that is spread over all classes.
        augmentation: How strongly training images are varied.
        parts: Which folders are parts, as for the training.
        seed: Of split, start and order.
        cache: Keep decoded images in the user's cache folder.
        output: A new folder for checks.json and figures.
    """
    given = dict(locals())
    from kit import data
    from kit.experiments import places
    from kit.experiments.choice import attempts, network_choice

    planned = attempts.attempts(style, 1, seed, None)
    network = network_choice.network_settings(architecture, settings, l2, dropout)
    size = None if image_size is None else one_or_two(image_size)
    source = places.data_folder(folder)
    choice = network_choice.choose(
        architecture, backbone, weights, network, source, size, color, parts=parts
    )
    if output is not None:
        places.check_new(output, source)
    if choice.reason:
        progress.say(choice.reason)
    data.given_parts(source, parts)  # a mistake in the arrangement is told before TensorFlow starts
    start_keras()
    from kit import checks
    from kit.experiments import setup_checks as checking
    from kit.experiments.trainings import building

    compiled = building.compile_settings(choice, given)
    building.check_network(choice, compiled, batch_size)
    splits = data.load(
        source,
        image_size=choice.image_size,
        batch_size=batch_size,
        parts=parts,
        seed=seed,
        augmentation=augmentation,
        color=choice.color,
        aspect=aspect,
        cache=cache,
    )
    model = next(building.build(choice, planned, [splits], compiled))
    found = checking.everything(model, splits, compiled)
    print(checks.panel(found))
    if output is not None:
        output.mkdir(parents=True)
        checking.save(found, output / "checks.json")
        checking.draw(found, output / "figures")
        progress.say(f"Numbers and figures are in {output}.")
    checking.refuse_failed(found)


def main() -> None:
    """Run the program."""
    program(check)
