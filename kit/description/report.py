"""A description as text: the table of layers, remarks, and the sums."""

from kit.description.advice import heaviest
from kit.description.layers import Description, Row
from kit.files import amount
from kit.progress import aligned, clean

HEAD = ["layer", "kind", "output", "parameters", "not trained", "multiply-adds", "memory"]
HEAD += ["field", "stride"]


def report(network: Description, batch_size: int = 32) -> str:
    """Return one line for each layer, remarks below, and the sums.

    Args:
        network: From :func:`kit.description.describe`.
        batch_size: Images per step, for the estimate of the memory of training.
    """
    notes: dict[str, list[str]] = {}
    for row in network.rows:
        if row.note:
            notes.setdefault(row.note, []).append(row.name)
    lines = [
        aligned([HEAD, *map(_cells, network.rows)], "<<<>>>>>>"),
        *(clean(f"{', '.join(names)}: {note}.") for note, names in notes.items()),
        *_sums(network, batch_size),
        heaviest(network.rows),
    ]
    return "\n".join(line for line in lines if line)


def to_csv(network: Description) -> str:
    """Return the table as CSV text, in bytes and numbers."""
    table = network.table()
    for column in ("output_shape", "receptive_field", "stride"):
        table[column] = [
            " x ".join(map(str, v)) if isinstance(v, tuple) else v for v in table[column]
        ]
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text


def _cells(row: Row) -> tuple[str, ...]:
    field, stride = row.receptive_field, row.stride
    return (
        clean(row.name),
        row.kind,
        " x ".join(map(str, row.output_shape)),
        *(f"{n:,}" if n else "-" for n in (row.parameters, row.fixed, row.multiply_adds)),
        amount(row.activation_bytes) if row.activation_bytes else "-",
        field if isinstance(field, str) else _square(field),
        "-" if stride is None else _square(stride),
    )


def _sums(network: Description, batch_size: int) -> list[str]:
    trained = network.parameters - network.fixed
    not_trained = f", {network.fixed:,} of them not trained" if network.fixed else ""
    results, training = network.activation_bytes, network.training_bytes(batch_size)
    return [
        f"{network.parameters:,} parameters{not_trained}",
        f"{network.multiply_adds:,} multiply-adds for one image",
        f"{amount(results)} for the outputs of all layers, for one image in float32",
        f"about {amount(training)} to train on batches of {batch_size} with Adam, an estimate: "
        f"2 x {batch_size} x {amount(results)} for outputs and their gradients, "
        f"4 x {amount(4 * trained)} for weights, gradients and Adam's two moments",
    ]


def _square(sides: tuple[int, int]) -> str:
    height, width = sides
    return str(height) if height == width else f"{height} x {width}"
