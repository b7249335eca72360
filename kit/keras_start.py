"""The start of Keras and TensorFlow, which takes seconds."""

import logging
import os
import sys
import tempfile

from kit import progress


def start_keras() -> None:
    """Import Keras and TensorFlow, which takes seconds, without TensorFlow's notes on stderr.

    It writes them before it has read which it is to leave out, so they are held back on the level
    of the file descriptor, and shown if the import fails.
    """
    if "keras" in sys.modules:
        return
    progress.say("Starting TensorFlow ...")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import keras  # noqa: F401
        except BaseException:
            os.dup2(kept, 2)
            notes.seek(0)
            progress.say(*notes.read().decode(errors="replace").split("\n"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    # It warns that one model after the other is trained and asked, as folds and repeats want it.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
