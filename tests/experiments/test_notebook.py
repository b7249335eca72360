"""A training in a notebook: what a person sees below the cells."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.proof  # a kernel starts; tests/experiments/test_run.py has what is shown
CELLS = (
    "import kit\nfrom kit.data import samples",
    "run = kit.train(epochs=2)",
    "run",
    "run.history.tail()",
    "run.predict(sorted(samples.digits().rglob('*.png'))[:3])",
)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[nbformat.NotebookNode]]:
    """Return what each cell shows, run by a kernel of this very Python."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in CELLS])
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name))
        client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}})
        client.create_kernel_manager()
        assert client.km is not None
        client.km.kernel_spec.argv[0] = sys.executable
        client.execute()
    if target := os.environ.get("KIT_NOTEBOOK"):
        nbformat.write(notebook, Path(target))
    return [cell.outputs for cell in notebook.cells]


def test_progress_is_shown_line_by_line_and_nothing_else(
    outputs: list[list[nbformat.NotebookNode]],
) -> None:
    assert outputs[0] == []
    assert {one.output_type for one in outputs[1]} == {"stream"}
    assert {one.name for one in outputs[1]} == {"stderr"}
    shown = "".join(one.text for one in outputs[1])
    assert "epoch   1/2" in shown
    assert "epoch   2/2" in shown
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "oneDNN" not in shown


def test_a_run_is_shown_with_its_scores_and_its_curves(
    outputs: list[list[nbformat.NotebookNode]],
) -> None:
    [shown] = outputs[2]
    assert "validation: 0." in shown.data["text/html"]
    assert "data:image/png;base64," in shown.data["text/html"]
    assert shown.data["text/plain"].startswith("kit.load(")


def test_history_and_predictions_are_tables(outputs: list[list[nbformat.NotebookNode]]) -> None:
    [history], predictions = outputs[3], outputs[4]
    assert "val_accuracy" in history.data["text/html"]
    assert "probability" in predictions[-1].data["text/html"]
