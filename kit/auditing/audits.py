"""The audit: list, measure, compare, judge."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kit.auditing.copies import copies
from kit.auditing.detail import Detail, detail
from kit.auditing.drift import Drift, drifts
from kit.auditing.findings import KINDS, Finding
from kit.auditing.looks import looks
from kit.auditing.measuring import read
from kit.auditing.shortcuts import Shortcut, shortcuts
from kit.auditing.verdict import balance, belonging, crowd, judge
from kit.data.listing.tree import Problem
from kit.data.sources import listed_files
from kit.errors import SettingError


@dataclass(frozen=True)
class Audit:
    """What there is to know of a data set.

    Attributes:
        root: The data folder.
        class_names: Sorted.
        images: One row for each usable file: name, label, part and what was measured.
        problems: The other files, with verdict and reason.
        findings: File by file, the clearest of each kind first.
        shortcuts: What was tried to tell the label from.
        drifts: How given parts differ from the training part.
        detail: What a small thing becomes; None without images.
        notes: What there is to say besides.
        impossible: Why no network can be trained on this, or ``""``.
    """

    root: Path
    class_names: tuple[str, ...]
    images: pd.DataFrame = field(repr=False)
    problems: tuple[Problem, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    shortcuts: tuple[Shortcut, ...]
    drifts: tuple[Drift, ...]
    detail: Detail | None
    notes: tuple[str, ...]
    impossible: str

    def of(self, kind: str) -> list[Finding]:
        """Return the findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]

    def counts(self) -> dict[str, int]:
        """Return how many files each kind of finding has, in the order of ``KINDS``."""
        return {name: len(found) for name in KINDS if (found := self.of(name))}

    def to_fix(self, kinds: Sequence[str] = ()) -> list[Finding]:
        """Return the findings whose files are to be left out, each file once, by name.

        Args:
            kinds: Kinds of findings; left out, those that are wrong without looking.

        Raises:
            SettingError: There is no such kind.
        """
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            raise SettingError(
                f"The kind of finding must be one of {', '.join(KINDS)}, not {unknown[0]}."
            )
        wanted = set(kinds) or {kind.name for kind in KINDS.values() if kind.fix}
        first: dict[str, Finding] = {}
        for finding in self.findings:
            if finding.kind in wanted:
                first.setdefault(finding.file, finding)
        return [first[file] for file in sorted(first)]


def audit(
    source: Path | str,
    image_size: tuple[int, int] | None = None,
    thing: int | None = None,
    cache: bool = True,
    parts: str | None = None,
    group: str | None = None,
    exclude: Path | str | None = None,
) -> Audit:
    """Read every file of a data set once, and say what may be wrong with it.

    Nothing is written but to the user's cache folder, which makes a second audit quick. Progress
    goes to stderr.

    Args:
        source: A folder or a table, as for a training.
        image_size: ``(height, width)`` that details are asked for.
        thing: Pixels of the smallest thing that matters in the images.
        cache: Whether to use and to leave measurements in the user's cache folder.
        parts: Which folders are parts, as for :func:`kit.data.load`.
        group: What belongs together, as there: near copies within a group are no findings, and a
            group that lies in two parts is said.
        exclude: A list of files to leave out, as there.

    Raises:
        DataError: The arrangement of the files cannot be meant. What makes a training impossible
            besides is in the result.
        SettingError: A size below 1, or ``parts`` or ``group`` that does not go with the folder.
    """
    if min(image_size or (1,)) < 1 or (thing is not None and thing < 1):
        raise SettingError("Sizes must be whole numbers of pixels, at least 1.")
    listed, rule = listed_files(source, exclude, group, parts)
    reading = read(listed, cache)
    images, scanned = reading.images, reading.scanned
    parts_of = images["part"].tolist()
    together, tied = belonging(scanned, parts_of, rule)
    compared = copies(images, reading.thumbs, listed.class_names, together)
    impossible, lacking = judge(listed.root, listed.class_names, scanned, parts_of)
    notes = (
        *listed.notes,
        *tied,
        *balance(images, listed.class_names),
        *(crowd(size) for size in compared.crowds),
        *lacking,
    )
    unusable = [
        Finding(one.file, one.verdict, detail=one.reason)
        for one in scanned.problems
        if one.verdict in ("broken", "refused")
    ]
    findings = [*unusable, *compared.findings, *looks(images)]
    order = {name: place for place, name in enumerate(KINDS)}
    findings.sort(key=lambda one: (order[one.kind], -one.weight, one.file))
    return Audit(
        root=listed.root,
        class_names=listed.class_names,
        images=images,
        problems=scanned.problems,
        findings=tuple(findings),
        shortcuts=tuple(shortcuts(images, compared.groups)),
        drifts=tuple(drifts(images, listed.class_names)),
        detail=detail(images, image_size, thing),
        notes=notes,
        impossible=impossible,
    )
