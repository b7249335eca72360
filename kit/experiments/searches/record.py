"""What ``tune`` writes down of a search, and what of it must be as it was when it goes on."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kit import data, files, progress, runs
from kit.errors import SettingError
from kit.experiments import score_files
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches.settings import FREE, SETTINGS, plain
from kit.experiments.searches.values import of_training
from kit.experiments.trainings import record as train_record
from kit.search import Space
from kit.settings import Network, Tuning
from kit.settings.stored import settings_text

FACTS, METRICS = "facts.json", "metrics.json"
SHOWN = 3  # files of each kind that are named
# What the search keeps itself, or what the data's own fingerprint says better.
APART = (
    *("folder", "search", "trials", "epochs", "stages", "finalists", "seeds", "max_trials"),
    *("max_epochs", "oracle", "monitor", "seed", "split", "exclude", "strict", "validation_split"),
    *("test_split", "group", "parts"),
)
# Defaults of a training that depend on what is searched.
UNSURE = {"loss": {"head"}, "weight_decay": {"optimizer"}, "label_smoothing": {"loss", "head"}}
OWN = ("learning_rate", "use_validation")  # of a search, which resolves them in its last training


def resolve(
    settings: Mapping[str, Any],
    source: Path,
    choice: Choice,
    space: Space,
    splits: data.Splits,
    threads: int,
) -> dict[str, Any]:
    """Return every setting of a search as it holds; what is searched has none."""
    searched = {one.name for one in space}
    given = of_training(settings, {}, space)
    known = train_record.in_force(given, choice, source, splits).flat()
    for name, others in UNSURE.items():
        if searched & others:
            known[name] = given.flat()[name]
    if "architecture" in searched:  # then each has defaults of its own
        own = {name: choice.settings.get(name) for name in Network.TRAITS}
        known |= {**own, "settings": choice.settings, "architecture": None}
    inner = known["settings"].items()
    apart = {*searched, *Network.TRAITS}
    known = {
        **settings,
        **{name: known[name] for name in settings if name in known and name not in OWN},
        "settings": {name: value for name, value in inner if name not in apart},
        "search": [str(one) for one in space],
        "threads": threads,
        **dict.fromkeys(("scheduler", "resume", "output")),
    }
    return {name: None if name in searched else plain(value) for name, value in known.items()}


def save(folder: Path, resolved: Mapping[str, Any], splits: data.Splits, reason: str) -> None:
    """Write what is known before the first trial."""
    score_files.save_table(splits.table(), folder / runs.SPLIT)
    save_facts(folder, resolved, splits, choice=reason, finished=False)
    # Last: it makes the folder a search.
    files.write_text(folder / SETTINGS, settings_text(resolved, Tuning))


def save_facts(folder: Path, resolved: Mapping[str, Any], splits: data.Splits, **more: Any) -> None:
    """Write what else the results depend on."""
    known = {
        **train_record.facts(splits, resolved["architecture"], resolved["seed"]),
        "division": division(splits),
        **more,
    }
    content = json.dumps(known, indent=2, ensure_ascii=False)
    files.write_text(folder / FACTS, content + "\n")


def division(splits: data.Splits) -> str:
    """Return a hash of which image is in which part."""
    digest = hashlib.blake2b(digest_size=16)
    for part, numbers in sorted(splits.parts.items()):
        for line in sorted(f"{splits.files[n]}\0{splits.hashes[n]}" for n in numbers):
            digest.update(f"{part}\0{line}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def fingerprint(resolved: Mapping[str, Any], splits: data.Splits) -> dict[str, Any]:
    """Return what must not change while a search lasts, besides what the search itself keeps."""
    fixed = {
        name: value
        for name, value in resolved.items()
        if name not in (*FREE, *APART) and value is not None
    }
    return {**fixed, "images": splits.fingerprint, "division": division(splits)}


def refuse_other_data(folder: Path, splits: data.Splits) -> None:
    """Make sure that the images are those that the search was begun with."""
    before = known_files(folder)
    now = dict(zip(splits.files, splits.hashes, strict=True))
    changes = {
        "new": sorted(now.keys() - before.keys()),
        "gone": sorted(before.keys() - now.keys()),
        "changed": sorted(f for f in now.keys() & before.keys() if now[f] != before[f]),
    }
    found = [f"{len(some)} {kind} ({_some(some)})" for kind, some in changes.items() if some]
    if found:
        raise SettingError(
            f"The images in {splits.folder} have changed since {folder} was started: "
            f"{', '.join(found)}. Results would not be comparable. Restore the images, or start a "
            "new search."
        )


def known_files(folder: Path) -> dict[str, str]:
    """Return the files that a search was begun with, and their content hashes.

    Raises:
        SettingError: Its division into parts cannot be read.
    """
    path = folder / runs.SPLIT
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["file"], row["hash"], row["split"]) for row in csv.DictReader(file)]
        wrong = next((part for _, _, part in rows if part not in data.PARTS), None)
        if not rows or wrong is not None:
            raise ValueError(f"{wrong!r} is not a part" if rows else "it is empty")
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise SettingError(
            f"{path} is missing or damaged ({progress.clean(error)}), and the search cannot "
            "continue without it. Restore it, or start another search."
        ) from None
    return {file: content for file, content, _ in rows}


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(progress.clean, names[:SHOWN]))
    return f"{shown}, ..." if len(names) > SHOWN else shown


def add_to_run(run: Path, **more: Any) -> None:
    """Add facts to a run that is finished."""
    known = json.loads((run / runs.FACTS).read_text("utf-8"))
    files.write_text(
        run / runs.FACTS, json.dumps({**known, **more}, indent=2, ensure_ascii=False) + "\n"
    )


def is_finished(run: Path) -> bool:
    """Tell whether a run went to its end, and what it wrote then can be read."""
    try:
        facts, scores = (
            json.loads((run / name).read_text("utf-8")) for name in (runs.FACTS, METRICS)
        )
        return bool(facts["finished"]) and isinstance(scores, dict)
    except (OSError, ValueError, KeyError, TypeError):
        return False
