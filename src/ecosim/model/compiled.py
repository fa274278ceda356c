"""How rules are compiled: strict IEEE arithmetic, no interpreter lock, kept on disk under a fingerprint of the source.

Numba (https://numba.pydata.org) looks only at a function's own file when it decides whether its cache is fresh; a rule
inlined from another file would go stale unseen. So the cache folder carries the hash of every rule.
"""

import getpass
import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba import njit

UNUSED = 60 * 86_400.0  # seconds after which what another version compiled is forgotten


def fingerprint() -> str:
    """Hash of all source files of the model and the behaviors, and of the tables that are compiled into them."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in ("model", "behaviors"):
        for path in sorted(file for file in (package / folder).iterdir() if file.suffix in (".py", ".csv")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def folder() -> Path:
    """Where compiled loops are kept."""
    return FOLDER


def forget_unused() -> None:
    """Remove what versions compiled that have not been started for two months, from the cache that they share."""
    mine = folder()
    if mine.name != fingerprint():  # a folder that the user named, or one for this process alone
        return
    for old in mine.parent.iterdir():
        with suppress(OSError):  # another process removes it
            if re.fullmatch("[0-9a-f]{16}", old.name) and old != mine and time.time() - old.stat().st_mtime > UNUSED:
                shutil.rmtree(old, ignore_errors=True)


def _usable() -> Path:
    """The user's cache, or where home cannot be written to, as on many a cluster, a folder for temporary files."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecosim" / fingerprint()
    if _writable(kept):
        return kept
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    shared = Path(tempfile.gettempdir()) / f"ecosim-{user}"
    if _writable(shared) and _private(shared):
        return shared / fingerprint()
    os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="ecosim-")  # for the workers too
    return Path(os.environ["NUMBA_CACHE_DIR"])


def _writable(place: Path) -> bool:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    with suppress(OSError):
        os.utime(place)  # it is in use, see `forget_unused`
    return os.access(place, os.W_OK)


def _private(place: Path) -> bool:
    """Whether nobody else can put code there, which would be loaded."""
    found = place.lstat()
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


if not os.environ.get("NUMBA_CACHE_DIR"):
    vars(numba.config)["CACHE_DIR"] = str(_usable())
FOLDER = Path(vars(numba.config)["CACHE_DIR"])  # numba forgets it where another of its settings changes later


host = llvmlite.binding.get_host_cpu_features()
if host.get("avx512f") and not vars(numba.config).get("CPU_FEATURES"):
    # LLVM prefers half of the vector width on these processors; the results are the same bits either way
    vars(numba.config)["CPU_FEATURES"] = host.flatten() + ",-prefer-256-bit"


class Apart(numba.core.compiler.Compiler):
    """Numba's compiler, told that no two arrays of a call overlap where one of them is written."""

    def define_pipelines(self) -> Any:
        """The passes of numba; LLVM gets `noalias` on every array."""
        self.state.flags.noalias = True
        return super().define_pipelines()


DISPATCHERS: list[Any] = []  # every loop that is kept on the disk, as far as its module has been imported


def kernel(function: Any) -> Any:
    """Compile a loop over firms: cached, without the interpreter lock, division as IEEE says.

    No two arrays of a call may overlap where one of them is written. It can make no array, and so counts no
    references, and is written into the kernels that call it: either would cost more than many a rule where fifty
    columns are handed on.
    """
    return _kept(function, nogil=True, pipeline_class=Apart, _nrt=False, forceinline=True)


def outer(function: Any) -> Any:
    """Compile as `kernel` what calls kernels and makes arrays for them."""
    return _kept(function, nogil=True, pipeline_class=Apart)


def brief(function: Any) -> Any:
    """Compile a loop of microseconds: it keeps the interpreter lock, which costs more to hand over; arrays may overlap.

    It can make no array, as `kernel`: each array of a call would be counted, and there are up to thirty.
    """
    return _kept(function, _nrt=False)


def apart(function: Any) -> Any:
    """Compile a loop of microseconds that may make arrays; those of a call do not overlap, as with `kernel`."""
    return _kept(function, pipeline_class=Apart)


def _kept(function: Any, **options: Any) -> Any:
    dispatcher = njit(cache=True, error_model="numpy", fastmath=False, **options)(function)
    DISPATCHERS.append(dispatcher)
    return dispatcher


def inlined(function: Any) -> Any:
    """Compile an expression that is written into the loop which uses it; also works on whole arrays."""
    return njit(inline="always", error_model="numpy", fastmath=False)(function)
