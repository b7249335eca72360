"""What images of a size take at least, against the memory that there is."""

from math import prod
from typing import TYPE_CHECKING

from kit import memory
from kit.data.decoding.thread_pool import AHEAD, workers
from kit.errors import SettingError
from kit.files import amount

if TYPE_CHECKING:
    from kit.description import Description

CHANNELS = 3  # every file is decoded in color
PIXEL, FLOAT = 1, 4  # bytes of a value
MANY_TIMES = 4  # from this on an enlargement is worth a note


def check_memory(
    image_size: tuple[int, int], batch_size: int, network: "Description | None" = None
) -> None:
    """Refuse what cannot fit, before a file is decoded.

    It takes less than is needed: the pictures that wait while files are read, one batch, and of a
    training the results of the layers for it, the weights and their gradients.

    Args:
        image_size: ``(height, width)``.
        batch_size: Images in a batch.
        network: What is trained on them, where that is known.

    Raises:
        SettingError: It is more than there is memory for.
    """
    values = CHANNELS * prod(image_size)
    needed = AHEAD * workers() * values * PIXEL + batch_size * values * (PIXEL + FLOAT)
    training = ""
    if network is not None:
        weights = 2 * network.parameters - network.fixed
        needed += batch_size * network.activation_bytes + FLOAT * weights
        training = " to train this network"
    free = memory.available()
    if free is not None and needed > free:
        height, width = image_size
        raise SettingError(
            f"Images of {height} x {width} pixels in batches of {batch_size} need at least "
            f"{amount(needed)} of memory{training}, but only {amount(free)} are free. Make "
            "image_size or batch_size smaller."
        )


def enlarged(image_size: tuple[int, int], sizes: list[tuple[int, int]]) -> list[str]:
    """Return a sentence where half of the images, of these heights and widths, grow many times."""
    ordered = sorted(sizes, key=prod)
    if not ordered:
        return []
    height, width = ordered[len(ordered) // 2]
    times = (prod(image_size) / max(1, height * width)) ** 0.5
    if times < MANY_TIMES:
        return []
    return [
        f"Half of the images have at most {height} x {width} pixels and are enlarged at least "
        f"{times:.0f} times to {image_size[0]} x {image_size[1]}. This adds work but no detail."
    ]
