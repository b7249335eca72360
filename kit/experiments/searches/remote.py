"""What trains the trials in the process of a worker; it is sent there, so it is light to import."""

import tempfile
from pathlib import Path

from kit import files
from kit.errors import DataError
from kit.experiments.searches import settings as plan
from kit.keras_start import start_keras
from kit.search import RunTrial
from kit.settings import Tuning
from kit.settings.stored import read_settings


def run_trial(known: str, source: Path, split: str, images: tuple[str, str]) -> RunTrial:
    """Return what trains the jobs, in the process of a worker.

    The settings of the search and the content of the division's file are sent as texts; the images
    are there under the same path, and known by the fingerprints of them and of their division.

    Raises:
        DataError: The images here are not those of the search.
    """
    start_keras()  # before what follows imports it
    from kit.experiments.searches import record, trials, workers

    kept = read_settings(Tuning, Path(plan.SETTINGS), known, named="The search's settings")
    settings = {**plan.defaults(), **kept}
    space = plan.space_of(settings["search"]) or ()
    workers.set_threads(settings["threads"])  # before anything is computed
    choice = plan.choose(settings, source, space)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.csv"
        files.write_text(file, split)
        first = trials.load(choice, settings, space, source, file)
        if (first.fingerprint, record.division(first)) != images:
            what = "images" if first.fingerprint != images[0] else "division into parts"
            raise DataError(
                f"{source} on this worker's machine differs from that of the search ({what}), so "
                "trials would not be comparable. Copy the search's images there."
            )
        return workers.run_trial(
            plan.settled(choice, first, space), settings, space, source, file, first
        )
