"""The audit in files: JSON, a table of findings, contact sheets, and the list to leave out.

Spreadsheets run what begins with "=" as a formula, and file names come from strangers. A name that
begins so gets "./" in front: still the same path, and every reader of these lists joins it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kit import files
from kit.auditing.audits import Audit
from kit.auditing.findings import Finding
from kit.auditing.reports import summary
from kit.auditing.reports.contact_sheets import draw

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
COLUMNS = ["file", "finding", "partner", "detail", "advice"]


def save(found: Audit, folder: Path | str) -> None:
    """Write ``audit.json``, ``findings.csv``, ``images.csv`` and ``sheets/`` into a folder.

    Args:
        found: The audit.
        folder: Made if it is not there.

    Raises:
        OSError: It cannot be written.
    """
    folder = Path(folder)
    sheets = folder / "sheets"
    sheets.mkdir(parents=True, exist_ok=True)
    files.write_text(folder / "audit.json", to_json(found))
    files.write_text(folder / "findings.csv", _table(found.findings))
    images = found.images.assign(
        file=found.images["file"].map(_path),
        label=[_text(found.class_names[label]) for label in found.images["label"]],
        camera=found.images["camera"].map(_text),
    )
    files.write_text(folder / "images.csv", images.to_csv(index=False, lineterminator="\r\n"))
    draw(found, sheets)


def to_json(found: Audit) -> str:
    """Return everything but the measurements as JSON text."""
    detailed = found.detail
    values = {
        "root": str(found.root),
        "images": len(found.images),
        "impossible": found.impossible or None,
        "notes": list(found.notes),
        "classes": summary.classes(found.images, found.class_names).to_dict("records"),
        "quantiles": summary.quantiles(found.images).to_dict("index"),
        "kinds": summary.kinds(found.images),
        "detail": None if detailed is None else {"sentence": detailed.sentence, **vars(detailed)},
        "findings": [{**vars(one), "advice": one.advice} for one in found.findings],
        "counts": found.counts(),
        "shortcuts": [{**vars(one), "advice": one.advice} for one in found.shortcuts],
        "drifts": [{**vars(one), "advice": one.advice} for one in found.drifts],
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def write_fix_list(found: Audit, path: Path | str, kinds: Sequence[str] = ()) -> int:
    """Write the files to leave out, one row each, as ``--exclude`` of the training reads them.

    Args:
        found: The audit.
        path: A CSV file.
        kinds: As for :meth:`Audit.to_fix`.

    Returns:
        How many there are.

    Raises:
        SettingError: There is no such kind.
        OSError: The file cannot be written.
    """
    chosen = found.to_fix(kinds)
    files.write_text(path, _table(chosen))
    return len(chosen)


def _table(findings: Sequence[Finding]) -> str:
    rows = [
        (_path(one.file), one.kind, _path(one.partner), _text(one.detail), one.advice)
        for one in findings
    ]
    return pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False, lineterminator="\r\n")


def _path(name: str) -> str:
    return f"./{name}" if name.startswith(FORMULAS) else name


def _text(words: str) -> str:
    return f"'{words}" if words.startswith(FORMULAS) else words
