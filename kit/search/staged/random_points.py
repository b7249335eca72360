"""Random points of a space: keras-tuner's own draws, among which a Latin hypercube chooses."""

import functools
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kit.search.space import Space, possible, read_space, space_text

DRAWS = 20  # of all points, from which those that came twice are replaced


def draw(
    space: Space, count: int, seed: int, stage: int, known: Sequence[Mapping[str, Any]] = ()
) -> list[Mapping[str, Any]]:
    """Return random points of a space, which depend on the seed and the stage only.

    No point comes twice, which would train the same again; a space of few choices may have fewer
    points.

    Args:
        space: Where they are.
        count: How many.
        seed: Of the search.
        stage: Another number for each draw.
        known: Points that are not drawn again.
    """
    found = list(known)
    for points in _samples(json.dumps(space_text(space)), count, seed, stage):
        found += [one for one in points if one not in found][: len(known) + count - len(found)]
    return found[len(known) :]


@functools.lru_cache
def _samples(text: str, count: int, seed: int, stage: int) -> list[list[dict[str, Any]]]:
    """Return draws of all points; those after the first replace points that came twice."""
    from kit.search.tuner.hyperparameters import hypercubes  # keras-tuner, which takes seconds

    space = read_space(json.loads(text))
    start = 1 + int(np.random.SeedSequence([seed, stage]).generate_state(1)[0])
    again = DRAWS if math.isfinite(possible(space)) else 2
    return list(itertools.islice(hypercubes(space, count, start), again if count else 0))
