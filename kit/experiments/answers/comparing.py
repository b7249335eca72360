"""Compare two runs on the same images, none of which one of them was trained on."""

import dataclasses
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import comparison, description, errors, evaluation, files, progress, runs
from kit.data.decoding import decoder, opening
from kit.data.listing.table_columns import read_columns
from kit.errors import DataError, SettingError
from kit.experiments import places, score_files
from kit.experiments.answers import averaging, evaluating
from kit.experiments.run import METRICS
from kit.intervals import wilson
from kit.keras_start import start_keras
from kit.settings import Comparing
from kit.settings.keywords import by_keywords

ANSWERS = "predictions.csv"
KEPT = {"file": (), "true": (), "predicted": (), "probability": ("score",)}
PARTS = {"file": (), "split": (), "hash": ()}
SHOWN = (
    *("accuracy", "95 % interval", "right alone", "parameters", "multiply-adds of an image"),
    *("seconds of training", "cpu-seconds of training", "model file"),
)
PICTURES = 16  # at most, of the images that only one of the two has right
SIDE = 96  # pixels


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs on the same images.

    Attributes:
        names: What the first and the second run are called.
        difference: What the second has more of right answers, and how sure that is.
        sentences: The verdict, and which images were compared.
        table: A row a run: run, accuracy with its interval (low, high), right_alone, parameters,
            multiply_adds for an image, seconds and cpu_seconds of the whole training, file_bytes.
        changed: A row for each image that one of the two has right and the other wrong: file, true,
            right (the run), first, second (their answers), first_sure, second_sure (probabilities
            or scores).
        folder: Where the images lie.
    """

    names: tuple[str, str]
    difference: comparison.Difference
    sentences: tuple[str, ...]
    table: pd.DataFrame
    changed: pd.DataFrame
    folder: Path

    def __str__(self) -> str:
        """Return the sentences, and the table of the runs and of what they cost."""
        columns: list[Sequence[str]] = [("", *SHOWN)]
        for one in self.table.to_dict("records"):
            counts = (one["right_alone"], one["parameters"], one["multiply_adds"])
            column = [progress.short(one["run"]), f"{one['accuracy']:.3f}"]
            column += [f"{one['low']:.3f} to {one['high']:.3f}", *(f"{n:,}" for n in counts)]
            for spent in (one["seconds"], one["cpu_seconds"]):
                column.append("unknown" if np.isnan(spent) else f"{spent:,.0f}")
            columns.append([*column, files.amount(one["file_bytes"])])
        rows = list(zip(*columns, strict=True))
        return f"{progress.Lines(self.sentences)}\n{progress.aligned(rows, '<>>')}"

    def figure(self) -> Any:
        """Return a matplotlib figure of images that changed sides; None where there are none.

        Under each stand its class and both answers, the first run's first. At most 16 images are
        drawn that only the first has right, and as many that only the second has right.
        """
        from kit import plots

        pixels, titles = [], []
        for name in self.names:
            rows = self.changed[self.changed["right"] == name].head(PICTURES)
            for one in rows.to_dict("records"):
                try:
                    path = self.folder / one["file"]
                    pixels.append(decoder.decode(path, (SIDE, SIDE), aspect="pad"))
                except (opening.BrokenImage, DataError):  # it is gone, or changed meanwhile
                    continue
                first = f"1st: {one['first']}, {one['first_sure']:.2f}"
                second = f"2nd: {one['second']}, {one['second_sure']:.2f}"
                titles.append((f"true: {one['true']}", first, second))
        return plots.images(np.stack(pixels), titles, lines=3) if pixels else None

    def save(self, folder: Path) -> None:
        """Write ``comparison.json``, ``changed.csv`` and ``changed.png`` into a new folder."""
        from kit import plots

        folder.mkdir(parents=True)
        known = {
            "sentences": self.sentences,
            "difference": dataclasses.asdict(self.difference),
            "runs": self.table.astype(object).where(self.table.notna(), None).to_dict("records"),
        }
        text = json.dumps(known, indent=2, ensure_ascii=False) + "\n"
        files.write_text(folder / "comparison.json", text)
        score_files.save_table(self.changed, folder / "changed.csv")
        if (figure := self.figure()) is not None:
            plots.save(figure, folder / "changed.png")


@by_keywords(Comparing)
def compare(settings: Comparing) -> Comparison:
    """Compare two runs on the same images, as kit-compare does.

    ``run`` and ``other`` are folders, their ``model.keras``, or what ``kit.train`` or ``kit.load``
    returned. An image that one of them was trained on is left out, which is said.

    Raises:
        SettingError: One is no run, their classes differ, or no image is left.
        DataError: The images cannot be used.
    """
    pair = (runs.load(settings.run), runs.load(settings.other))
    on, output = settings.where.on, settings.results.output
    names = _named(*pair)
    averaging.check_classes(names, pair)
    if on is None and (settings.scoring.parts or settings.scoring.exclude):
        raise SettingError("`parts` and `exclude` choose images of a folder, so also give `on`.")
    images = on or Path(pair[0].facts.get("data", {}).get("folder", "."))
    if output is not None:
        places.check_new(output, images)
    learnt = [_learnt_from(one) for one in pair]
    if on is None:
        answers = [_kept(one) for one in pair]
    else:
        asked = [evaluating.ask(one, on, **vars(settings.scoring)) for one in pair]
        answers = [_of_folder(*both) for both in zip(pair, asked, strict=True)]
        images = asked[0].splits.folder
    both, said = _compared(names, answers, learnt, on)
    result = _counted(names, pair, both, said, images)
    if output is not None:
        with errors.reaching(result):
            result.save(output)
    return result


def _named(first: runs.Saved, second: runs.Saved) -> tuple[str, str]:
    """Return the names of two runs, with their folders where the names alone are the same."""
    paths = first.folder.resolve(), second.folder.resolve()
    if paths[0] == paths[1]:
        raise SettingError(f"{first.folder} is compared with itself. Give two different runs.")
    if paths[0].name == paths[1].name:
        return str(first.folder), str(second.folder)
    return paths[0].name, paths[1].name


def _learnt_from(saved: runs.Saved) -> set[str]:
    """Return the hashes of the images a run was trained on, and the run whose network it took."""
    found = runs.images_of(saved, ("train",))
    base = (saved.settings.get("settings") or {}).get("backbone")
    if base and (runs.folder_of(base) / runs.FACTS).is_file():
        found |= _learnt_from(runs.load(base))
    return found


def _kept(saved: runs.Saved) -> pd.DataFrame:
    """Return a row for each image that a run kept its answer for."""
    tables = []
    for name, columns in ((ANSWERS, KEPT), (runs.SPLIT, PARTS)):
        path = saved.place(name)
        if not path.is_file():
            raise SettingError(
                f"{saved.folder} has no {name}, so its answers are unknown. Give a folder of "
                "images with `on`."
            )
        tables.append(pd.DataFrame(read_columns(path, columns, [*columns]).values))
    sure = pd.to_numeric(tables[0].pop("probability"), "coerce")
    return tables[0].assign(sure=sure).merge(tables[1], on="file")


def _of_folder(saved: runs.Saved, asked: evaluating.Asked) -> pd.DataFrame:
    """Return the same for images of a folder, and which of them chose the run's epoch."""
    kind = {"are_probabilities": asked.are_probabilities}
    table = evaluation.predictions(
        asked.files, asked.true, asked.answers, asked.splits.class_names, **kind
    )
    hashes = [asked.splits.hashes[number] for number in asked.numbers]
    chose = runs.images_of(saved, ("validation",))
    split = ["validation" if content in chose else "test" for content in hashes]
    kept = table.iloc[:, :4].set_axis(["file", "true", "predicted", "sure"], axis=1)
    return kept.assign(split=split, hash=hashes)


def _compared(
    names: Sequence[str],
    answers: Sequence[pd.DataFrame],
    learnt: Sequence[Set[str]],
    folder: Path | None,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the images that both answered about and neither learnt from, and say which they are.

    Args:
        names: Of the runs.
        answers: Of each run, with the columns file, true, predicted, sure, split, hash.
        learnt: Of each run, the hashes of the images that it was trained on.
        folder: Where the images are from; None for those that the runs held out.

    Raises:
        SettingError: None is left.
    """
    said = []
    tests = [set(one.loc[one["split"] == "test", "hash"]) for one in answers]
    tested = folder is None and bool(tests[0]) and tests[0] == tests[1]
    if tested:
        answers = [one[one["split"] == "test"] for one in answers]
    first, second = (one.drop_duplicates("hash") for one in answers)
    both = first.merge(second.drop(columns="file"), on="hash", suffixes=("_1", "_2"))
    for name, own in zip(names, learnt, strict=True):
        if count := int(both["hash"].isin(own).sum()):
            said.append(f"{_images(count)} left out: {name} was trained on them.")
    if count := int((both["true_1"] != both["true_2"]).sum()):
        said.append(f"{_images(count)} left out: the runs' data assign them to different classes.")
    if count := len(answers[0]) - len(first):
        said.append(f"Copies of one image count once, so {_images(count)} left out.")
    new = ~both["hash"].isin(learnt[0] | learnt[1]) & (both["true_1"] == both["true_2"])
    both = both[new].rename(columns={"true_1": "true"})
    if both.empty:
        where = "their held-out images" if folder is None else folder
        raise SettingError(
            f"{where}: no image remains that both runs classified and neither was trained on. Give "
            "a folder of other images with `on`."
        )
    if tested:
        return both, ["The images are the test part of both runs.", *said]
    if folder is not None:
        headline = f"The images are those of {folder}."
    elif set(first["hash"]) == set(second["hash"]):
        headline = "The images are those that both runs held out."
    else:
        headline = (
            f"The runs divide their images differently: {names[0]} held out {len(first):,}, "
            f"{names[1]} {len(second):,}. The comparison uses the {len(both):,} that neither "
            "learned from."
        )
    chose = [int((both[f"split_{place}"] == "validation").sum()) for place in (1, 2)]
    if any(chose):
        said.append(
            f"{chose[0]:,} of the images chose the epoch of {names[0]}, {chose[1]:,} that of "
            f"{names[1]}, so a score on them is optimistic."
        )
    return both, [headline, *said]


def _counted(
    names: tuple[str, str],
    pair: Sequence[runs.Saved],
    both: pd.DataFrame,
    said: Sequence[str],
    folder: Path,
) -> Comparison:
    """Count who is right on the images that are compared."""
    right = [(both[f"predicted_{place}"] == both["true"]).to_numpy() for place in (1, 2)]
    found = comparison.difference(*right)
    alone = (found.only_first, found.only_second)
    rows = [_row(*one) for one in zip(names, pair, right, alone, strict=True)]
    columns = {"file": "file", "true": "true", "right": "right"}
    columns |= {"predicted_1": "first", "sure_1": "first_sure"}
    columns |= {"predicted_2": "second", "sure_2": "second_sure"}
    changed = both.assign(right=np.where(right[0], *names))[right[0] != right[1]]
    return Comparison(
        names,
        found,
        (found.verdict(*map(progress.short, names)), *said),
        pd.DataFrame(rows),
        changed[[*columns]].rename(columns=columns).reset_index(drop=True),
        folder,
    )


def _row(
    name: str, saved: runs.Saved, right: NDArray[np.bool_], alone: int
) -> Mapping[str, str | float]:
    """Return what a run reached, and what it cost."""
    start_keras()
    network = description.describe_model(runs.load_model(saved))
    low, high = wilson(int(right.sum()), len(right))
    spent = saved.read(METRICS)
    return {
        "run": name,
        "accuracy": float(right.mean()),
        "low": low,
        "high": high,
        "right_alone": alone,
        "parameters": network.parameters,
        "multiply_adds": network.multiply_adds,
        **{cost: float(spent.get(cost) or np.nan) for cost in ("seconds", "cpu_seconds")},
        "file_bytes": saved.model_file.stat().st_size,
    }


def _images(count: int) -> str:
    return "1 image is" if count == 1 else f"{count:,} images are"
