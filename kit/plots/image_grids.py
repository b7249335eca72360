"""Images side by side, with their names."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kit.errors import SettingError
from kit.plots.figure_text import plain, shorten

WIDTH = 1.5  # inches of an image
SMALL = 64  # pixels: smaller images are drawn with their pixels as squares, larger ones smoothly


def images(
    pixels: NDArray[np.uint8],
    titles: Sequence[str | tuple[str, ...]],
    columns: int | None = None,
    lines: int = 1,
) -> Figure:
    """Draw a grid of images, each under its title.

    Args:
        pixels: Images (count, height, width, channels), values 0 to 255, 1 or 3 channels.
        titles: One for each image, a class name for example; several lines as a tuple.
        columns: Images in a row; without it the grid is about as wide as high, and at most 8 wide.
        lines: Of text for each image that there must be room for.

    Raises:
        SettingError: There is no image, the shape is another one, or titles are missing.
    """
    _check(pixels, titles, 4, "(count, height, width, channels)")
    across = columns or min(8, int(np.ceil(np.sqrt(len(pixels)))))
    down = -(-len(pixels) // across)
    figure, grid = _grid(down, across, pixels.shape[1:3], title=0.06 + 0.16 * lines)
    for axes, image, title in zip(grid.flat, pixels, titles, strict=False):
        _show(axes, image)
        texts = (title,) if isinstance(title, str) else title
        axes.set_title("\n".join(shorten(text, 20) for text in texts), pad=3, **plain(8))
    return figure


def mixed(
    pixels: NDArray[np.uint8],
    shares: Sequence[Sequence[tuple[str, float]]],
    columns: int | None = None,
) -> Figure:
    """Draw a grid of images that belong to several classes, the shares under each: "cat 0.7".

    Args:
        pixels: As for :func:`images`.
        shares: Of each image the names of classes and their shares, from 0 to 1.
        columns: As for :func:`images`.

    Raises:
        SettingError: As for :func:`images`.
    """
    most = max(map(len, shares), default=1)
    figure = images(pixels, [""] * len(shares), columns, lines=most)
    for axes, named in zip(figure.axes, shares, strict=False):
        lines = [f"{shorten(name, 14)} {share:.2f}" for name, share in named]
        axes.set_xlabel("\n".join(lines), labelpad=3, **plain(8))
    return figure


def templates(
    weights: NDArray[np.floating[Any]], titles: Sequence[str], columns: int | None = None
) -> Figure:
    """Draw what a linear classifier compares an image with: the weights of each class.

    Gray is no weight. Where it is brighter, bright pixels speak for the class; where it is darker,
    against it. The largest weight of a class is white or black.

    Args:
        weights: ``(height, width, channels, classes)`` with 1 or 3 channels.
        titles: The classes' names.
        columns: As for :func:`images`.

    Raises:
        SettingError: As for :func:`images`.
    """
    rows = np.moveaxis(weights, -1, 0)
    largest = np.abs(rows).max(axis=(1, 2, 3), keepdims=True)
    shares = rows / np.where(largest > 0, largest, 1)
    return images(np.rint(127.5 * (1 + shares)).astype(np.uint8), titles, columns)


def feature_maps(maps: Mapping[str, NDArray[np.floating[Any]]], columns: int = 8) -> Figure:
    """Draw what the layers of a network make of an image: a row each, named on the left.

    Of each layer the channels that vary most are drawn, the one that varies most first. Black is
    the smallest value of these channels, white the largest.

    Args:
        maps: ``(height, width, channels)`` by the name of a layer.
        columns: Channels in a row.

    Raises:
        SettingError: There is no map, or the shape is another one.
    """
    if not maps or any(values.ndim != 3 or not values.size for values in maps.values()):
        raise SettingError(
            "maps must be arrays (height, width, channels) by the name of a layer, and at least "
            f"one; got {[values.shape for values in maps.values()]}."
        )
    size = next(iter(maps.values())).shape[:2]
    figure, grid = _grid(len(maps), columns, (size[0], size[1]), side=1.4)
    for row, (name, values) in zip(grid, maps.items(), strict=True):
        drawn = values[..., np.argsort(-values.std(axis=(0, 1)), kind="stable")[:columns]]
        low, high = drawn.min(), drawn.max()
        shares = (drawn - low) / (high - low if high > low else 1)
        for axes, image in zip(row, np.moveaxis(np.rint(255 * shares), -1, 0), strict=False):
            _show(axes, image[..., None].astype(np.uint8))
        height, width, channels = values.shape
        text = f"{shorten(name.rpartition('/')[2], 20)}\n{height} x {width} x {channels}"
        row[0].set_ylabel(text, rotation=0, ha="right", va="center", **plain(8))
    return figure


def augmented(
    pixels: NDArray[np.uint8],
    titles: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Figure:
    """Draw what becomes of some images, by augmentation for example: a row each.

    Args:
        pixels: Images (count, 1 + variants, height, width, channels), values 0 to 255; of each
            image the original and then its variants.
        titles: One for each row, a class name for example; without them rows have no names.
        columns: What stands above the columns; else "original", "variant 1" and so on.

    Raises:
        SettingError: There is no image, the shape is another one, or titles are missing.
    """
    titles = [""] * len(pixels) if titles is None else titles
    if columns is None:
        columns = ["original", *(f"variant {number}" for number in range(1, pixels.shape[1]))]
    _check(pixels, titles, 5, "(count, 1 + variants, height, width, channels)")
    side = 1.4 if any(titles) else 0.1
    figure, grid = _grid(len(pixels), pixels.shape[1], pixels.shape[2:4], side=side)
    for row, variants, title in zip(grid, pixels, titles, strict=True):
        for axes, image in zip(row, variants, strict=True):
            _show(axes, image)
        row[0].set_ylabel(shorten(title, 20), rotation=0, ha="right", va="center", **plain(8))
    for column, axes in zip(columns, grid[0], strict=True):
        axes.set_title(column, pad=3, fontsize=8)
    return figure


def _check(pixels: NDArray[np.uint8], titles: Sequence[Any], axes: int, names: str) -> None:
    if pixels.ndim != axes or 0 in pixels.shape or pixels.shape[-1] not in (1, 3):
        raise SettingError(
            f"Images must have the shape {names} with 1 or 3 channels, and at least one image; got "
            f"{pixels.shape}."
        )
    if len(titles) != len(pixels):
        raise SettingError(f"{len(pixels)} images need as many titles; got {len(titles)}.")


def _grid(
    rows: int, columns: int, size: tuple[int, int], title: float = 0.05, side: float = 0.1
) -> tuple[Figure, Any]:
    """Make axes for images of ``size``, with room in inches over each row and beside all."""
    height = WIDTH * float(np.clip(size[0] / size[1], 0.25, 4))  # strips stay inside the picture
    inches = (columns * (WIDTH + 0.05) + side, rows * (height + title) + 0.3)
    figure = Figure(figsize=inches, layout="compressed")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    return figure, grid


def _show(axes: Axes, image: NDArray[np.uint8]) -> None:
    axes.set_axis_on()  # its frame shows where a white image ends
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set(color="lightgray", linewidth=0.5)
    gray = image.shape[-1] == 1
    axes.imshow(
        image[..., 0] if gray else image,
        cmap="gray" if gray else None,
        vmin=0,  # without this matplotlib would stretch a pale gray image to black and white
        vmax=255,
        interpolation="nearest" if max(image.shape[:2]) < SMALL else "auto",
    )
