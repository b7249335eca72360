"""Scores as tables and pictures in a folder, for training and evaluation alike."""

from pathlib import Path

import pandas as pd

from kit import evaluation, files, plots, progress


def class_table(scores: evaluation.Scores) -> str:
    """Return precision, recall, F1 and support of each class, as text."""
    table = scores.per_class[["class", "precision", "recall", "f1", "support"]]
    names = table["class"].map(progress.short)
    text: str = table.assign(**{"class": names}).to_string(
        index=False, float_format="{:.3f}".format, max_rows=40
    )
    return text


def keep(scores: evaluation.Scores, part: str, folder: Path) -> None:
    """Save a part's per-class table, and its confusion matrix as a table and a picture."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    save_table(scores.per_class, folder / f"classes_{part}.csv")
    save_table(scores.confusion_table(), folder / f"confusion_{part}.csv")
    figure = plots.confusion(scores.confusion, scores.class_names)
    plots.save(figure, folder / "figures" / f"confusion_{part}.png")


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with the line ends of RFC 4180: a name may hold a bare CR or LF."""
    files.write(path, lambda temporary: table.to_csv(temporary, index=False, lineterminator="\r\n"))
