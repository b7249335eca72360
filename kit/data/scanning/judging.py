"""Files read, decoded and judged by a pool of threads, in order, a bounded number ahead."""

import functools
import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kit.data.decoding import decoder, opening
from kit.data.decoding.file_facts import Facts
from kit.data.decoding.thread_pool import by_file
from kit.data.division.near_copies import thumbnail

Pixels = npt.NDArray[np.uint8]

CHUNK = 16  # files per task: decoding a small one costs less than handing over a task
LARGE = 2_000_000  # bytes of pixels, of which a task makes no more where it can be avoided
# A file that ends like this is missed when it cannot be decoded; any other is not.
IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".jpx", ".jpc", ".ppm"),
    *(".pgm", ".pbm", ".pnm", ".ico", ".icns", ".psd", ".pcx", ".dds", ".qoi", ".sgi", ".tga"),
)


@dataclass(frozen=True)
class Finding(Facts):
    """What a file turned out to be, besides what it says of its picture.

    Attributes:
        verdict: ``"used"``, ``"broken"``, ``"refused"`` (too large) or ``"ignored"``.
        reason: Why it is not used.
        hash: The blake2b of its bytes in hex, empty where it could not be judged for good: it
            could not be read.
        pixels: The same of the decoded picture, so of what a network would be shown.
        gray: Whether its three channels are equal everywhere.
    """

    verdict: str = "used"
    reason: str = ""
    hash: str = ""
    pixels: str = ""
    gray: bool = False


@dataclass(frozen=True)
class Rows:
    """How pictures are wanted: ``(height, width)``, color (perhaps ``"auto"``) and the rest."""

    image_size: tuple[int, int]
    color: str
    aspect: str
    equalization: str = "none"

    def resolved(self, findings: Iterable[Finding]) -> str:
        """Return ``"rgb"`` or ``"grayscale"``."""
        if self.color != "auto":
            return self.color
        return "grayscale" if all(finding.gray for finding in findings) else "rgb"

    def name(self, fingerprint: str, color: str) -> str:
        """Return the name in the cache: everything the numbers depend on."""
        return f"{fingerprint}-{color}-{self.judged_as()}"

    def judged_as(self) -> str:
        """Return what findings depend on: a speck of color is gone from a smaller picture."""
        height, width = self.image_size
        rest = "" if self.equalization == "none" else f"{self.equalization}-"
        return f"{height}x{width}-{self.aspect}-{rest}{decoder.version()}"


@dataclass(frozen=True)
class Judged:
    """A finding, and of a usable file its RGB pixels and its 32x32 gray thumbnail."""

    finding: Finding
    pixels: Pixels | None = None
    thumbnail: Pixels | None = None


def examine(files: Sequence[Path], rows: Rows) -> Generator[Judged, None, None]:
    """Judge files in turn by decoding them as training does.

    Raises:
        KitError: The memory gave out.
    """
    at_once = max(1, min(CHUNK, LARGE // (3 * math.prod(rows.image_size))))
    if files:
        judge = functools.partial(_judge, rows=rows)
        yield from by_file(judge, files, at_once, "Reading images", "files read")


def is_gray(pixels: Pixels) -> bool:
    """Tell whether the three channels are equal everywhere."""
    return bool((pixels == pixels[..., :1]).all())


def content_hash(data: bytes) -> str:
    """Return the blake2b of bytes, 16 bytes in hex."""
    return blake2b(data, digest_size=16).hexdigest()


def unusable(file: Path, digest: str, error: opening.BrokenImage) -> Finding:
    """Return what a file is that could not be decoded; the digest is empty if it was not read."""
    if isinstance(error, opening.TooLarge):
        return Finding(verdict="refused", reason=error.reason, hash=digest)
    named = file.suffix.lower() in IMAGE_SUFFIXES
    stray = isinstance(error, opening.NotAnImage) or not digest
    verdict = "broken" if named or not stray else "ignored"
    return Finding(verdict=verdict, reason=error.reason, hash=digest)


def _judge(file: Path, rows: Rows) -> Judged:
    wanted = rows.image_size, "rgb", rows.aspect, rows.equalization
    digest = ""
    try:
        data = opening.read(file)
        digest = content_hash(data)
        pixels, facts = decoder.decode_with_facts(data, *wanted)
    except opening.BrokenImage as error:
        return Judged(unusable(file, digest, error))
    finding = Finding(
        **vars(facts),
        hash=digest,
        pixels=content_hash(pixels.tobytes()),
        gray=is_gray(pixels),
    )
    return Judged(finding, pixels, thumbnail(pixels))
