"""What the first layer sees, in numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CENTRED = 0.5  # |mean| over standard deviation; 0.4 for white digits on black, which lack negatives


@dataclass(frozen=True)
class Channel:
    """One channel of what enters a layer: mean, standard deviation, least and greatest value."""

    mean: float
    deviation: float
    least: float
    greatest: float


@dataclass(frozen=True)
class Pixels:
    """The images, and what the first layer with a kernel gets of them.

    Attributes:
        layer: That layer.
        channels: What enters it.
        given: The images as they are given to the model, all channels together.
        images: How many.
        shape: Of one image as given.
        takes: Of one image as the model takes it; None where any length will do.
        broken: Images with a value that is NaN or infinite.
        fractions: Images whose values are fractions in [0, 1].
        flat: Images of one value.
        alike: Whether all channels are the same.
        scrambled: Roughness with the channels moved as a share of that without, see
            :func:`unscrambled`; None for what is no image of three channels.
    """

    layer: str
    channels: tuple[Channel, ...]
    given: Channel
    images: int
    shape: tuple[int, ...]
    takes: tuple[int | None, ...]
    broken: int = 0
    fractions: int = 0
    flat: int = 0
    alike: bool = False
    scrambled: float | None = None

    @property
    def mean(self) -> float:
        """Return the mean over all channels."""
        return float(np.mean([one.mean for one in self.channels]))

    @property
    def deviation(self) -> float:
        """Return the standard deviation over all channels together."""
        squares = [one.deviation**2 + one.mean**2 for one in self.channels]
        return math.sqrt(max(0.0, float(np.mean(squares)) - self.mean**2))

    @property
    def least(self) -> float:
        """Return the least value of all channels."""
        return min(one.least for one in self.channels)

    @property
    def centred(self) -> bool:
        """Tell whether a mean was subtracted, as for VGG."""
        return is_centred(self.mean, self.deviation, self.least)


def is_centred(mean: float, deviation: float, least: float) -> bool:
    """Tell whether a mean was subtracted from pixels, which are never below 0 before.

    Such values may stay as large as pixels are: the course trains on them.
    """
    return least < 0 and abs(mean) <= CENTRED * deviation


def fits(shape: tuple[int, ...], takes: Sequence[int | None]) -> bool:
    """Tell whether an image of this shape can be given to a model."""
    return len(shape) == len(takes) and all(
        want is None or want == have for have, want in zip(shape, takes, strict=True)
    )
