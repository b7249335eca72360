"""What becomes of small things when images are brought to the size that a network takes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kit.data.scanning.scan import LARGEST_DEFAULT
from kit.setting_names import said

FORTIETH = 40  # of the long side: what still strikes the eye in a photo
SEEN = 8  # pixels: two 3x3 convolutions and a pooling see 8 at once; less is a dot to them
STEP = 32  # pixels, by which sizes are advised: most backbones halve five times
STRETCHED = 1.25  # a circle becomes an ellipse that anybody notices


@dataclass(frozen=True)
class Detail:
    """The median image at one image size.

    Attributes:
        image_size: ``(height, width)`` asked about.
        median_size: Median height and median width of the images.
        thing: The smallest thing that matters, in pixels of the image.
        stretched: Its shorter side at that size when the picture is stretched or padded.
        cropped: Its side when the longer side's ends are cut off.
        cut_off: Share of the picture that ``--aspect crop`` loses.
        distorted: Share of the images that stretching makes 1.25 times wider or narrower.
        enlarged: Share of the images smaller than the size on both sides.
        needed: The image size that makes the thing 8 pixels; None where it is seen, or where the
            images themselves have fewer.
        advice: Sentences, none where all is well.
    """

    image_size: tuple[int, int]
    median_size: tuple[int, int]
    thing: int
    stretched: float
    cropped: float
    cut_off: float
    distorted: float
    enlarged: float
    needed: int | None
    advice: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return the rule of three in words."""
        long = max(self.median_size)
        height, width = self.image_size
        size = str(height) if height == width else f"{height}x{width}"
        if self.stretched >= self.thing:
            return f"The median image has {long} pixels and is not shrunk at {size}."
        return said(
            f"{self.thing} pixels of {long} shrink to {self.stretched:.1f} at {size}. With "
            f"`aspect=crop` they shrink to {self.cropped:.1f}, and {self.cut_off:.0%} of the "
            "picture is cut off."
        )


def detail(
    images: pd.DataFrame, image_size: tuple[int, int] | None, thing: int | None
) -> Detail | None:
    """Work out what a small thing becomes; None without images.

    Args:
        images: As :class:`kit.auditing.measuring.Reading` has them.
        image_size: ``(height, width)``; left out, the one that a training takes by itself.
        thing: Pixels; left out, a fortieth of the median image's long side.
    """
    if images.empty:
        return None
    widths, heights = images["width"].to_numpy(float), images["height"].to_numpy(float)
    if image_size is None:
        side = min(LARGEST_DEFAULT, int(np.median(np.maximum(widths, heights))))
        image_size = (side, side)
    height, width = image_size
    middle = int(np.median(heights)), int(np.median(widths))
    asked = thing if thing is not None else max(1, round(max(middle) / FORTIETH))
    down, across = height / middle[0], width / middle[1]
    bent = (widths / heights) * (height / width)
    distorted = float((np.maximum(bent, 1 / bent) >= STRETCHED).mean())
    enlarged = float(((widths < width) & (heights < height)).mean())
    stretched = asked * min(down, across)
    needed = None
    if stretched < SEEN <= asked:
        needed = int(np.ceil(SEEN * max(middle) / asked / STEP)) * STEP
    cut_off = 1 - min(down, across) / max(down, across)
    advice = []
    if needed is not None:
        advice.append(
            f"If an object of {asked} pixels decides the class, `image_size={needed}` shows it at "
            f"{SEEN} pixels, about the least that a network can recognize. Cropping the photos to "
            "the objects takes less computing time."
        )
    elif stretched < SEEN and thing is not None:
        advice.append(
            f"An object of {asked} pixels is only a dot in the original images. No image size "
            "helps: photograph it from closer."
        )
    if distorted >= 0.5 and cut_off > 0:
        advice.append(
            f"Stretching changes the proportions of {distorted:.0%} of the images by a quarter or "
            "more. `aspect=crop` keeps them if the object is in the middle, `aspect=pad` if it may "
            "lie at the edge."
        )
    if enlarged >= 0.5:
        advice.append(
            f"{enlarged:.0%} of the images are smaller than this and are only enlarged. A smaller "
            "`image_size` trains faster and loses nothing."
        )
    return Detail(
        image_size=image_size,
        median_size=middle,
        thing=asked,
        stretched=stretched,
        cropped=asked * max(down, across),
        cut_off=cut_off,
        distorted=distorted,
        enlarged=enlarged,
        needed=needed,
        advice=tuple(map(said, advice)),
    )
