"""A trained run in Python: its model, its scores, and how it came to them."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import evaluation, prediction, runs
from kit.keras_start import start_keras
from kit.progress import clean

if TYPE_CHECKING:
    import keras

    from kit.diagnosis import Diagnosis, Step
    from kit.experiments.answers.answer_pictures import AnswerPicture
    from kit.experiments.answers.evaluating import Evaluation
    from kit.experiments.answers.similar_images import Similar

METRICS, DIAGNOSIS, REPORT = "metrics.json", "diagnosis.json", "report.html"
ANSWERS = {"out_of_fold": "predictions_out_of_fold.csv"}  # of other parts: predictions.csv
SHOWN = 420  # pixels, the height of the curves in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Run(runs.Opened):
    """A trained run; what it offers is read from its folder when it is asked for."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return its settings by name, as they were resolved: ``kit.train(**run.settings)``."""
        return self.saved.settings

    @cached_property
    def model(self) -> "keras.Model":
        """Load its network, which takes uint8 or float pixels from 0 to 255."""
        return self._classifier.model

    @cached_property
    def history(self) -> pd.DataFrame:
        """Return one row per epoch of the training whose weights are kept."""
        return pd.read_csv(self.saved.history_file)

    @cached_property
    def scores(self) -> Mapping[str, evaluation.Scores]:
        """Return what it scored on each part that it did not learn from.

        These are validation and test as far as there are such, and out_of_fold after a
        cross-validation. A run that was interrupted has none.
        """
        return {
            part: evaluation.recalled(numbers, self._answers(part), self.class_names)
            for part, numbers in self._numbers.items()
        }

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what the scores are, and how far to trust them."""
        metrics = self.saved.read(METRICS)
        if "sentences" in metrics:
            return tuple(metrics["sentences"])
        epochs = {"validation": len(self.history)}
        return tuple(
            line
            for part, scores in self.scores.items()
            for line in evaluation.sentences(scores, part, epochs=epochs.get(part))
        )

    @cached_property
    def diagnosis(self) -> "Diagnosis | None":
        """Return what went wrong in the training; None where nobody looked."""
        known = self.saved.read(DIAGNOSIS)
        if not known:
            return None
        from kit.diagnosis import Diagnosis, Finding  # brings TensorFlow

        return Diagnosis(tuple(Finding(**one) for one in known["findings"]), known["summary"])

    @cached_property
    def next_steps(self) -> "tuple[Step, ...]":
        """Return what to do about the diagnosis, the most useful first."""
        from kit.diagnosis import Step  # brings TensorFlow

        return tuple(Step(**one) for one in self.saved.read(DIAGNOSIS).get("next_steps", ()))

    @property
    def figures(self) -> Mapping[str, Path]:
        """Return the pictures of it by name: curves, network, samples, confusion_test, ..."""
        return {path.stem: path for path in sorted(self.saved.place("figures").glob("*.png"))}

    @property
    def report(self) -> Path | None:
        """Return where its report is, a page for a browser; None until one is drawn."""
        path = self.folder / REPORT
        return path if path.is_file() else None

    def predict(self, paths: prediction.Paths, top: int = 1) -> prediction.Predictions:
        """Name the classes of images, as :func:`kit.predict`."""
        return prediction.classify(self._classifier, paths, top)

    def explain(self, paths: prediction.Paths) -> "list[AnswerPicture]":
        """Show for each image which places support the answer; a notebook draws each picture."""
        from kit.experiments.answers import answer_pictures

        answers = prediction.classify(self._classifier, paths)
        return list(answer_pictures.pictures(self._classifier, answers))

    def filters(self) -> Any:
        """Draw the filters of the first layer, the templates of a linear network."""
        from kit.experiments.answers import layer_pictures

        return layer_pictures.filters(self._classifier)

    def feature_maps(self, image: Path | str) -> Any:
        """Draw what the layers make of an image: the feature maps of each size."""
        from kit.experiments.answers import layer_pictures

        return layer_pictures.feature_maps(self._classifier, image)

    def similar(self, image: Path | str, **settings: Any) -> "Similar":
        """Find the images that it sees as most like this one, as :func:`kit.similar`."""
        from kit.experiments.answers.similar_images import similar

        return similar(self, image, **settings)

    def evaluate(self, folder: Path | str, **settings: Any) -> "Evaluation":
        """Score it on other images of the same classes, as :func:`kit.evaluate`."""
        from kit.experiments.answers.evaluating import evaluate

        return evaluate(self, folder, **settings)

    def lines(self) -> list[str]:
        """Return what came of it and what to do next, for a terminal."""
        lines = [*self.sentences, *explained(self.diagnosis, self.next_steps)]
        return [clean(line) for line in lines]

    def __str__(self) -> str:
        """Return these lines."""
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        """Return how it is loaded again."""
        return f"kit.load({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it: scores, curves and diagnosis, in a page's fragment."""
        parts = [f"<h4>{_text(self.folder)}</h4>", _list(self.sentences)]
        name = "curves" if "curves" in self.figures else "head_penalties"
        if figure := self.figures.get(name):
            picture = base64.b64encode(figure.read_bytes()).decode("ascii")
            source = f"data:image/png;base64,{picture}"
            parts.append(f'<img alt="{name}" style="max-height:{SHOWN}px" src="{source}">')
        if self.diagnosis is not None:
            summary, *findings = self.diagnosis.lines()
            parts += [f"<p>Diagnosis: {_text(summary)}</p>", _list(findings)]
        if self.next_steps:
            parts += ["<p>What to do next:</p>", _list(map(str, self.next_steps))]
        if self.report is None:
            parts.append("<p>kit.report(run) puts all of this on one page for a browser.</p>")
        else:
            parts.append(f"<p>All of this on one page for a browser: {_text(self.report)}</p>")
        return f"<div>{''.join(parts)}</div>"

    @cached_property
    def _classifier(self) -> prediction.Classifier:
        start_keras()
        return prediction.load(self.folder)

    @property
    def _numbers(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the numbers of the parts' scores."""
        metrics = self.saved.read(METRICS)
        names = {"cross_validation": "out_of_fold", "validation": "validation", "test": "test"}
        return {part: metrics[name] for name, part in names.items() if name in metrics}

    def _answers(self, part: str) -> pd.DataFrame:
        """Return the classes of a part's images and what was answered, by name."""
        path = self.saved.place(ANSWERS.get(part, "predictions.csv"))
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table if part in ANSWERS else table[table["split"] == part]


def explained(diagnosis: "Diagnosis | None", steps: "Sequence[Step]") -> list[str]:
    """Return what went wrong and what to do about it, as lines."""
    lines = []
    if diagnosis is not None:
        summary, *findings = diagnosis.lines()
        lines += [f"Diagnosis: {summary}", *(f"  {line}" for line in findings)]
    if steps:
        lines += ["What to do next:", *(f"  - {step}" for step in steps)]
    return lines


def _list(lines: Iterable[str]) -> str:
    """Return lines as a list in HTML."""
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _text(line: object) -> str:
    """Return a line, whose words may be a stranger's, as HTML shows it."""
    return html.escape(clean(line))


def load(folder: Path | str) -> Run:
    """Open a run that was trained before.

    Args:
        folder: The run, or its ``model.keras``.

    Raises:
        SettingError: The folder is no finished run, or its files are damaged.
    """
    return Run(runs.load(folder))
