"""Files that are there whole or not at all."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "your quota is used up", errno.EFBIG: "a file is too large"}


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """A file that is there whole or not at all. write: called with the path of a part that is then renamed.

    Raises OSError, which names the file where there was no room for it.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
