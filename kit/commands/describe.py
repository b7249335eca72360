"""Show what a network consists of and what it costs, before it is built."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from kit import progress
from kit.commands.programs import program
from kit.commands.targets import check_target, put
from kit.errors import SettingError
from kit.keras_start import start_keras
from kit.settings.texts import assignments, one_or_two

if TYPE_CHECKING:
    from kit.description import Description, Row

__all__ = ["describe", "main"]

WORDS = ("layer", "kind", "output")  # the columns that begin at the left
NUMBERS = ("parameters", "not trained", "multiply-adds", "memory", "field", "stride")
PICTURES = (".png", ".svg", ".pdf")


def describe(
    name: Annotated[str | None, tyro.conf.Positional] = None,
    *,
    image_size: tuple[int, ...] = (128,),
    color: Literal["rgb", "grayscale"] = "rgb",
    classes: int = 10,
    style: Literal["functional", "sequential"] = "functional",
    settings: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set", metavar="NAME=VALUE")
    ] = (),
    batch_size: int = 32,
    drawing: Path | None = None,
    csv: Path | None = None,
) -> None:
    """Show what a network consists of and what it costs, before it is built.

    One line for each layer: shape of its output, parameters, multiply-adds and memory for one
    image, receptive field and stride in pixels of the image. They are calculated by formulas; no
    weights are made. Without a name, all architectures are listed.

    Args:
        name: An architecture, for example vgg.
        image_size: One number for a square, or height and width, in pixels.
        color: Three channels or one.
        classes: Number of classes.
        style: Functional or Sequential model; both have the same layers.
        settings: One setting of the architecture, for example filters=[16,32]. Repeatable.
        batch_size: Images per step, for the estimate of the memory of training.
        drawing: Draw the network into this file, .png, .svg or .pdf.
        csv: Write the table to this file, in bytes and numbers, instead of printing it; - is
            stdout.
    """
    from kit import architectures, description

    if name is None:
        print(_listed({each: architectures.summary(each) for each in architectures.names()}))
        progress.say("One of them, for example: kit-describe basic_cnn --image-size 128")
        return
    architectures.check_name(name)
    given = assignments(settings)
    shape = (*one_or_two(image_size), 3 if color == "rgb" else 1)
    if batch_size < 1:
        raise SettingError(f"--batch-size must be at least 1, not {batch_size}.")
    check_target("--drawing", drawing, PICTURES)
    check_target("--csv", csv)
    start_keras()
    architectures.check(name, **given)  # a setting called as an argument of describe() among them
    network = description.describe(name, shape, classes, style, **given)
    if csv is None:
        print(_report(network, batch_size))
    else:
        put(csv, _as_csv(network))
    if drawing is not None:
        from kit import plots

        plots.save(plots.network(network.nodes, network.edges), drawing)
        progress.say(f"Drawn: {drawing}")


def _listed(summaries: dict[str, str]) -> str:
    width = max(map(len, summaries))
    return "\n".join(f"{name:{width}}  {summary}" for name, summary in summaries.items())


def _report(network: "Description", batch_size: int) -> str:
    """Return the table, remarks below it, and the sums."""
    from kit import description

    notes: dict[str, list[str]] = {}
    for row in network.rows:
        if row.note:
            notes.setdefault(row.note, []).append(row.name)
    lines = [
        _table([WORDS + NUMBERS, *(_cells(row) for row in network.rows)]),
        *(progress.clean(f"{', '.join(names)}: {note}.") for note, names in notes.items()),
        *_sums(network, batch_size),
        description.heaviest(network.rows),
    ]
    return "\n".join(line for line in lines if line)


def _cells(row: "Row") -> tuple[str, ...]:
    field, stride = row.receptive_field, row.stride
    return (
        progress.clean(row.name),
        row.kind,
        " x ".join(map(str, row.output_shape)),
        *(f"{n:,}" if n else "-" for n in (row.parameters, row.fixed, row.multiply_adds)),
        _bytes(row.activation_bytes) if row.activation_bytes else "-",
        field if isinstance(field, str) else _square(field),
        "-" if stride is None else _square(stride),
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:{'<' if place < len(WORDS) else '>'}{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _sums(network: "Description", batch_size: int) -> list[str]:
    fixed = network.fixed
    trained = network.parameters - fixed
    not_trained = f", {fixed:,} of them not trained" if fixed else ""
    results = _bytes(network.activation_bytes)
    training = _bytes(network.training_bytes(batch_size))
    return [
        f"{network.parameters:,} parameters{not_trained}",
        f"{network.multiply_adds:,} multiply-adds for one image",
        f"{results} for the outputs of all layers, for one image in float32",
        f"about {training} to train on batches of {batch_size} with Adam, an estimate: "
        f"2 x {batch_size} x {results} for outputs and their gradients, "
        f"4 x {_bytes(4 * trained)} for weights, gradients and Adam's two moments",
    ]


def _square(sides: tuple[int, int]) -> str:
    height, width = sides
    return str(height) if height == width else f"{height} x {width}"


def _bytes(count: float) -> str:
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    power = min(len(units) - 1, max(0, (int(count).bit_length() - 1) // 10))
    return f"{count / 1024**power:.{1 if power else 0}f} {units[power]}"


def _as_csv(network: "Description") -> str:
    table = network.table()
    for column in ("output_shape", "receptive_field", "stride"):
        table[column] = [
            " x ".join(map(str, v)) if isinstance(v, tuple) else v for v in table[column]
        ]
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text


def main() -> None:
    """Run the program."""
    program(describe)
