"""Which class was taken for which: a table whose cells open their images, and the worst pairs."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kit.reporting.run_files import Part, RunFiles

TITLE = "Which class was taken for which"
MOST_CLASSES, WIDE = 60, 12  # of a table that people still read; of one with names across
PER_CELL, PER_RIGHT_CELL = 60, 12  # images
MANY, SIDE, SMALLER = 400, 112, 80  # images on the page, and pixels of fewer and of more
PAIRS = 12
SHADES = 8


def values(run: RunFiles) -> dict[str, Any] | None:
    """Return a table, its cells' images and the most confused pairs of each part."""
    if not run.parts:
        return None
    return {"parts": [_part(part, run) for part in run.parts]}


def _part(part: Part, run: RunFiles) -> dict[str, Any]:
    names, counts = part.scores.class_names, part.scores.confusion
    tabled = len(names) <= MOST_CLASSES
    return {
        "name": part.name,
        "words": part.words,
        "names": names,
        "rows": _rows(part) if tabled else [],
        "cells": list(_cells(part, run)) if tabled else [],
        "pairs": _pairs(part),
        "most": MOST_CLASSES,
        "wide": WIDE,
        "wrong": int(counts.sum() - np.trace(counts)),
    }


def _rows(part: Part) -> list[dict[str, Any]]:
    rows = []
    for true, counts in enumerate(part.scores.confusion):
        whole = max(1, counts.sum())
        cells = [
            {
                "count": int(count),
                "anchor": f"{part.name}-{true}-{predicted}",
                "kind": "right" if true == predicted else "wrong",
                "shade": int(np.ceil(SHADES * count / whole)),
            }
            for predicted, count in enumerate(counts)
        ]
        rows.append({"true": true, "cells": cells, "images": int(counts.sum())})
    return rows


def _cells(part: Part, run: RunFiles) -> Iterator[dict[str, Any]]:
    """Yield each cell with its images: of mistakes the surest, of right answers the least sure."""
    place = {name: number for number, name in enumerate(part.scores.class_names)}
    chosen = []
    for names, table in part.answers.groupby(["true", "predicted"], sort=False):
        true, predicted = (place[str(name)] for name in names)
        right = true == predicted
        table = table.sort_values("sure", ascending=right, kind="stable")
        most = PER_RIGHT_CELL if right else PER_CELL
        chosen.append((true, predicted, table.head(most), len(table)))
    chosen.sort(key=lambda one: (one[0] == one[1], one[0], one[1]))  # mistakes have room first
    files = [file for _, _, table, _ in chosen for file in table["file"]]
    pictures = run.thumbnails.of(files, SIDE if len(files) <= MANY else SMALLER)
    for true, predicted, table, count in chosen:
        rows = table[["file", "sure"]].to_dict("records")
        yield {
            "anchor": f"{part.name}-{true}-{predicted}",
            "true": part.scores.class_names[true],
            "predicted": part.scores.class_names[predicted],
            "right": true == predicted,
            "count": count,
            "images": [{**row, "picture": next(pictures)} for row in rows],
        }


def _pairs(part: Part) -> list[dict[str, Any]]:
    """Return the classes most often taken for another, with the share of their images."""
    counts = part.scores.confusion.copy()
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:PAIRS]
    names, support = part.scores.class_names, part.scores.confusion.sum(axis=1)
    return [
        {
            "anchor": f"{part.name}-{true}-{predicted}",
            "true": names[true],
            "predicted": names[predicted],
            "count": int(counts[true, predicted]),
            "images": int(support[true]),
            "share": counts[true, predicted] / support[true],
        }
        for true, predicted in zip(*np.unravel_index(order, counts.shape), strict=True)
        if counts[true, predicted]
    ]
