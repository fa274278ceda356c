"""What can go wrong while telling MLflow, in one message that says what is lost (nothing) and what to do."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecosim.data.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)


class TrackingError(UserError, RuntimeError):
    """MLflow could not be told; the results stay in their output folder."""


class Unreachable(TrackingError):
    """The tracking server does not answer."""


@contextmanager
def explaining(act: str, where: str, room: Path) -> Iterator[None]:
    """Turns what MLflow, SQLAlchemy, SQLite and the disk raise inside the block into one TrackingError.

    act: what was being done ("opening the store"); where: the address; room: a folder on the disk that is written to.
    """
    import sqlite3

    try:
        yield
    except TrackingError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise _told(error, act, where, room) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("mlflow", "sqlalchemy", "requests", "urllib3", "alembic"):
            raise
        raise _told(error, act, where, room) from error


def _told(error: Exception, act: str, where: str, room: Path) -> TrackingError:
    text = (" ".join(str(error).split("(Background on this error")[0].split()) or type(error).__name__)[:400]
    if getattr(error, "errno", None) in FULL or "disk is full" in text:
        return TrackingError(
            f"{room}: no room left on the disk ({_free(room)} free) while {act} at {where}; make room first"
        )
    if isinstance(error, PermissionError):
        return TrackingError(f"{error.filename or room}: may not be written while {act}; check its owner and rights")
    if "out-of-date database schema" in text:
        return TrackingError(
            f"{where}: written by another version of MLflow; copy it for safety, then run `mlflow db upgrade {where}`"
        )
    return TrackingError(f"{where}: MLflow failed while {act}: {text}")


def _free(folder: Path) -> str:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return f"{shutil.disk_usage(folder).free / 1e6:.1f} MB"
