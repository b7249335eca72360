"""What a training goes on from, so exactly as if it had never stopped.

It is all that the next step depends on and that is not a function of its number: the variables of
the model, those of its seed generators and moving means among them, those of the optimizer, and
what the guard of the loss and others remember.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from kit import files, progress
from kit.monitoring import LossGuard
from kit.training.pace import Pace

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


class Remembers(Protocol):
    """What remembers something from one epoch to the next."""

    def remembered(self) -> tuple[Mapping[str, Any], Sequence[Array]]:
        """Return it as plain values, and as arrays."""

    def recall(self, values: Mapping[str, Any], arrays: Sequence[Array]) -> None:
        """Take back what was returned."""


class State(keras.callbacks.Callback):
    """Writes at the end of an epoch what a training goes on from, and reads it at the start.

    It is to see an epoch's end after everything that it remembers, and after the pace.

    Args:
        path: The file; its folder is made.
        guard: Of the loss; where it has stopped the training there is nothing to go on with.
        others: What else remembers something from one epoch to the next.
        often: Write at the end of every epoch, and not only of the last that is asked for.
    """

    def __init__(
        self, path: Path | str, guard: LossGuard, *others: Remembers, often: bool = False
    ) -> None:
        super().__init__()
        self.path, self.guard, self.often = Path(path), guard, often
        self.memories: Sequence[Remembers] = (guard, *others)

    def begin(self, model: keras.Model, pace: Pace, training: Mapping[str, Any], first: int) -> int:
        """Put model, optimizer and memories into the state in the file.

        Args:
            model: Compiled and built as the one that was saved, its optimizer built.
            pace: Of the training.
            training: What tells this training from others: plain values.
            first: Epochs that were trained before.

        Returns:
            How many epochs were: 0, and nothing is changed, where the file is not there, damaged,
            or of another training or epoch.
        """
        self.pace, self.training = pace, training
        return first if first and restore(self.path, model, self.memories, self._at(first)) else 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the state where epochs are left; where it cannot be written, say so and go on."""
        done, end = epoch + 1, self.pace.end
        stopped = self.guard.stopped or (self.model.stop_training and done < end)
        if stopped or done >= self.pace.asked or not (self.often or done == end):
            return
        try:
            save(self.path, self.model, self.memories, self._at(done))
        except OSError as error:
            named = progress.clean(self.path)
            progress.say(
                f"{named} cannot be written ({error}), so a continued training would start again."
            )

    def _at(self, done: int) -> dict[str, Any]:
        return {**self.training, "done": done}


def save(
    path: Path, model: keras.Model, memories: Sequence[Remembers], training: Mapping[str, Any]
) -> None:
    """Write the state of a training, whole or not at all.

    Args:
        path: Of the file, replaced where it is there; its folder is made.
        model: As it was trained.
        memories: What remembers something besides.
        training: What tells this training, at this point, from others: plain values.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = [one.remembered() for one in memories]
    variables = map(keras.ops.convert_to_numpy, _variables(model))
    arrays = {f"variable{number}": one for number, one in enumerate(variables)}
    for place, (_, held) in enumerate(known):
        arrays |= {f"memory{place}_{number}": one for number, one in enumerate(held)}
    arrays["memories"] = _text([{"values": values, "arrays": len(held)} for values, held in known])
    arrays["training"] = _text(training)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # given a name, NumPy would add an ending to it
            np.savez(file, allow_pickle=False, **arrays)

    files.write(path, write)


def restore(
    path: Path, model: keras.Model, memories: Sequence[Remembers], training: Mapping[str, Any]
) -> bool:
    """Put a model, its optimizer and what remembers something into the state in a file.

    Args:
        path: As :func:`save` wrote it.
        model: Compiled and built as the one that was saved, its optimizer built.
        memories: As given to :func:`save`.
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
            told = json.loads(found["memories"].tobytes())
            held = [
                [found[f"memory{place}_{number}"] for number in range(one["arrays"])]
                for place, one in enumerate(told)
            ]
            more = len(found.files) - len(arrays) - sum(map(len, held)) - 2
    except DAMAGED:
        return False
    if more or len(told) != len(memories) or not _fit(arrays, variables):
        return False
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    for memory, one, theirs in zip(memories, told, held, strict=True):
        memory.recall(one["values"], theirs)
    return True


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _fit(arrays: Sequence[Array], variables: Sequence[Any]) -> bool:
    return all(
        array.shape == tuple(variable.shape) and str(array.dtype) == variable.dtype
        for array, variable in zip(arrays, variables, strict=True)
    )


def _text(known: Any) -> Array:
    return np.frombuffer(json.dumps(known).encode(), np.uint8)
