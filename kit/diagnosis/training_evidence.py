"""What is known about a training after its end, from whatever measured it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kit.monitoring.loss_guard import LossGuard
    from kit.monitoring.monitor import Monitor

NEIGHBOURS = ("neighbours", "voting_neighbours", "plain_neighbours", "augmented_neighbours")


@dataclass(frozen=True)
class Facts:
    """Settings of a training and counts of its data. What is not known stays as it is.

    Attributes:
        classes: Number of classes.
        train_counts: Training images of each class.
        validation_images: Images that ``val_accuracy`` comes from.
        validation_counts: The same of each class; taken for even where that is not known.
        test_images: Images of a part that chose nothing; None where it is not known.
        batch_size: Images in a step.
        planned_epochs: Epochs that were asked for.
        schedule: Name of the schedule.
        optimizer: Name of the update rule.
        learning_rate: The highest rate.
        dropout: The largest share that is set to 0 anywhere.
        l1: The largest strength of a penalty on absolute values of kernels.
        l2: The same on squares.
        augmentation: Name of the preset; "none" for none, and for a head.
        mixed: Whether training images are mixed: accuracy while training then says little.
        label_smoothing: Share of a label that is spread.
        cross_entropy: Whether the loss is that; of any other, the loss before the first step is
            what guessing gives.
        pretrained: Whether the weights come from another training.
        head: Whether only a head is trained, on features that a backbone computed once.
        solved: Whether it was solved to the end, without epochs.
        epochs_before: Epochs of an earlier phase that the table leaves out: of the head, where this
            one is fine-tuning.
        frozen_share: Share of the kernels' weights that cannot move.
        parameters: Weights of the network.
        architecture: Its name.
        image_size: Pixels of the shorter side; 0 where it is not known.
        channels: 3 or 1; 0 where it is not known.
        settings: Flags of ``kit-train`` in force, by their names with underscores, as its
            ``run.yaml`` has them: what is set already is not advised.
    """

    classes: int
    train_counts: tuple[int, ...] = ()
    validation_images: int = 0
    validation_counts: tuple[int, ...] = ()
    test_images: int | None = None
    batch_size: int = 32
    planned_epochs: int = 0
    schedule: str = "constant"
    optimizer: str = ""
    learning_rate: float | None = None
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    augmentation: str = "none"
    mixed: bool = False
    label_smoothing: float = 0.0
    cross_entropy: bool = True
    pretrained: bool = False
    head: bool = False
    solved: bool = False
    epochs_before: int = 0
    frozen_share: float = 0.0
    parameters: int = 0
    architecture: str = ""
    image_size: int = 0
    channels: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """The numbers that :func:`kit.diagnosis.diagnose` reads; only table and facts are needed.

    Attributes:
        table: Columns of the history: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``,
            ``learning_rate``, and what a :class:`kit.monitoring.Monitor` added.
        facts: Settings and counts.
        before: The monitor's row before training.
        layers: The monitor's numbers of each layer and epoch.
        inputs: What the first layer with a kernel sees.
        scales: How large the first weights of each layer are beside He's.
        losses: The loss of every step.
        stopped: Why a guard ended the training.
        where: Which layer went first.
        sample_counts: Validation images of each class that the monitor looks at.
        batch_purity: Mean share of the commonest class in a batch.
        overlap: Share of the validation images that are in training too.
        neighbours: Share of validation images whose most similar training image has their class.
        voting_neighbours: The same where the 15 most similar ones vote.
        plain_neighbours: The same among the training images.
        augmented_neighbours: The same for augmented training images among plain ones.
        bad_images: Images that hold values that are no numbers.
    """

    table: Mapping[str, Sequence[float]]
    facts: Facts
    before: Mapping[str, float] = field(default_factory=dict)
    layers: Sequence[Mapping[str, Any]] = ()
    inputs: Mapping[str, float] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    losses: Sequence[float] = ()
    stopped: str = ""
    where: str = ""
    sample_counts: tuple[int, ...] = ()
    batch_purity: float | None = None
    overlap: float | None = None
    neighbours: float | None = None
    voting_neighbours: float | None = None
    plain_neighbours: float | None = None
    augmented_neighbours: float | None = None
    bad_images: int | None = None


def evidence(
    table: Any,
    facts: Facts,
    monitor: "Monitor | None" = None,
    guard: "LossGuard | None" = None,
    **measured: Any,
) -> Evidence:
    """Collect what is known.

    Args:
        table: The history: a data frame or a mapping of columns.
        facts: Settings and counts.
        monitor: After the training, if there was one.
        guard: After the training, if there was one.
        measured: More fields of :class:`Evidence`: ``batch_purity``, ``overlap``.
    """
    seen: dict[str, Any] = {"table": {name: list(table[name]) for name in table}}
    if monitor is not None and monitor.rows:
        _fill_last(seen["table"], monitor.rows[-1])
        seen |= {
            "before": monitor.rows[0],
            "sample_counts": tuple(np.bincount(monitor.validation.classes).tolist()),
            **{name: getattr(monitor, name) for name in ("layers", "inputs", "scales")},
            **{name: _known(getattr(monitor, name)) for name in NEIGHBOURS},
        }
    if guard is not None:
        seen |= {"losses": guard.losses, "stopped": guard.stopped, "where": guard.where}
    return Evidence(facts=facts, **(seen | measured))


def _fill_last(table: dict[str, list[Any]], row: Mapping[str, float]) -> None:
    """Put what was measured after an early end into the last epoch's row."""
    length = len(next(iter(table.values()), ()))
    if row["epoch"] != length or not length:
        return
    for name in row.keys() - {"epoch"}:
        table.setdefault(name, [math.nan] * length)[-1] = row[name]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
