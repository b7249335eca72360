"""Files read, decoded and judged by a pool of threads, in order, a bounded number ahead."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import decode
from kit.data._pool import in_order

__all__ = ["Finding", "examine"]

Pixels = npt.NDArray[np.uint8]

CHUNK = 16  # files per task: decoding a small one costs less than handing over a task
AHEAD = 3  # tasks for each thread in advance
# A file that ends like this is missed when it cannot be decoded; any other is not.
IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".jpx", ".jpc", ".ppm"),
    *(".pgm", ".pbm", ".pnm", ".ico", ".icns", ".psd", ".pcx", ".dds", ".qoi", ".sgi", ".tga"),
)


@dataclass(frozen=True)
class Finding:
    """What a file turned out to be.

    ``verdict`` is ``"used"``, ``"broken"`` or ``"ignored"``; ``hash`` the blake2b of its bytes in
    hex, empty where it could not be read; ``gray`` whether its three channels are equal everywhere.
    """

    verdict: str
    reason: str
    hash: str
    gray: bool


def examine(
    files: Sequence[Path],
    image_size: tuple[int, int],
    aspect: str,
    keep: Callable[[Pixels], object] | None = None,
    equalization: str = "none",
) -> list[Finding]:
    """Judge files by decoding them as training does.

    Args:
        files: What to read.
        image_size: ``(height, width)``.
        aspect: As for :func:`kit.data.decode.decode`.
        keep: Called with the RGB pixels of each usable file, in the order of ``files``.
        equalization: As for :func:`kit.data.decode.decode`.
    """
    if not files:
        return []

    def judged(chunk: Sequence[Path]) -> list[tuple[Finding, Pixels | None]]:
        return [_judge(file, image_size, aspect, equalization) for file in chunk]

    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    findings = []
    results = itertools.chain.from_iterable(in_order(judged, chunks, AHEAD))
    for finding, pixels in progress.track(results, len(files), "Reading images", "files read"):
        if keep and pixels is not None:
            keep(pixels)
        findings.append(finding)
    return findings


def _judge(
    file: Path, image_size: tuple[int, int], aspect: str, equalization: str
) -> tuple[Finding, Pixels | None]:
    digest = ""
    try:
        data = decode.read(file)
        digest = blake2b(data, digest_size=16).hexdigest()
        pixels = decode.decode(data, image_size, "rgb", aspect, equalization)
    except decode.BrokenImage as error:
        named = file.suffix.lower() in IMAGE_SUFFIXES
        stray = isinstance(error, decode.NotAnImage) or not digest
        verdict = "broken" if named or not stray else "ignored"
        return Finding(verdict, error.reason, digest, False), None
    first = pixels[..., :1]
    return Finding("used", "", digest, bool((pixels == first).all())), pixels
