"""A temporary folder for each worker, so that what a killed one leaves there is known for its own and removed.

The folder is locked for as long as its worker, or a process that it forked, lives. A worker's processes have folders of
their own in it.
"""

import fcntl
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path

logger = logging.getLogger(__name__)

_PREFIX = "plumbline-worker-"
_LAST = -1000
"""At the end of a process, after multiprocessing has removed a folder of its own, which is in ours."""


def take() -> Path | None:
    """A fresh folder for this process once those of the dead are gone; None, with a warning, where there can be none."""
    try:
        swept = sweep()
        folder = enter()
    except OSError as error:
        logger.warning("The folder for temporary files cannot be used: %s", error.strerror)
        return None
    if swept:
        logger.info("Removed the temporary files of %s dead workers.", swept)
    return folder


def enter() -> Path:
    """A fresh folder, in which this process and its children put their temporary files from now on."""
    folder = _made(Path(tempfile.gettempdir()))
    Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=_LAST)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    return folder


def sweep() -> int:
    """How many folders of dead workers of the same user were removed; those of living ones stay."""
    swept = 0
    for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(descriptor).st_uid == os.getuid():
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(place)
                    swept += 1
            finally:
                os.close(descriptor)
    return swept


def clear(folder: Path) -> None:
    """Removes what lies in the folder, which stays and stays locked."""
    with suppress(OSError):
        for place in list(folder.iterdir()):
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)


def _made(parent: Path) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=_PREFIX))
        with suppress(OSError):  # one that sweeps may have come between
            # Never closed: whoever inherits it by a fork keeps the lock, and the end of the last one opens it.
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(descriptor), os.stat(folder)):
                return folder
            os.close(descriptor)
