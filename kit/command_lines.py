"""Commands as they are typed here."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def program_name(name: str) -> str:
    """Return how a program is started here: `make` installs into a folder outside the PATH."""
    beside = Path(sys.executable).with_name(name)
    return name if shutil.which(name) or not beside.exists() else quoted(beside)


def quoted(path: Path | str | float) -> str:
    """Return a word as it is typed here."""
    if os.name == "posix":
        return shlex.quote(str(path))
    return f'"{path}"' if " " in str(path) else str(path)
