"""A head that is solved, not trained: logistic regression on what a frozen network sees.

Kornblith, Shlens and Le, "Do Better ImageNet Models Transfer Better?", CVPR 2019, section 3: on
features that stay as they are the best head of one layer is found by L-BFGS, with the penalty that
does best on images kept apart.
"""

import dataclasses
import os
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from kit import data, diagnosis, progress, runs
from kit.choices import ClassWeight
from kit.errors import SettingError
from kit.training.compiling import compile_model
from kit.training.fit_checks import default_monitor
from kit.training.fitting import History
from kit.training.transfer.feature_heads import HeadTraining, head_of
from kit.training.transfer.frozen_features import feature_splits
from kit.training.watching import facts, share_learnt

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

Array = npt.NDArray[Any]

STRENGTHS = 10 ** np.arange(-3, 3.1, 0.5)  # scikit-learn's C: how much the images count
FOLDS = 5
LEAST = 1e-7  # a probability: what no image of a fold shows costs 16 nats, not endlessly many
STEPS, NEAR = 1000, 3e-4  # of L-BFGS, at most; the slope that counts as level


def can_solve(model: keras.Model) -> bool:
    """Tell whether behind "features" one layer of probabilities is all that has weights."""
    names = [layer.name for layer in model.layers]
    head = model.layers[names.index("features") + 1 :] if "features" in names else []
    return [layer.name for layer in head if layer.weights] == ["probabilities"]


def solve_head(
    model: keras.Model,
    splits: data.Splits,
    *,
    views: int = 1,
    cache: bool = True,
    computed: data.Splits | None = None,
    class_weight: ClassWeight = "none",
    monitor: str | None = None,
    checkpoint: Path | str | None = None,
    max_minutes: float | None = None,
    watch: bool = False,
) -> HeadTraining:
    """Put the best last layer behind the layer "features": logistic regression, solved by L-BFGS.

    The penalty on squared weights is the one of least cross-entropy in 5-fold cross-validation of
    the training images, where near copies and views of an image stay together. Validation images
    choose nothing. What belongs to steps (dropout, label smoothing, rates) plays no part.

    Args:
        model: A classifier whose layers up to "features" are to stay as they are, with nothing to
            learn behind them but a last layer of softmax or sigmoid. It gets the weights.
        splits: The images.
        views: Versions of each training image, as for :func:`kit.training.fit_head`.
        cache: Whether features are kept in the user's cache folder.
        computed: The features, where they are there already.
        class_weight: "balanced" weighs classes by the inverse of their number of images.
        monitor: The score that the history names, as for :func:`kit.training.fit`.
        checkpoint: Where the whole model is saved.
        max_minutes: Limit for the features.
        watch: Collect what a diagnosis needs.

    Returns:
        A history of one row, whose losses are plain cross-entropy, and the ``penalties`` tried.

    Raises:
        SettingError: The head is another, or the features take longer than the limit.
    """
    if not can_solve(model):
        raise SettingError(
            f"The head of {model.name} is more than one layer of probabilities, and only such a "
            "layer can be solved. Use `solve_head=no`."
        )
    start, cpu_start = time.monotonic(), time.process_time()
    vectors = computed or feature_splits(
        model, splits, views=views, cache=cache, max_minutes=max_minutes
    )
    penalties = _solve(model.layers[-1], vectors, class_weight)
    head = compile_model(head_of(model), label_smoothing=0.0)
    row = {"epoch": 1, **_measured(head, vectors), "seconds": round(time.monotonic() - start, 3)}
    if checkpoint is not None:
        runs.save_model(model, checkpoint)
    table = pd.DataFrame([row])
    history = History(
        table=table,
        monitor=default_monitor(splits) if monitor is None else monitor,
        best_epoch=1,
        stopped="",
        seconds=time.monotonic() - start,
        cpu_seconds=time.process_time() - cpu_start,
        evidence=_evidence(head, vectors, table) if watch else None,
    )
    return HeadTraining(history, head, vectors, penalties)


def _solve(layer: Any, vectors: data.Splits, class_weight: ClassWeight) -> pd.DataFrame:
    """Give a layer its weights, and return what each strength of the penalty was worth."""
    rows = vectors.parts["train"]
    groups = np.unique(np.asarray(vectors.groups)[rows], return_inverse=True)[1]
    kernel, bias, tried = solve(
        vectors.images.read(rows), vectors.labels[rows], groups, class_weight
    )
    best = tried.iloc[int(tried["loss"].argmin())]
    progress.say(
        f"The head is solved: of {len(tried)} penalties, {best['penalty']:.2g} has the lowest "
        f"cross-entropy in cross-validation on the training images, {best['loss']:.3f}."
    )
    if layer.units > kernel.shape[1] == 1:  # the column of the second of two classes
        kernel, bias = np.hstack([-kernel, kernel]) / 2, np.hstack([-bias, bias]) / 2
    if layer.units > kernel.shape[1]:  # a fold may leave a class without a training image
        known = np.unique(vectors.labels[rows])
        every = np.zeros((len(kernel), layer.units))
        rare = np.full(layer.units, bias.min() + np.log(LEAST))
        every[:, known], rare[known] = kernel, bias
        kernel, bias = every, rare
    layer.set_weights([kernel, bias])
    return tried


def solve(
    x: Array, y: Array, groups: Array, class_weight: ClassWeight = "none"
) -> tuple[Array, Array, pd.DataFrame]:
    """Return kernel, bias and what each penalty was worth, the strongest first.

    Args:
        x: float32 ``(images, features)``.
        y: int ``(images,)``: labels, each at least once.
        groups: ``(images,)``: equal for images that are kept together in cross-validation.
        class_weight: As for :func:`solve_head`.

    Returns:
        ``(features, classes)`` and ``(classes,)``, or of two classes one column, that of the
        second; columns ``penalty``, ``loss`` and ``accuracy``.
    """
    centre = x.mean(axis=0)
    x = x - centre
    size = float(np.sqrt(np.mean(x**2))) or 1.0  # one for all: what varies much counts for more
    x /= size
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):  # more wait for each other
        warnings.simplefilter("ignore", UserWarning)  # of classes with fewer images than folds
        tried = pd.DataFrame(_cross_validated(x, y, groups, class_weight))
        solution = _regression(class_weight)
        for penalty in tried["penalty"].to_numpy()[: int(tried["loss"].argmin()) + 1]:
            solution.set_params(C=1 / penalty).fit(x, y)  # as in the folds, each from the last
    kernel = solution.coef_.T / size
    return kernel, solution.intercept_ - centre @ kernel, tried


def _cross_validated(
    x: Array, y: Array, groups: Array, class_weight: ClassWeight
) -> Iterator[dict[str, float]]:
    """Yield each strength from the highest on, until the loss has risen twice."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    folds = [(_regression(class_weight), *fold) for fold in splitter.split(x, y, groups)]
    shares = np.zeros((len(y), y.max() + 1))

    def answer(solver: "LogisticRegression", learnt: Array, apart: Array) -> None:
        solver.fit(x[learnt], y[learnt])
        shares[np.ix_(apart, solver.classes_)] = solver.predict_proba(x[apart])

    losses: list[float] = []
    with ThreadPoolExecutor(min(FOLDS, os.cpu_count() or 1)) as pool:
        for strength in progress.track(STRENGTHS, len(STRENGTHS), "Solving the head", "penalties"):
            for solver, *_ in folds:
                solver.set_params(C=strength)
            list(pool.map(lambda fold: answer(*fold), folds))
            right = np.maximum(shares[np.arange(len(y)), y], LEAST)
            losses.append(float(-np.log(right).mean()))
            accuracy = float((shares.argmax(axis=1) == y).mean())
            yield {"penalty": 1 / strength, "loss": losses[-1], "accuracy": accuracy}
            if len(losses) > 2 and losses[-1] >= losses[-2] >= losses[-3]:
                return


def _evidence(
    head: keras.Model, vectors: data.Splits, table: pd.DataFrame
) -> diagnosis.Evidence | None:
    """Return what a diagnosis can look at, where there are images to compare with."""
    if "validation" not in vectors.parts:
        return None
    known = dataclasses.replace(facts(head, vectors, 1, "constant"), solved=True)
    return diagnosis.evidence(table, known, overlap=share_learnt(vectors))


def _regression(class_weight: ClassWeight) -> "LogisticRegression":
    """Return what goes on, for the next strength, from what it found for the last one."""
    from sklearn.linear_model import LogisticRegression

    weights = "balanced" if class_weight == "balanced" else None
    return LogisticRegression(class_weight=weights, tol=NEAR, max_iter=STEPS, warm_start=True)


def _measured(head: keras.Model, vectors: data.Splits) -> dict[str, float]:
    """Return loss and scores on the training part, and with ``val_`` on the validation part."""
    labels = "binary" if head.output_shape[-1] == 1 else "categorical"
    row: dict[str, float] = {}
    for part, prefix in (("train", ""), ("validation", "val_")):
        if part in vectors.parts:
            batches = data.ordered_batches(vectors, part, labels)
            scores = head.evaluate(batches, verbose=0, return_dict=True)
            row |= {f"{prefix}{name}": float(value) for name, value in scores.items()}
    return row
