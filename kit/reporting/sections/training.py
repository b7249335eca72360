"""How the training went: the diagnosis beside the curves."""

from typing import Any

from kit.reporting.pictures import figures
from kit.reporting.run_files import RunFiles
from kit.reporting.step_losses import Chart, chart

TITLE = "How the training went"
ELSEWHERE = ("samples", "augmentation", "network")  # figures of other sections
ALT = {
    "curves": "Loss and accuracy over the epochs, of training and validation",
    "head_penalties": "The score of the last layer by its penalty",
    "reconstructions": "Images, and what the autoencoder made of them",
}
COLUMNS = ("epoch", "phase", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate",
           "seconds")  # fmt: skip


def values(run: RunFiles) -> dict[str, Any]:
    """Return the findings, what to do next, the curves and a row per epoch."""
    facts, found = run.saved.facts, run.diagnosis
    paths = sorted((run.folder / "figures").glob("*.png"))
    own = [one for one in paths if not one.stem.startswith(("confusion", *ELSEWHERE))]
    columns = [name for name in COLUMNS if name in run.history]
    table = run.history[columns]
    return {
        "summary": found.get("summary", ""),
        "findings": found.get("findings", []),
        "steps": found.get("next_steps", []),
        "figures": figures(own),
        "alt": ALT,
        "chart": _chart(run),
        "columns": columns,
        "rows": [[_cell(value) for value in row] for row in table.to_numpy(object)],
        "best": facts.get("best_epoch"),
        "stopped": facts.get("stopped", ""),
    }


def _chart(run: RunFiles) -> Chart | None:
    table = run.history
    if "phase" in table:  # the steps are those of the head, which came first
        table = table[table["phase"] == table["phase"].iloc[0]]
    curves = {"training": "loss", "validation": "val_loss"}
    drawn = {name: table[column].tolist() for name, column in curves.items() if column in table}
    return chart(run.step_losses, drawn)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    return str(value)
