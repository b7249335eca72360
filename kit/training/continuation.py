"""What a training goes on from, so exactly as if it had never stopped.

It is all that the next step depends on and that is not a function of its number: the variables of
the model, those of its seed generators and moving means among them, those of the optimizer, and
what the guard of the loss remembers.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kit import files
from kit.monitoring import LossGuard

Array = npt.NDArray[Any]
DAMAGED = (  # what NumPy and zipfile raise for it
    AttributeError,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


def save(path: Path, model: keras.Model, guard: LossGuard, training: Mapping[str, Any]) -> None:
    """Write the state of a training, whole or not at all.

    Args:
        path: Of the file, replaced where it is there; its folder is made.
        model: As it was trained.
        guard: Of its loss.
        training: What tells this training, at this point, from others: plain values.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"variable{number}": keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(_variables(model))
    }
    seen = guard.smoothed
    arrays["guard"] = np.array([seen.first, seen.value, seen.taken], np.float64)
    arrays["training"] = _text(training)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # given a name, NumPy would add an ending to it
            np.savez(file, allow_pickle=False, **arrays)

    files.write(path, write)


def restore(path: Path, model: keras.Model, guard: LossGuard, training: Mapping[str, Any]) -> bool:
    """Put a model, its optimizer and the guard into the state in a file.

    Args:
        path: As :func:`save` wrote it.
        model: Compiled and built as the one that was saved, its optimizer built.
        guard: Of its loss.
        training: As given to :func:`save`.

    Returns:
        Whether that was done. Nothing is changed where the file is not there, damaged, or of
        another training.
    """
    variables = _variables(model)
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as found:
            if found["training"].tobytes() != _text(training).tobytes():
                return False
            arrays = [found[f"variable{number}"] for number in range(len(variables))]
            remembered = found["guard"]
            more = len(found.files) - len(arrays) - 2
    except DAMAGED:
        return False
    if more or remembered.shape != (3,) or not _fit(arrays, variables):
        return False
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    guard.smoothed.first, guard.smoothed.value, taken = remembered.tolist()
    guard.smoothed.taken = int(taken)
    return True


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _fit(arrays: Sequence[Array], variables: Sequence[Any]) -> bool:
    return all(
        array.shape == tuple(variable.shape) and str(array.dtype) == variable.dtype
        for array, variable in zip(arrays, variables, strict=True)
    )


def _text(training: Mapping[str, Any]) -> Array:
    return np.frombuffer(json.dumps(training, sort_keys=True).encode(), np.uint8)
