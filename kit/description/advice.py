"""What is worth a word about a network before it is trained."""

from collections.abc import Sequence
from math import prod

from kit.description.layers import Layer

__all__ = ["heaviest"]

# Below this many parameters a lopsided network is no trouble; the smallest usual ones have more.
WORTH_A_WORD = 100_000


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
    sentence = f"{row.name} holds {row.parameters:,} of the {total:,} parameters ({share} %)"
    before = [earlier for earlier in rows[:place] if earlier.kind in ("Dense", "Flatten")]
    if not before or before[-1].kind == "Dense":
        shrinkable = row if row is not rows[-1] else before[-1] if before else None
        if shrinkable is None:  # the output, whose units are the classes
            return None
        return f"{sentence}; fewer units in {shrinkable.name} make the network smaller."
    values = prod(side or 1 for side in before[-1].output_shape)
    if any("Conv" in earlier.kind for earlier in rows[:place]):
        return (
            f"{sentence}: it is connected to each of the {values:,} values of the flattened map. "
            'features="average", another pooling or smaller images leave far fewer.'
        )
    return (
        f"{sentence}: it is connected to each of the {values:,} values of the image. Smaller "
        "images have fewer, and convolutions use the same weights at every place."
    )
