"""What a network consists of and costs, as plain data.

Both styles of an architecture give the same: a block that a Sequential model nests is opened.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kit.description.receptive_fields import Pair, Reach

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FLOAT", "Description", "Layer", "Row"]

FLOAT = 4  # bytes of a float32


@dataclass(frozen=True)
class Layer:
    """One row of the layer table.

    Attributes:
        name: The layer's name.
        kind: Its Keras class, as in ``"Conv2D"``.
        output_shape: Without the batch axis, as in ``(height, width, channels)``.
        parameters: Numbers in its weights, those that are not trained included.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


@dataclass(frozen=True)
class Row(Layer):
    """One layer and what it costs, for one image.

    Attributes:
        fixed: How many of the parameters training does not change.
        multiply_adds: Of convolutions and dense layers, as papers count them; what other layers do
            is a few operations for each value.
        activation_bytes: What the result takes in float32; 0 where only the shape changes.
        receptive_field: Height and width in pixels of the part of the image that one value depends
            on, what lies beyond the image's edges counted; or ``"whole"`` or ``"unknown"``.
        stride: How many pixels of the image lie between two neighbours of the map, down and across;
            None where there is no map.
        note: What deserves a remark, such as pixels that a window leaves out.
    """

    fixed: int
    multiply_adds: int
    activation_bytes: int
    receptive_field: Reach
    stride: Pair | None
    note: str = ""


@dataclass(frozen=True)
class Description:
    """What a network consists of and costs, for one image of a fixed size.

    Attributes:
        rows: One for the image and for each layer, in the order of the data. A network within the
            network, such as a backbone, is one row with the sums over its layers.
        nodes: Of a drawing, see :func:`kit.description.graph`.
        edges: Of a drawing.
    """

    rows: tuple[Row, ...]
    nodes: tuple[tuple[str, str, str], ...]
    edges: tuple[tuple[str, str], ...]

    @property
    def parameters(self) -> int:
        """Return the number of all parameters."""
        return sum(row.parameters for row in self.rows)

    @property
    def fixed(self) -> int:
        """Return how many parameters training does not change."""
        return sum(row.fixed for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Return the multiply-adds for one image, forwards."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Return the bytes of all results for one image, forwards, if all are kept."""
        return sum(row.activation_bytes for row in self.rows)

    def training_bytes(self, batch_size: int) -> int:
        """Estimate the memory of training with Adam in float32.

        The results of a batch and as many gradients, and each trained parameter four times: itself,
        its gradient and Adam's two moments. Only an estimate: a framework frees some results
        early, and needs room to work in beside them.
        """
        trained = self.parameters - self.fixed
        return 2 * batch_size * self.activation_bytes + (4 * trained + self.fixed) * FLOAT

    def table(self) -> "pd.DataFrame":
        """Return the rows as a table, a column for each attribute of :class:`Row`."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows])
