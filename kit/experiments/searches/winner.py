"""The last training of a search: the winner as an ordinary run, and the test part scored once."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit import architectures, files, progress, runs, training
from kit.errors import CheckError
from kit.experiments.searches import record
from kit.experiments.searches.settings import TRAIN, plain
from kit.experiments.searches.values import of_training
from kit.experiments.training import train
from kit.search import Result, Space
from kit.settings import Network, Training
from kit.settings.stored import read_settings, settings_text

BEST = "best"
UNSAID = ("folder", "patience", "max_minutes")  # by the settings that are told


def settings_of(
    resolved: Mapping[str, Any], space: Space, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of the training with which a trial's values were found."""
    trial = of_training({**resolved, "settings": {}}, values, space)
    given, size = trial.flat(), trial.images.size
    own = dict(resolved["settings"])
    for name, value in values.items():
        if name in given and name not in ("settings", "backbone", "weights"):
            continue
        own[name] = value
    if given["augmentation"] == TRAIN["augmentation"]:
        given["augmentation"] = None
    return {
        **given,
        **{name: values.get(name, resolved[name]) for name in Network.TRAITS},
        "settings": own,
        "augment": resolved["augment"],
        "image_size": None if size is None else list(size),
        "max_minutes": None,
        "patience": None,
        "output": None,
    }


def train_best(
    folder: Path,
    resolved: Mapping[str, Any],
    space: Space,
    found: Result,
    use_validation: bool,
    said: list[str],
) -> Result:
    """Train the winner anew, for its best epoch and without stopping early; score the test part.

    Nothing is done where that was done before.

    Returns:
        The result with the score of the test part.
    """
    best, run = found.best, folder / BEST
    if best is None:
        return found
    if not record.is_finished(run):
        chosen = {
            **settings_of(resolved, space, best.values),
            "seed": resolved["seed"] + resolved["seeds"] + 1,  # a start that no trial had
            "epochs": best.epochs,
            "last_epoch": best.epoch,
            "use_validation": use_validation,
            "split": folder / runs.SPLIT,
        }
        files.write_text(folder / f"{BEST}.yaml", settings_text(chosen))
        progress.say(
            f"Training the winner again, for {best.epoch} of {best.epochs} "
            f"epochs{', on the validation images, too' if use_validation else ''}."
        )
        _train(folder / f"{BEST}.yaml", run, said)
        looks = found.findings.looked
        scored = {"test_scored": int("test" in _metrics(run))}
        record.add_to_run(run, search={"folder": str(folder), "looks": looks, **scored})
    elif use_validation and "validation" in _metrics(run):
        progress.say(f"{run} already exists, and was trained without the validation images.")
    return tested(run, found, use_validation)


def tested(run: Path, found: Result, use_validation: bool) -> Result:
    """Return a result with the score of the last training's model on the test part, if any."""
    test = _metrics(run).get("test")
    if test is None:
        return found.with_test(None, 0, use_validation)
    objective = found.findings.objective
    name = "balanced_accuracy" if "balanced" in objective else "accuracy"
    name = "loss" if "loss" in objective else name
    return found.with_test(test[name], test["images"], use_validation)


def unusual(
    resolved: Mapping[str, Any], space: Space, values: Mapping[str, Any], epochs: int
) -> dict[str, Any]:
    """Return the settings that train with some values, without those that are so by default."""
    settings = {**settings_of(resolved, space, values), "epochs": epochs, "monitor": None}
    network = settings["architecture"]
    loss = training.default_loss(str(settings["settings"].get("head", "softmax")))  # type: ignore[arg-type]
    usual = {
        **TRAIN,
        "loss": loss,
        "label_smoothing": training.default_smoothing(settings["loss"]),
        **{name: _default(network, name) for name in Network.TRAITS},
        "weight_decay": training.default_decay(settings["optimizer"]),
    }
    own = settings["settings"].items()
    settings["settings"] = {
        name: value for name, value in own if name in values or value != _default(network, name)
    }
    told = {
        name: value
        for name, value in settings.items()
        if name not in UNSAID and value not in (None, TRAIN[name], usual[name])
    }
    return told if settings["folder"] is None else {"folder": settings["folder"], **told}


def _default(architecture: str, name: str) -> Any:
    return plain(architectures.settings(architecture).get(name))


def _train(settings: Path, run: Path, said: list[str]) -> None:
    if run.exists() and not (run / runs.SETTINGS).is_file():  # killed before anything was in it
        shutil.rmtree(run)
    known = {**read_settings(Training, settings), "output": run, "overwrite": run.exists()}
    try:
        made = train(**known)
    except CheckError as error:
        progress.say(f"{error} The trials worked without it, so the winner is trained anyway.")
        made = train(**{**known, "check": False})
    said += made.lines()


def _metrics(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / record.METRICS).read_text("utf-8"))
    return found
