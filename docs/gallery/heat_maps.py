"""Draw the pictures of docs/explanation.md: shapes that a network learnt, its feature maps, and
digits like a digit.

python docs/gallery/heat_maps.py docs/pictures/explanation
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import kit
from kit import explanation, plots
from kit.data import samples

SIDE, SHAPES = 64, ("circle", "square", "triangle")


def main() -> None:
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        run = taught(Path(scratch))
        plots.save(shapes(run), target / "shapes.png", dpi=80)
        triangle = Path(scratch) / "shapes" / "triangle" / "000.png"
        plots.save(run.feature_maps(triangle), target / "feature_maps.png", dpi=60)
        plots.save(digits(Path(scratch)), target / "similar.png", dpi=80)


def taught(scratch: Path):
    """Return a run on drawn shapes."""
    random = np.random.default_rng(0)
    for shape in SHAPES:
        (scratch / "shapes" / shape).mkdir(parents=True)
        for number in range(130):
            drawn(random, shape).save(scratch / "shapes" / shape / f"{number:03}.png")
    run = kit.train(
        scratch / "shapes", epochs=25, settings={"filters": [16, 32, 64]}, output=scratch / "run"
    )
    print(*run.sentences, sep="\n")
    return run


def shapes(run):
    """Return what speaks for the class in a triangle, a square and a circle."""
    random, rows = np.random.default_rng(1), []
    for shape in SHAPES[::-1]:
        image = np.asarray(drawn(random, shape))
        given = run.model, image[None], [SHAPES.index(shape)]
        heats = [explanation.heat_map(*given)[0], explanation.occlusion(*given)[0]]
        rows.append([image, *(plots.overlay(image, heat) for heat in heats)])
    return plots.augmented(np.array(rows), SHAPES[::-1], ("the image", "heat map", "occlusion"))


def drawn(random: np.random.Generator, shape: str) -> Image.Image:
    """Return a shape of any color at any place, on a ground of any color with a little noise."""
    ground = random.integers(60, 190, 3) + random.normal(0, 6, (SIDE, SIDE, 3))
    image = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    size = int(random.integers(20, 28))
    left, top = (int(place) for place in random.integers(2, SIDE - size - 2, 2))
    color = tuple(int(one) for one in random.choice([20, 230], 3))
    pen, box = ImageDraw.Draw(image), (left, top, left + size, top + size)
    if shape == "circle":
        pen.ellipse(box, color)
    elif shape == "square":
        pen.rectangle(box, color)
    else:
        pen.polygon([(left, box[3]), (left + size // 2, top), (box[2], box[3])], color)
    return image


def digits(scratch: Path):
    """Return a digit and the training images that a network sees as most like it."""
    run = kit.train(output=scratch / "digits")
    found = run.similar(next((samples.digits() / "9").glob("*1*.png")), count=7)
    print(found)
    return found.figure()


if __name__ == "__main__":
    main()
