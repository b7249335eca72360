"""The checks before a training: the quick ones that every training begins with, and all of them."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import checks, data, files, plots, progress, training
from kit.checks import Check, Verdict
from kit.errors import CheckError, SettingError

if TYPE_CHECKING:
    import keras

WORST: tuple[Verdict, ...] = ("failed", "warning", "ok")
FEW, MORE = 64, 256  # images: enough for statistics over them, and to find a rate

Run = Callable[[], checks.Check]
Named = list[tuple[str, Run]]

FIGURES: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "initial loss": plots.initial_loss,
    "regularization": plots.penalties,
    "input": plots.input_range,
    "signals at the start": plots.signals,
    "tiny subset": plots.by_heart,
    "gradients": plots.gradient_errors,
    "learning rate": plots.learning_rates,
    "waiting for data": plots.waiting,
}


@dataclass(frozen=True)
class Checks:
    """What was checked, in this order.

    Attributes:
        checks: What was found.
        verbose: Whether the lines explain what passed.
    """

    checks: tuple[Check, ...]
    verbose: bool = False

    def __iter__(self) -> Iterator[Check]:
        """Go through the checks."""
        return iter(self.checks)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the names of those that failed."""
        return tuple(one.name for one in self.checks if one.verdict == "failed")

    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict: "failed", "warning" or "ok"."""
        verdicts = {one.verdict for one in self.checks}
        return next((one for one in WORST if one in verdicts), "ok")

    def __str__(self) -> str:
        """Return the checks as lines, measured beside expected."""
        return checks.panel(self.checks, verbose=self.verbose)

    def save(self, path: Path | str) -> None:
        """Write them as JSON."""
        rows = [dataclasses.asdict(one) for one in self.checks]
        text = json.dumps(rows, indent=2, ensure_ascii=False, default=float)
        files.write_text(path, text + "\n")

    def draw(self, figures: Path | str) -> None:
        """Save a figure of each check that has one and measured something, in a new folder."""
        figures = Path(figures)
        figures.mkdir(parents=True)
        for one in self.checks:
            if one.name in FIGURES and one.verdict != "not applicable" and one.numbers:
                with contextlib.suppress(SettingError):  # nothing came of it that could be drawn
                    figure = FIGURES[one.name](one.numbers)
                    plots.save(figure, figures / f"{one.name.replace(' ', '_')}.png")

    def refuse_failed(self, otherwise: str = "") -> None:
        """Raise CheckError where one failed, and say what to do to go on all the same."""
        if self.failed:
            raise CheckError(f"Failed: {', '.join(self.failed)}.{otherwise}")


def quick(model: "keras.Model", splits: data.Splits, compiled: Mapping[str, Any]) -> Checks:
    """Run the checks that take seconds.

    Args:
        model: Compiled; of a frozen backbone only the head is checked, on features.
        splits: The data.
        compiled: What the model was compiled with.
    """
    subject, sample = _subject(model, splits, compiled, FEW)
    return _done(_quick(subject, sample))


def everything(model: "keras.Model", splits: data.Splits, compiled: Mapping[str, Any]) -> Checks:
    """Run all checks; the arguments are those of :func:`quick`."""
    subject, sample = _subject(model, splits, compiled, MORE)
    make_model = checks.from_model(subject)
    runs: Named = [
        *_quick(subject, sample),
        ("tiny subset", lambda: checks.tiny_subset(make_model, sample)),
        ("blank images", lambda: checks.blank_images(make_model, sample)),
        ("gradients", lambda: checks.gradients(make_model, sample)),
        ("learning rate", lambda: checks.learning_rate(make_model, sample)),
    ]
    if not training.is_frozen(model):
        runs.append(("waiting for data", lambda: checks.pipeline(make_model, splits)))
    return _done(runs)


def _subject(
    model: "keras.Model", splits: data.Splits, compiled: Mapping[str, Any], count: int
) -> tuple["keras.Model", checks.Sample]:
    """Return what is checked: the model, or of one with a frozen backbone the head."""
    sample = checks.sample(splits, model, count)
    if training.is_frozen(model):
        head, vectors = training.on_features(model, sample.images)
        model = training.compile_model(head, **compiled)
        sample = dataclasses.replace(sample, images=vectors)
    return model, sample


def _quick(model: "keras.Model", sample: checks.Sample) -> Named:
    def make_model() -> "keras.Model":
        return model  # these checks look at copies of their own

    return [
        ("initial loss", lambda: checks.initial_loss(make_model, sample)),
        ("regularization", lambda: checks.regularization(make_model, sample)),
        ("input", lambda: checks.inputs(make_model, sample)),
        ("signals at the start", lambda: checks.units(make_model, sample)),
    ]


def _done(runs: Named) -> Checks:
    """Run checks in turn and show how far they are."""
    tracked = progress.track(runs, len(runs), "Checking the set-up", "checks done")
    return Checks(tuple(_run(name, run) for name, run in tracked))


def _run(name: str, run: Run) -> checks.Check:
    """Run a check; one that cannot be run says why, and ends neither the others nor a training."""
    try:
        return run()
    except Exception as error:  # of any kind: a backbone's layers may be anybody's
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        return checks.Check(name, "not applicable", f"cannot be run: {first[:200]}", "an answer")
