"""What can be found of a file, and what to do about it."""

from dataclasses import dataclass

from kit.setting_names import said


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Attributes:
        name: As flags and tables call it.
        title: A few words for a person.
        advice: The mend.
        fix: Whether a fix list holds such files unless other kinds are asked for.
    """

    name: str
    title: str
    advice: str
    fix: bool = False


_KINDS = (
    Kind(
        "broken",
        "cannot be decoded",
        "Replace the file with an intact copy, or leave it out.",
        fix=True,
    ),
    Kind(
        "refused",
        "not used",
        "Use a regular file: not a link, with a name in UTF-8, and within the size limit.",
    ),
    Kind(
        "two-labels",
        "one image under two labels",
        "Keep the one with the right label. Until you know which, leave out all: one of them is "
        "wrong.",
        fix=True,
    ),
    Kind(
        "two-parts",
        "one image in two parts",
        "Leave this one out: the other part would be scored on an image already seen.",
        fix=True,
    ),
    Kind(
        "copy",
        "copies of another file",
        "Leave this one out: it only counts the same image twice.",
        fix=True,
    ),
    Kind(
        "near-two-labels",
        "nearly one image under two labels",
        "Look at both: if they show the same object, one label is wrong.",
    ),
    Kind(
        "near-two-parts",
        "nearly one image in two parts",
        "Look at both: if they show the same photo or scene, leave this one out.",
    ),
    Kind(
        "near-copy",
        "near copies",
        "Look at both: delete copies; keep photos of one scene in one part (`group`).",
    ),
    Kind(
        "wrong-extension",
        "file format differs from its extension",
        "Rename the file. Training reads it by its content, but other programs may not.",
    ),
    Kind(
        "one-color",
        "nearly one color",
        "Check that something can be seen: a network can only memorize an empty picture.",
    ),
    Kind("dark", "very dark", "Look at it. If a person can recognize it, keep it."),
    Kind(
        "bright",
        "overexposed: a third more white than usual",
        "Look at it. A white background is fine; the photo may also be overexposed.",
    ),
    Kind(
        "blurry",
        "little fine detail",
        "Look at it. It may be out of focus, or mostly smooth surfaces.",
    ),
    Kind(
        "odd-shape",
        "very elongated",
        "Crop it to the object, or train with `aspect=pad`: stretching to a square distorts it.",
    ),
)
KINDS = {kind.name: kind for kind in _KINDS}


@dataclass(frozen=True)
class Finding:
    """One file, what was found of it, and what there is to say.

    Attributes:
        file: Relative to the data folder, with slashes.
        kind: A key of ``KINDS``.
        partner: The other file, where it takes two.
        detail: The evidence, in words.
        weight: The larger, the clearer, within its kind.
    """

    file: str
    kind: str
    partner: str = ""
    detail: str = ""
    weight: float = 0.0

    @property
    def advice(self) -> str:
        """What to do."""
        return said(KINDS[self.kind].advice)
