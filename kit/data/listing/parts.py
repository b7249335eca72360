"""Which folders are train, validation and test: by their names, or as a person says."""

import os
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from kit.data.listing.wrapper_folders import base, class_folders, opened
from kit.errors import DataError, SettingError
from kit.progress import some

Parts = Mapping[str, tuple[str, ...]]  # part -> its folders, relative to the data folder

NAMES = {
    "train": ("train", "training", "trn"),
    "validation": ("val", "valid", "validation", "dev", "eval"),
    "test": ("test", "testing", "tst"),
}
USUAL = ", ".join(name for names in NAMES.values() for name in names)
BETWEEN = r"[ _\-]?"
NAMED = re.compile(
    "(?:seg" + BETWEEN + ")?("
    + "|".join(f"(?P<{part}>{'|'.join(names)})" for part, names in NAMES.items())
    + ")(?:" + BETWEEN + "(?:set|data))?(?:" + BETWEEN + r"\d+)?",
    re.IGNORECASE,
)  # fmt: skip
CLASSES = "none"  # what says that no folder is a part


def part_named(name: str) -> str:
    """Return the part that a folder, or a word in a table, is usually called so; else nothing."""
    found = NAMED.fullmatch(name.strip())
    return next((part for part in NAMES if found and found[part]), "")


def read_parts(text: str) -> Parts:
    """Read ``train=FOLDER,test=FOLDER``; nothing for ``none``, which makes each folder a class.

    A folder is relative to the data folder, ``.`` is that folder itself. A part that is named
    twice has both folders.

    Raises:
        SettingError: It is no such text.
    """
    if text.strip().lower() == CLASSES:
        return {}
    parts: dict[str, tuple[str, ...]] = {}
    for item in re.split(r",(?=\s*\w+\s*=)", text):
        word, _, folder = item.partition("=")
        part, path = part_named(word), os.path.normpath(folder.strip()).replace(os.sep, "/")
        if not part or not folder.strip() or os.path.isabs(path) or path.split("/")[0] == "..":
            raise SettingError(
                "`parts` takes folders in the data folder, such as train=Training,test=Testing, or "
                f"{CLASSES} if they are classes; got {text!r}."
            )
        if any(path in folders for folders in parts.values()):
            raise SettingError(f"`parts={text}`: {path} can be in one part only.")
        parts[part] = (*parts.get(part, ()), path)
    return parts


def find_parts(
    root: Path, folders: list[str], known: Sequence[str] | None, notes: list[str]
) -> Parts:
    """Return the folders of each part where these are parts, nothing where they are classes.

    A class may be called train: it is a part only where class folders lie in it, and where
    another part, or nothing at all, lies beside it.

    Raises:
        DataError: They may be either, or two folders are called like one part.
    """
    if known is not None and all(base(folder) in known for folder in folders):
        return {}
    named = defaultdict(list)
    for folder in folders:
        named[part_named(base(folder))].append(folder)
    others = named.pop("", [])
    called = [folder for names in named.values() for folder in names]
    enough = len(named) > 1 or not others
    if "train" in named and enough and opened(root, named["train"][0], [])[0]:
        for part, names in named.items():
            if len(names) > 1:
                both = shlex.quote(",".join(f"{part}={name}" for name in names))
                raise DataError(
                    f"{root}: {', '.join(names)} all name the {part} part. Keep one, or say which "
                    f"is meant: `parts={both}` takes all of them."
                )
        return {part: tuple(names) for part, names in named.items()}
    if len(named) > 1 and not others:
        raise DataError(
            f"{root} contains {', '.join(called)}, which are names of parts, but no train/ with "
            "one sub-folder for each class. Images of each part must be in folders such as "
            f"train/<class>/photo.jpg. `parts={CLASSES}` makes them classes."
        )
    _refuse_doubtful(root, folders, called)
    notes.extend(
        f"{name}/ is used as a class. To be a part, it would need train/ with one sub-folder for "
        "each class, beside val/ or test/, or alone."
        for name in called
    )
    return {}


def _refuse_doubtful(root: Path, folders: Sequence[str], called: Sequence[str]) -> None:
    """Raise where folders without images share the names of what lies in them, as parts do."""
    inside = {one: {base(name).casefold() for name in class_folders(root, one)} for one in folders}
    bare = {one: names for one, names in inside.items() if names}
    tops = {base(one).casefold() for one in folders}
    beside = [one for one, names in bare.items() if names & (tops - {base(one).casefold()})]
    # images/ alone in every class is no class: a name counts that lies in two, in one among others
    times = Counter(name for names in bare.values() for name in names)
    among = {name for names in bare.values() if len(names) > 1 for name in names if times[name] > 1}
    alike = [one for one, names in bare.items() if names & among]
    doubtful = beside or alike or [one for one in called if one in bare]
    if not doubtful:
        return
    names = sorted({base(name) for one in doubtful for name in class_folders(root, one)})
    if all(part_named(name) for name in names):
        raise DataError(
            f"{root}: parts ({some(names)}) are inside {some(doubtful)}. It must be the other way "
            "round: images of each part belong in folders such as train/<class>/photo.jpg. `parts` "
            f"{CLASSES} makes one class of all images in a folder."
        )
    train = "." if beside else _first(doubtful, "train")
    rest = [one for one in doubtful if one != train]
    test = f",test={_first(rest, 'test')}" if rest else ""
    answer = shlex.quote(f"train={train}{test}")
    raise DataError(
        f"{root}: {some(doubtful)} contain{'' if len(doubtful) > 1 else 's'} no images, only the "
        f"folders {some(names)}. Are these parts of the data, or classes? For parts, say which, "
        f"for example `parts={answer}`{' (. is the folder itself)' if beside else ''}; for "
        f"classes, `parts={CLASSES}`."
    )


def _first(folders: Sequence[str], part: str) -> str:
    """Return the first folder that is called like a part, else one that is called like none."""
    names = [part_named(base(one)) for one in folders]
    return folders[names.index(part if part in names else "" if "" in names else names[0])]
