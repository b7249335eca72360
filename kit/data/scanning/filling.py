"""The pictures of one reading in the cache: found there, or written beside an earlier array."""

import contextlib

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.decoding import decoder
from kit.data.scanning import pixel_cache
from kit.data.scanning.reading import Reading

Pixels = npt.NDArray[np.uint8]


def stored(reading: Reading) -> Pixels | None:
    """Return the array of the usable files, where it is in the cache."""
    color, name = _name(reading)
    channels = 1 if color == "grayscale" else 3
    array = pixel_cache.find(name, (len(reading.used()), *reading.rows.image_size, channels))
    reading.array_name = name if array is not None else ""
    return array


def fill(reading: Reading) -> Pixels | None:
    """Make that array, with rows of an earlier one; None where the disk gives out."""
    one_channel = reading.rows.color == "grayscale"
    earlier = _earlier(reading, one_channel)
    wanted = [
        entry
        for entry in reading.listed.entries
        if (known := reading.known.get(entry.found.file)) is None
        or (known.verdict == "used" and known.hash not in earlier)
    ]
    names = {entry.found.file for entry in wanted}
    try:
        with pixel_cache.Writer((*reading.rows.image_size, 1 if one_channel else 3)) as writer:
            with contextlib.closing(reading.read(wanted)) as results:
                for entry in reading.listed.entries:
                    name = entry.found.file
                    if name in names:
                        pixels = next(results).pixels
                    elif reading.known[name].verdict == "used":
                        pixels = earlier[reading.known[name].hash]
                    else:
                        continue
                    if pixels is not None:
                        writer.add(_row(pixels, one_channel))
                next(results, None)  # the end of it, which says how long it took
            color, reading.array_name = _name(reading)
            return writer.publish(reading.array_name, 1 if color == "grayscale" else 3)
    except OSError as error:  # reading has errors of its own kind: this is the cache's disk
        progress.say(f"The cache cannot be written ({error}); continuing without it.")
        reading.array_name = ""
        return None


def _earlier(reading: Reading, one_channel: bool) -> dict[str, Pixels]:
    """Return content hash -> row of the array that the last scan for such pictures left."""
    gray = {finding.hash for finding in reading.known.values() if finding.gray}
    for channels in (3, 1):
        shape = (len(reading.record.rows), *reading.rows.image_size, channels)
        array = pixel_cache.find(reading.record.array, shape)
        if array is not None:
            return {
                content: row
                for content, row in zip(reading.record.rows, array, strict=True)
                if channels == 3 or one_channel or content in gray
            }
    return {}


def _name(reading: Reading) -> tuple[str, str]:
    used = reading.used()
    color = reading.rows.resolved(reading.known[entry.found.file] for entry in used)
    return color, reading.rows.name(reading.fingerprint, color)


def _row(pixels: Pixels, one_channel: bool) -> Pixels:
    """Return a decoded picture, or a row of an earlier array, with the channels of this one."""
    if one_channel:
        return pixels if pixels.shape[-1] == 1 else decoder.luma(pixels)
    return pixels if pixels.shape[-1] == 3 else pixels.repeat(3, axis=-1)
