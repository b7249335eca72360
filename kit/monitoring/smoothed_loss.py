"""The mean loss of the last steps, and the limit from which a training has exploded."""

import math
from dataclasses import dataclass

TIMES = 3.0  # CS231n, "Hyperparameter search": a loss above 3 times its first value has exploded
MEMORY = 0.9  # of the running mean of the steps' losses: about the last ten steps
WARM_UP = 20  # steps that are not judged: the first ones of Adam are large and may go anywhere


@dataclass
class Smoothed:
    """A running mean of losses, and the limit that it must not pass.

    Attributes:
        times: Over the reference, from where the loss has exploded.
        floor: The least reference. A network that was trained before starts with a loss near 0, of
            which 3 times is nothing: there the loss of who knows nothing, ln C, stands in for it.
        warm_up: Steps that are not judged.
        name: What the loss is called in sentences.
    """

    times: float = TIMES
    floor: float = 0.0
    warm_up: int = WARM_UP
    name: str = "loss"
    first: float = math.nan
    value: float = 0.0
    taken: int = 0

    def add(self, loss: float) -> str:
        """Take the loss of a step and return what is wrong with it, nothing where nothing is."""
        self.taken += 1
        if not math.isfinite(loss):
            return f"the {self.name} became {loss}"
        if self.taken == 1:
            self.first = loss
        self.value = MEMORY * self.value + (1 - MEMORY) * loss
        return "" if self.taken <= self.warm_up else self.judged()

    def judged(self) -> str:
        """Return what is wrong with the mean so far, warm-up or not; nothing where nothing is."""
        if not self.taken:
            return ""
        mean = self.value / (1 - MEMORY**self.taken)  # Kingma & Ba, Adam, ICLR 2015, section 3
        if mean <= self.limit:
            return ""
        since = "began with" if self.first >= self.floor else "has when guessing"
        return (
            f"the {self.name} rose to {mean:.3g}, more than {self.times:g} times the "
            f"{self.reference:.3g} it {since}"
        )

    @property
    def reference(self) -> float:
        """The loss that others are compared with."""
        return max(abs(self.first), self.floor)

    @property
    def limit(self) -> float:
        """The mean loss from which the training has exploded."""
        return self.times * self.reference


@dataclass
class StepLosses:
    """The losses of single steps from the running means that Keras gives to callbacks."""

    count: int = 0
    total: float = 0.0

    def loss(self, batch: int, mean: float) -> float:
        """Return the loss of the step that has ended, from the mean of its epoch so far."""
        if batch == 0 or batch + 1 <= self.count:
            self.count, self.total = 0, 0.0
        steps = batch + 1 - self.count  # more than one with steps_per_execution
        loss = (mean * (batch + 1) - self.total) / steps
        self.count, self.total = batch + 1, mean * (batch + 1)
        return loss
