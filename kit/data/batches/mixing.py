"""Two training images in one, their labels in the same shares: MixUp and CutMix.

MixUp lays one over the other (Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR
2018), CutMix sets a rectangle of one into the other (Yun et al., "CutMix: Regularization Strategy
to Train Strong Classifiers with Localizable Features", ICCV 2019). What is drawn for a batch is a
function of (seed, epoch, number of the batch). It is drawn with NumPy and not by Keras' layers:
those draw CutMix's rectangle in parts of pixels, so that its label is not the share that is seen.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kit.errors import SettingError, require_choice
from kit.settings import Variation

KINDS = ("none", "mixup", "cutmix", "both")
# Of ImageNet in both papers: mostly one image with a little of the other; any share alike.
ALPHAS = {"mixup": 0.2, "cutmix": 1.0}
OURS = 1  # tells these numbers from those drawn for (seed, epoch, image)


@dataclass(frozen=True)
class Mix:
    """How training images are mixed.

    Attributes:
        kind: "mixup", "cutmix", or "both" for a coin that is tossed for every pair.
        alpha: Of the distribution Beta(alpha, alpha) of the shares: 1 makes all alike, less makes
            uneven ones frequent. None takes the papers' own.
    """

    kind: Literal["mixup", "cutmix", "both"]
    alpha: float | None = None

    def of(self, kind: str) -> float:
        """Return alpha for "mixup" or "cutmix"."""
        return ALPHAS[kind] if self.alpha is None else self.alpha


@dataclass(frozen=True)
class Draws:
    """What was drawn for a batch of n images.

    Attributes:
        partners: int64 ``(n,)``: which image of the batch is mixed into each.
        outside: float32 ``(n,)``: the image's own share of every pixel outside the rectangle.
        boxes: int32 ``(n, 4)``: top, left, bottom and right of the rectangle that is the partner's,
            bottom and right not part of it.
        shares: float32 ``(n,)``: the image's own share of the whole, and so of the label.
    """

    partners: NDArray[np.int64]
    outside: NDArray[np.float32]
    boxes: NDArray[np.int32]
    shares: NDArray[np.float32]


def mix(kind: str, alpha: float | None = None) -> Mix | None:
    """Return the mixing of this name, None for "none".

    Raises:
        SettingError: There is none, or ``alpha`` is out of its range or of no use.
    """
    require_choice("mix", kind, KINDS)
    Variation(mix=kind, mix_alpha=alpha).verify()  # type: ignore[arg-type]
    return None if kind == "none" else Mix(kind, alpha)  # type: ignore[arg-type]


def check_loss(head: str, loss: str) -> None:
    """Check that a training can have labels that are shares of two classes.

    Args:
        head: What the model answers with: "softmax", "sigmoid" or "scores".
        loss: Its name.

    Raises:
        SettingError: It cannot.
    """
    if head == "scores" or "hinge" in loss:
        what = "a head that returns scores" if head == "scores" else f"the loss {loss}"
        raise SettingError(
            f"{what} needs one right class, but a mixed image belongs to two. Leave out mix, or "
            "use a softmax head with the loss crossentropy."
        )
    if head == "sigmoid":
        raise SettingError(
            "With a sigmoid head, accuracy counts answers equal to the label, but the label of a "
            'mixed image lies between 0 and 1. Use head="softmax", the same network with two '
            "outputs, or leave out mix."
        )


def draw(how: Mix, seed: int, epoch: int, batch: int, count: int, size: tuple[int, int]) -> Draws:
    """Return what is drawn for a batch.

    Args:
        how: The mixing.
        seed: The data's.
        epoch: From 0.
        batch: Its number in the epoch, from 0.
        count: Images in it.
        size: (height, width) in pixels.
    """
    rng = np.random.default_rng([seed, epoch, batch, OURS])
    partners = rng.permutation(count)
    cut = np.full(count, how.kind == "cutmix")
    if how.kind == "both":
        cut = rng.random(count) < 0.5
    wanted = np.where(
        cut,
        rng.beta(how.of("cutmix"), how.of("cutmix"), count),
        rng.beta(how.of("mixup"), how.of("mixup"), count),
    )
    boxes = np.where(cut[:, None], _boxes(rng, wanted, size), 0)
    outside = np.where(cut, 1.0, wanted)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) / (size[0] * size[1])
    shares = outside * (1 - area)
    return Draws(
        partners.astype(np.int64),
        outside.astype(np.float32),
        boxes.astype(np.int32),
        shares.astype(np.float32),
    )


def mixed(images: Any, rows: Any, partners: Any, outside: Any, boxes: Any, shares: Any) -> Any:
    """Mix each image and its row with those of its partner.

    Args:
        images: float32 ``(n, height, width, channels)``.
        rows: float32 ``(n, m)``: what goes with the images, in which shares count: labels, weights.
        partners: See :class:`Draws`, as the next three.
        outside: Likewise.
        boxes: Likewise.
        shares: Likewise.

    Returns:
        Images and rows of the same shapes.
    """
    import tensorflow as tf  # here: the rest is NumPy

    height, width = images.shape[1:3]
    top, left, bottom, right = (boxes[:, side, None, None, None] for side in range(4))
    y = tf.range(height)[None, :, None, None]
    x = tf.range(width)[None, None, :, None]
    inside = (y >= top) & (y < bottom) & (x >= left) & (x < right)
    own = tf.where(inside, 0.0, outside[:, None, None, None])
    images = own * images + (1 - own) * tf.gather(images, partners)
    share = shares[:, None]
    return images, share * rows + (1 - share) * tf.gather(rows, partners)


def named_shares(label: NDArray[Any], class_names: tuple[str, ...]) -> list[tuple[str, float]]:
    """Return the classes of a label and their shares, the largest first, none below 0.005."""
    order = np.argsort(-label, kind="stable")
    return [(class_names[one], float(label[one])) for one in order if label[one] >= 0.005]


def _boxes(
    rng: np.random.Generator, shares: NDArray[np.float64], size: tuple[int, int]
) -> NDArray[np.int64]:
    """Draw rectangles that leave about these shares, and are cut off at the image's edges."""
    sides = np.array(size)
    half = np.sqrt(1 - shares)[:, None] * sides / 2
    middle = rng.random((len(shares), 2)) * sides
    ends = np.concatenate([middle - half, middle + half], axis=1)
    boxes: NDArray[np.int64] = np.clip(np.rint(ends), 0, np.tile(sides, 2)).astype(np.int64)
    return boxes
