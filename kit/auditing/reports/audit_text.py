"""The audit in words, for a terminal."""

from typing import TYPE_CHECKING

import pandas as pd

from kit.auditing.findings import KINDS
from kit.auditing.reports import summary
from kit.progress import clean, short
from kit.setting_names import said

if TYPE_CHECKING:
    from kit.auditing.audits import Audit

CLASSES = 20  # rows of the table; the largest and the smallest of more


def report(found: "Audit") -> str:
    """Return the whole audit as text, without control characters from names."""
    sections = [
        ("Classes", _classes(found)),
        ("Images", _images(found)),
        ("Detail", _detail(found)),
        ("Findings", _findings(found)),
        ("Shortcuts", _shortcuts(found)),
        ("Parts", _drifts(found)),
        ("Notes", [f"- {clean(note)}" for note in found.notes]),
    ]
    head = f"{len(found.images)} images, {len(found.class_names)} classes, {clean(found.root)}"
    blocks = [head, *("\n".join([title, *lines]) for title, lines in sections if lines)]
    return "\n\n".join(blocks)


def _classes(found: "Audit") -> list[str]:
    table = summary.classes(found.images, found.class_names)
    table["class"] = table["class"].map(short)
    table["share"] = table["share"].map("{:.1%}".format)
    if len(table) > CLASSES:
        ordered = table.sort_values("images", ascending=False, kind="stable")
        table = pd.concat([ordered.head(CLASSES // 2), ordered.tail(CLASSES // 2)])
        note = [
            f"  the {CLASSES // 2} largest and the {CLASSES // 2} smallest of "
            f"{len(found.class_names)}"
        ]
    else:
        note = []
    return [*_indented(table.to_string(index=False)), *note]


def _images(found: "Audit") -> list[str]:
    if found.images.empty:
        return []
    table = summary.quantiles(found.images)
    text = table.map(_number)
    kinds = summary.kinds(found.images)
    lines = _indented(text.to_string())
    lines.append(f"  formats: {_counted(kinds['formats'])}; modes: {_counted(kinds['modes'])}")
    for name in ("gray", "transparent", "animated"):
        if kinds[name]:
            lines.append(f"  {name}: {kinds[name]}")
    if kinds["with_camera"]:
        lines.append(
            f"  cameras: recorded in {kinds['with_camera']} images; {_counted(kinds['cameras'])}"
        )
    return lines


def _detail(found: "Audit") -> list[str]:
    if found.detail is None:
        return []
    return [f"  {found.detail.sentence}", *(f"  {advice}" for advice in found.detail.advice)]


def _findings(found: "Audit") -> list[str]:
    lines = []
    for kind, count in found.counts().items():
        first = found.of(kind)[0]
        pair = f" and {clean(first.partner)}" if first.partner else ""
        lines.append(f"  {count:>6}  {kind}: {KINDS[kind].title}")
        lines.append(f"          {clean(first.file)}{pair} ({clean(first.detail)})")
        lines.append(f"          {said(KINDS[kind].advice)}")
    return lines or ["  none"]


def _shortcuts(found: "Audit") -> list[str]:
    tried = found.shortcuts
    if not tried:
        return []
    lines = []
    for one in tried:
        if one.clear:
            lines.append(
                f"  The label can be predicted from {one.name} alone: balanced accuracy "
                f"{one.balanced_accuracy:.2f} (95 % interval {one.low:.2f} to {one.high:.2f}; "
                f"guessing gives {one.guessing:.2f}, and the largest class has {one.majority:.0%} "
                f"of the images); {one.images} images, 5-fold cross-validation."
            )
            lines.append(f"          {one.advice}")
    rest = [f"{one.name} {one.balanced_accuracy:.2f}" for one in tried if not one.clear]
    if rest:
        lines.append(
            f"  Not, or not clearly, predicted by: {', '.join(rest)} (guessing gives "
            f"{tried[0].guessing:.2f}; {tried[0].images} images)."
        )
    return lines


def _drifts(found: "Audit") -> list[str]:
    lines = [
        f"  {one.part}, {one.name}: {clean(one.detail)} ({one.test}, effect {one.effect:.2f}, "
        f"p {one.p_value:.1g})"
        for one in found.drifts
    ]
    return [*lines, f"  {found.drifts[0].advice}"] if lines else []


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2f}"


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.split("\n")]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {clean(name)}" for name, count in counts.items())
