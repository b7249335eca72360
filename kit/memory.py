"""How much memory this process may still take."""

import os
from pathlib import Path

MEMINFO, GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def available() -> int | None:
    """Return how many bytes can be taken without swapping, None where that cannot be told.

    On Linux what the system calls available, or what the limits of the container and of the process
    leave; elsewhere all that is built in.
    """
    try:
        rows = dict(line.split(":") for line in MEMINFO.read_text("ascii").splitlines())
        free = 1024 * int(rows["MemAvailable"].split()[0])
    except (OSError, ValueError, LookupError):
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (AttributeError, ValueError, OSError):  # Windows
            return None
    limits = (free, _left_in_group(), _left_to_process())
    return min(left for left in limits if left is not None)


def _left_in_group() -> int | None:
    """Return what the limit of a container leaves; files that are cached can be let go."""
    try:
        limit = int((GROUP / "memory.max").read_text("ascii"))
        used = int((GROUP / "memory.current").read_text("ascii"))
        rows = (GROUP / "memory.stat").read_text("ascii").splitlines()
        cached = int(dict(row.split() for row in rows)["inactive_file"])
        return max(0, limit - used + cached)
    except (OSError, ValueError, LookupError):  # no limit, or another system
        return None


def _left_to_process() -> int | None:
    """Return what ``ulimit -v`` leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (ImportError, OSError, ValueError, LookupError):  # another system
        return None
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - pages * resource.getpagesize())
