"""Where the images of each class lie: class folders, perhaps in parts, perhaps in wrappers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.data.division.stratified_draw import PARTS
from kit.data.listing.parts import find_parts, part_named, read_parts
from kit.data.listing.tree import ASIDE, HIDDEN, OUTSIDE, Found, Problem
from kit.data.listing.wrapper_folders import base, class_folders, opened, unwrapped
from kit.errors import DataError, SettingError

ARRANGE = "images must be in one sub-folder for each class, FOLDER/<class>/photo.jpg"


@dataclass(frozen=True)
class ClassFolder:
    """A folder with images of one class, relative to the data folder; ``part`` may be ``""``."""

    part: str
    name: str
    folder: str


def layout(
    root: Path,
    known: Sequence[str] | None,
    text: str | None,
    problems: list[Problem],
    notes: list[str],
) -> list[ClassFolder]:
    """Return the class folders of a data folder; add to what is not used, and to the notes.

    Raises:
        DataError: The arrangement cannot be meant, or may mean two things.
        SettingError: What the person says does not go with the folder.
    """
    asked = None if text is None else read_parts(text)
    inside, folders, loose = unwrapped(root, "", known or (), problems)
    if not folders:
        raise DataError(_without_folders(root, len(loose), _hidden(problems)))
    if asked is None:
        parts = find_parts(root, folders, known, notes)
    else:
        parts = {
            part: tuple(_there(root, inside, one) for one in each) for part, each in asked.items()
        }
        if parts and known is None and "train" not in parts:
            raise SettingError("`parts` must also name the training images: train=FOLDER.")
    used = [folder for each in parts.values() for folder in each]
    if parts:
        found = _in_parts(root, parts, known, problems, notes)
        problems[:] = dict.fromkeys(problems)  # the folder itself may be a part: it is read again
    else:
        found = [ClassFolder("", base(folder), folder) for folder in folders]
        if inside:
            notes.append(f"The classes are the folders in {inside}/.")
    if not parts or inside not in used:
        problems += _outside(loose)
    count = sum(one.reason == OUTSIDE for one in problems)
    if count:
        notes.append(f"{count} files outside the class folders are not used.")
    aside = [one for one in folders if parts and inside not in used and not _holds(one, used)]
    if aside:
        problems += [Problem(one, "ignored", ASIDE) for one in aside]
        notes.append(f"Not used, because they belong to no part: {', '.join(aside)}.")
    hidden = _hidden(problems)
    if hidden:
        notes.append(
            f"Hidden folders are not classes: {', '.join(hidden)}. If one is meant as a class, "
            "rename it so that it does not begin with a dot."
        )
    return found


def _in_parts(
    root: Path,
    parts: Mapping[str, Sequence[str]],
    known: Sequence[str] | None,
    problems: list[Problem],
    notes: list[str],
) -> list[ClassFolder]:
    used = [folder for each in parts.values() for folder in each]
    found: list[ClassFolder] = []
    given = []
    for part in (each for each in PARTS if each in parts):
        stop = known or {one.name for one in found}
        for folder in parts[part]:
            inner = _of_part(root, part, folder, stop, problems, notes)
            holding = [one for one in inner if _holds(one, used)]
            torn = [one for one in holding if one not in used and not class_folders(root, one)]
            if torn:
                raise SettingError(
                    f"`parts`: {torn[0]}, which contains images of its own, also contains a part. "
                    "A part is a folder with one sub-folder for each class."
                )
            inner = [one for one in inner if one not in holding]
            found += [ClassFolder(part, base(one), one) for one in inner]
            given += [folder or "."] if inner else []
    _refuse_twofold(root, found)
    notes.append("Parts set by the folders: " + ", ".join(given) + ".")
    return found


def _refuse_twofold(root: Path, found: Iterable[ClassFolder]) -> None:
    """Raise where images would be in two parts: of folders in each other, or through a link."""
    seen = set()
    for one in found:
        place = (root / one.folder).resolve()
        if place in seen:
            raise SettingError(
                f"`parts`: the images in {one.folder} would be used twice. Name folders that are "
                "not inside one another."
            )
        seen.add(place)


def _of_part(
    root: Path,
    part: str,
    folder: str,
    stop: Collection[str],
    problems: list[Problem],
    notes: list[str],
) -> list[str]:
    """Return the class folders of a part; none where its images have no labels."""
    _, folders, loose = unwrapped(root, folder, stop, problems)
    names = [base(one) for one in folders]
    wrapped = len(names) == 1 and part_named(names[0]) == part and names[0] not in stop
    if part == "train" or (folders and not wrapped):
        problems += _outside(loose)
        return folders
    files = loose + (opened(root, folders[0], problems)[1] if wrapped else [])
    notes.append(f"{folder}/ has no class folders, so its {len(files)} files have no labels.")
    return []


def _there(root: Path, inside: str, folder: str) -> str:
    """Return where a folder lies that a person names, relative to the data folder."""
    if folder == ".":
        return inside
    below = f"{inside}/{folder}" if inside else folder
    there = next((one for one in (folder, below) if _is_within(root, one)), None)
    if there is None:
        raise SettingError(f"`parts`: there is no folder {folder} in {root}.")
    return there


def _is_within(root: Path, folder: str) -> bool:
    return (root / folder).is_dir() and (root / folder).resolve().is_relative_to(root)


def _holds(folder: str, others: Iterable[str]) -> bool:
    return any(one == folder or one.startswith(f"{folder}/") for one in others)


def _outside(loose: Iterable[Found]) -> list[Problem]:
    return [Problem(one.file, "ignored", OUTSIDE) for one in loose]


def _hidden(problems: Iterable[Problem]) -> list[str]:
    """Return the folders that were passed over where classes lie."""
    return [one.file for one in problems if one.reason == HIDDEN]


def _without_folders(root: Path, loose: int, hidden: Sequence[str]) -> str:
    if hidden:
        return (
            f"{root} has only hidden folders, whose names begin with a dot: {', '.join(hidden)}. "
            f"Rename them if they contain images; {ARRANGE}."
        )
    if not loose:
        return f"{root} has no folders and no images; {ARRANGE}."
    return (
        f"{root} has {loose} files and no class folders: {ARRANGE}. If these are the images of one "
        f"class, pass the folder above, {root.parent}."
    )
