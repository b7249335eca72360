"""What needs no heavy package imports none."""

import subprocess
import sys

from folders import fill

USES = """
import sys
from pathlib import Path
from kit import data, downloading
from kit.data import samples
from kit.data.batches import augmentation, mirroring, offered_layers
from kit.data.listing.folders import listing
folder = Path(sys.argv[1])
listing(folder / "labels.csv")
mirroring.may_flip(["cats"])
augmentation.preset("strong")
offered_layers.rows({"RandomZoom": 0.1})
data.load(folder, image_size=4)
print(*sorted({"pandas", "pyarrow", "tensorflow", "keras", "matplotlib"} & set(sys.modules)))

from kit import prediction
from kit.commands.baseline import baseline
from kit.commands.terminal import program
prediction.find(folder)
sys.stdout = sys.stderr
program(baseline, [str(folder), "--methods", "logistic", "--image-size", "4"])
sys.exit("tensorflow" in sys.modules)
"""


def test_loading_finding_files_and_baselines_import_no_heavy_package(tmp_path):
    fill(tmp_path, a=4, b=4)
    rows = [f"{path.relative_to(tmp_path)},{path.parent.name}" for path in tmp_path.rglob("*.png")]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *rows]))
    command = [sys.executable, "-c", USES, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
