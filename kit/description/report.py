"""A description as text: the table of layers, remarks, the sums, and what is worth a word."""

from collections.abc import Sequence
from math import prod

from kit.description.layers import Description, Layer, Row
from kit.files import amount
from kit.progress import aligned, clean

HEAD = ["layer", "kind", "output", "parameters", "not trained", "multiply-adds", "memory"]
HEAD += ["field", "stride"]
# Below this many parameters a lopsided network is no trouble; the smallest usual ones have more.
WORTH_A_WORD = 100_000


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


def heaviest(rows: Sequence[Layer]) -> str | None:
    """Name the dense layer that holds most of the parameters, and what helps; None without one.

    Convolutions are passed over: the last of a growing row holds most by nature, and few in all.

    Args:
        rows: Of :func:`layer_table` or of a description.

    Returns:
        A sentence if one dense layer holds more than half of 100,000 parameters or more.
    """
    total = sum(row.parameters for row in rows)
    if total < WORTH_A_WORD:
        return None
    place, row = max(enumerate(rows), key=lambda item: item[1].parameters)
    if row.kind != "Dense" or 2 * row.parameters <= total:
        return None
    share = f"{100 * row.parameters / total:.1f}".removesuffix(".0")
    sentence = f"{row.name} has {row.parameters:,} of the {total:,} parameters ({share} %)"
    before = [earlier for earlier in rows[:place] if earlier.kind in ("Dense", "Flatten")]
    if not before or before[-1].kind == "Dense":
        shrinkable = row if row is not rows[-1] else before[-1] if before else None
        if shrinkable is None:  # the output, whose units are the classes
            return None
        return f"{sentence}. Fewer units in {shrinkable.name} make the network smaller."
    values = prod(side or 1 for side in before[-1].output_shape)
    if any("Conv" in earlier.kind for earlier in rows[:place]):
        return (
            f"{sentence}: it is connected to each of the {values:,} values of the flattened map. "
            'features="average", another pooling layer or smaller images leave far fewer.'
        )
    return (
        f"{sentence}: it is connected to each of the {values:,} values of the image. Smaller "
        "images have fewer, and convolutions share their weights between all positions."
    )


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
    not_trained = f", {network.fixed:,} of them not trainable" if network.fixed else ""
    results, training = network.activation_bytes, network.training_bytes(batch_size)
    return [
        f"{network.parameters:,} parameters{not_trained}",
        f"{network.multiply_adds:,} multiply-adds for one image",
        f"{amount(results)} for the outputs of all layers, for one image in float32",
        f"about {amount(training)} to train on batches of {batch_size} with Adam (estimated): 2 x "
        f"{batch_size} x {amount(results)} for outputs and their gradients, 4 x "
        f"{amount(4 * trained)} for weights, gradients and Adam's two moments",
    ]


def _square(sides: tuple[int, int]) -> str:
    height, width = sides
    return str(height) if height == width else f"{height} x {width}"
