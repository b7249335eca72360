"""The worst mistakes: images that got a wrong answer, the surest first."""

from collections.abc import Mapping
from typing import Any

from kit.reporting.pictures import Picture
from kit.reporting.run_files import RunFiles

TITLE = "The worst mistakes"
MOST, SIDE = 24, 200  # mistakes; pixels


def values(run: RunFiles, heat_maps: Mapping[str, Picture] | None = None) -> dict[str, Any] | None:
    """Return the mistakes with their pictures.

    Args:
        run: The run.
        heat_maps: For a file the picture of what counted for its answer, where there is one.
    """
    if not run.parts:
        return None
    part = run.parts[0]
    worst = part.wrong.head(MOST)
    pictures = run.thumbnails.of(worst["file"], SIDE)
    shown = [
        {
            "file": row["file"],
            "true": row["true"],
            "predicted": row["predicted"],
            "sure": row["sure"],
            "picture": picture,
            "heat": (heat_maps or {}).get(row["file"]),
        }
        for row, picture in zip(worst.to_dict("records"), pictures, strict=True)
    ]
    return {
        "shown": shown,
        "count": len(part.wrong),
        "images": part.scores.images,
        "part": part.words,
        "probable": part.probable,
    }
