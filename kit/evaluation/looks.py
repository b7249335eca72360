"""How often the same images were looked at to choose a model, which makes their score too good."""

from collections.abc import Sequence

__all__ = ["looks", "looks_text"]


def looks(epochs: int | Sequence[int]) -> int:
    """Return from how many scores on the same images the best was chosen.

    Args:
        epochs: Of each training that could have been kept: each was scored after every epoch.
    """
    return epochs if isinstance(epochs, int) else sum(epochs)


def looks_text(epochs: int | Sequence[int], training: str = "training") -> str:
    """Return the same in words: "20 epochs", "9 epochs of 3 trainings".

    Args:
        epochs: As for :func:`looks`.
        training: What one is called.
    """
    count = looks(epochs)
    text = "1 epoch" if count == 1 else f"{count:,} epochs"
    several = 1 if isinstance(epochs, int) else len(epochs)
    return text if several == 1 else f"{text} of {several:,} {training}s"
