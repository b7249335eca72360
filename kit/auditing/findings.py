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
        "Replace the file by a whole copy, or leave it out.",
        fix=True,
    ),
    Kind(
        "refused",
        "not used",
        "Put the file itself in its place: no link, its name in UTF-8, within the limit of size.",
    ),
    Kind(
        "two-labels",
        "one image under two labels",
        "Keep the right one; until then leave out all, since one of them teaches a mistake.",
        fix=True,
    ),
    Kind(
        "two-parts",
        "one image in two parts",
        "Leave this one out: the other part's score would be that of an image already seen.",
        fix=True,
    ),
    Kind("copy", "copies of another file", "Leave this one out: it only counts twice.", fix=True),
    Kind(
        "near-two-labels",
        "nearly one image under two labels",
        "Look at both: if they show one thing, one label is wrong.",
    ),
    Kind(
        "near-two-parts",
        "nearly one image in two parts",
        "Look at both: if they are one photo or one scene, leave this one out.",
    ),
    Kind(
        "near-copy",
        "nearly the same as another",
        "Look at both: a copy may go, photos of one scene must stay in one part (`group`).",
    ),
    Kind(
        "wrong-extension",
        "another format than the name says",
        "Rename the file: training reads it by its content, other programs may not.",
    ),
    Kind(
        "one-color",
        "nearly one color",
        "Look whether anything is to be seen: an empty picture teaches its label by heart.",
    ),
    Kind("dark", "without any light part", "Look at it: where a person can tell, it may stay."),
    Kind(
        "bright",
        "a third more white than usual",
        "Look at it: a thing cut out on white is well, a photo may be burnt out.",
    ),
    Kind(
        "blurry",
        "little fine detail",
        "Look at it: it may be out of focus, or smooth in most of the picture.",
    ),
    Kind(
        "odd-shape",
        "much longer than wide, or wider than long",
        "Cut the thing out, or train with `aspect=pad`: stretched to a square it is another thing.",
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
