"""Pictures like photos: large smooth shapes with fine grain."""

import io

import numpy as np
from PIL import Image


def photo(seed: int, width: int = 96, height: int = 80) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(20, 236, (6, 7, 3), dtype=np.uint8))
    smooth = np.array(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(float)
    grain = rng.normal(0, 12, (height, width, 1))
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 90, **settings: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **settings)
    return file.getvalue()
