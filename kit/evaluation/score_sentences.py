"""Scores in plain words, with what a reader must know to believe them rightly."""

from collections.abc import Iterable, Sequence

import numpy as np

from kit.evaluation.scores import Scores
from kit.intervals import paired
from kit.progress import clean

__all__ = ["against_majority", "looks", "looks_text", "sentences"]

FEW = 10  # images of a class: with 10 of 10 right, the 95 % interval still begins at 0.72
UNSURE = 0.05  # how likely a difference may be by chance, before it is no finding
NAMED = 8  # classes listed by name before "and 12 more"


def sentences(
    scores: Scores,
    part: str,
    *,
    epochs: int | Sequence[int] | None = None,
    shared: int = 0,
    shared_with: str = "validation",
) -> list[str]:
    """Say what was reached and what limits it.

    Args:
        scores: From :func:`kit.evaluation.score`.
        part: What the images are called: "validation", "test". A validation part is always said to
            be optimistic, since its images chose the epoch, unless ``epochs`` is 0.
        epochs: From how many epochs one was chosen on these very images: a number, or one for each
            training of which one is kept. None where these images chose nothing.
        shared: How many of these images are, byte for byte, in another part too.
        shared_with: That other part.

    Returns:
        Sentences, the headline first. Control characters in names are spelt out.
    """
    told = [
        _headline(scores, part, epochs),
        _other_numbers(scores),
        against_majority(scores),
        _small_classes(scores),
        _absent(scores),
        _never_answered(scores),
        _sharing(scores, shared, shared_with),
    ]
    return [sentence for sentence in told if sentence]


def looks(epochs: int | Sequence[int]) -> int:
    """Return from how many scores on the same images the best was chosen, which makes it too good.

    Args:
        epochs: Of each training that could have been kept: each was scored after every epoch.
    """
    return epochs if isinstance(epochs, int) else sum(epochs)


def looks_text(epochs: int | Sequence[int], training: str = "training") -> str:
    """Return the same in words: "20 epochs", "9 epochs of 3 trainings", for any word."""
    count = looks(epochs)
    text = "1 epoch" if count == 1 else f"{count:,} epochs"
    several = 1 if isinstance(epochs, int) else len(epochs)
    return text if several == 1 else f"{text} of {several:,} {training}s"


def _headline(scores: Scores, part: str, epochs: int | Sequence[int] | None) -> str:
    always = _quoted([scores.class_names[_majority(scores)]])
    text = (
        f"{part}: {scores.accuracy:.3f} (95 % interval {scores.accuracy_low:.3f} to "
        f"{scores.accuracy_high:.3f}, {_images(scores.images)}; always answering {always} would "
        f"score {scores.majority_baseline:.3f})"
    )
    if epochs is not None and looks(epochs) > 1:
        return f"{text}, chosen from {looks_text(epochs)} on these images, so optimistic"
    if epochs is None and part == "validation":
        return f"{text}; these images chose the epoch, so optimistic"
    return text


def _other_numbers(scores: Scores) -> str:
    text = f"balanced accuracy {scores.balanced_accuracy:.3f}, macro F1 {scores.macro_f1:.3f}"
    if np.isnan(scores.loss):
        return f"{text}; the model returns scores, not probabilities, so there is no cross-entropy"
    nothing = np.log(len(scores.class_names))
    return f"{text}, cross-entropy {scores.loss:.3f} (guessing gives {nothing:.3f})"


def against_majority(scores: Scores) -> str:
    """Say that a model may be no better than always answering one class; "" where it is better."""
    largest = _majority(scores)
    always = _quoted([scores.class_names[largest]])
    hits, of_largest = np.diagonal(scores.confusion), scores.confusion[largest].sum()
    better, worse = int(hits.sum() - hits[largest]), int(of_largest - hits[largest])
    if paired(better, worse) >= UNSURE:
        return (
            f"This may be no better than always answering {always}: the model is right on "
            f"{_images(better)} where that is wrong, and wrong on {_images(worse)} where that is "
            "right."
        )
    return f"This is worse than always answering {always}." if worse > better else ""


def _small_classes(scores: Scores) -> str:
    support = scores.confusion.sum(axis=1)
    small = [
        (name, int(count))
        for name, count in zip(scores.class_names, support, strict=True)
        if 0 < count < FEW
    ]
    if not small:
        return ""
    named = ", ".join(f"{_quoted([name])} ({count})" for name, count in small[:NAMED])
    return f"Fewer than {FEW} images, so the score is uncertain for: {named}{_rest(len(small))}."


def _absent(scores: Scores) -> str:
    absent = _where(scores, scores.confusion.sum(axis=1) == 0)
    if not absent:
        return ""
    return f"No image of {_quoted(absent)}: balanced accuracy and macro F1 leave such classes out."


def _never_answered(scores: Scores) -> str:
    support, answered = scores.confusion.sum(axis=1), scores.confusion.sum(axis=0)
    silent = _where(scores, (answered == 0) & (support > 0))
    return f"The model never predicted {_quoted(silent)}." if silent else ""


def _sharing(scores: Scores, shared: int, shared_with: str) -> str:
    if not shared:
        return ""
    verb = "is" if shared == 1 else "are"
    some = f"{shared} of the {_images(scores.images)} {verb}"
    return f"{some} also in the {shared_with} part, byte for byte."


def _majority(scores: Scores) -> int:
    return int(scores.confusion.sum(axis=1).argmax())


def _where(scores: Scores, chosen: Iterable[bool]) -> list[str]:
    return [name for name, take in zip(scores.class_names, chosen, strict=True) if take]


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{clean(name)}"' for name in names[:NAMED]) + _rest(len(names))


def _rest(count: int) -> str:
    return f" and {count - NAMED} more" if count > NAMED else ""


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
