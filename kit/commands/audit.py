"""Look for what is wrong with a data set, before a network learns it."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit import files, progress
from kit.commands.programs import program
from kit.commands.targets import check_target
from kit.errors import DataError, SettingError
from kit.settings.texts import one_or_two

__all__ = ["audit", "main"]

KindName = Literal[
    "broken",
    "refused",
    "two-labels",
    "two-parts",
    "copy",
    "near-two-labels",
    "near-two-parts",
    "near-copy",
    "wrong-extension",
    "one-color",
    "dark",
    "bright",
    "blurry",
    "odd-shape",
]


def audit(
    folder: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    parts: str | None = None,
    group: str | None = None,
    exclude: Path | None = None,
    image_size: tuple[int, ...] | None = None,
    thing: int | None = None,
    output: Path | None = None,
    fix_list: Path | None = None,
    fix: Annotated[tuple[KindName, ...], tyro.conf.UseAppendAction] = (),
    json: bool = False,
    cache: bool = True,
) -> None:
    """Look for what is wrong with a data set, before a network learns it.

    Counts, sizes and light; copies, also under two labels or in two parts; dark, white, blurry,
    empty and broken images; whether the label can be told from file size, dimensions, brightness,
    format or camera alone; how given parts differ. The findings are hints: look before you act.
    The data are only read. Exit code 3 says that no network can be trained on them.

    Args:
        folder: The images, or a table of paths and labels; without it, scikit-learn's handwritten
            digits.
        parts: Which folders are parts, as for the training.
        group: What belongs together, as for the training: near copies within a group are no
            findings, and a group that lies in two given parts is said.
        exclude: A list of files to leave out, as for the training.
        image_size: Ask what small things become at this size: one number for a square, or height
            and width, in pixels. Left out: the size that the training takes by itself.
        thing: The smallest thing that matters in the images, in their pixels. Left out: a fortieth
            of the median image's long side.
        output: A new folder for audit.json, findings.csv, images.csv and contact sheets.
        fix_list: Write the files to leave out to this CSV file; the training's --exclude reads it.
        fix: A kind of finding for the fix list. Repeatable. Left out: broken, two-labels,
            two-parts and copy, which need no eyes.
        json: Print JSON instead of text.
        cache: Whether measurements are kept in your cache folder, which makes a second audit of
            unchanged files quick.
    """
    from kit import auditing as audits
    from kit.experiments import places

    size = None if image_size is None else one_or_two(image_size)
    if thing is not None and thing < 1:
        raise SettingError(f"--thing must be at least 1 pixel, not {thing}.")
    if fix and fix_list is None:
        raise SettingError("--fix chooses what goes into a list: give --fix-list FILE too.")
    source = places.data_folder(folder)
    if output is not None:
        places.check_new(output, source)
    if fix_list is not None:
        # --exclude reads it by its ending, which a pipe need not have.
        endings = (".csv",) if files.is_replaced(fix_list) else ()
        check_target("--fix-list", fix_list, endings)
        places.check_outside(fix_list, source)
    found = audits.audit(source, size, thing, cache, parts, group, exclude)
    print(audits.to_json(found) if json else audits.report(found), end="" if json else "\n")
    sys.stdout.flush()
    if output is not None:
        audits.save(found, output)
        progress.say(f"Tables and contact sheets are in {output}.")
    if fix_list is not None:
        count = audits.write_fix_list(found, fix_list, fix)
        progress.say(f"{count} files to leave out are in {fix_list}: kit-train --exclude reads it.")
    if found.impossible:
        raise DataError(found.impossible)


def main() -> None:
    """Run the program."""
    program(audit)
