"""Train a classifier on a folder of images, score it and keep it as a run."""

import itertools
import time

from kit import errors, progress
from kit.experiments.run import Run, load
from kit.keras_start import start_keras
from kit.settings import Training
from kit.settings.keywords import by_keywords


@by_keywords(Training)
def train(settings: Training) -> Run:
    """Train a classifier on a folder of images, score it and keep it as a run, as kit-train does.

    Returns:
        The run. Where it fails after something was scored, the notes of the exception say it.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        CheckError: The network is not wired up rightly.
        KitError: The work failed.
    """
    start = time.monotonic()
    from kit.experiments.choice.plan import plan

    planned = plan(settings)
    start_keras()
    from kit import description, runs
    from kit.experiments.trainings import (
        building,
        divided_data,
        explaining,
        overview,
        record,
        scoring,
        trained_networks,
    )

    building.check(planned)
    divided = divided_data.read(planned)
    planned = record.resolved(planned, divided[0])
    models = building.build_all(planned, divided)
    first = next(models)
    said = progress.Lines()
    with errors.reaching(said), runs.create(planned.target, planned.overwrites) as run:
        record.begin(planned, divided, run)
        progress.say(*overview.layers_table(first).split("\n"))
        graph = description.graph(first)
        explaining.check_start(planned, first, divided[0], run)
        models = itertools.chain([first], models)
        trained = trained_networks.train_all(planned, models, divided, run, start)
        overview.draw(planned, graph, divided[0], run)  # not before the first step, which waits
        metrics = scoring.score_all(planned, trained, divided, run, said)
        explaining.diagnose(planned, trained, run, said)
        record.finish(planned, trained, divided, metrics, run, start)
    return load(planned.target)
