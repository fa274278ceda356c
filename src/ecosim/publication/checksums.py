"""SHA256SUMS of a folder: written last, checked before anything in the folder is believed."""

import hashlib
from pathlib import Path

from ecosim.data.errors import UserError

NAME = "SHA256SUMS"


class ChecksumError(UserError, ValueError):
    """A bundle that is not as it was published, or no bundle."""


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files(folder: Path) -> list[str]:
    """Every file below a folder but SHA256SUMS, as paths with '/', sorted."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != NAME)


def write(folder: Path) -> str:
    """Writes SHA256SUMS, as `sha256sum -c` reads it, and returns its own SHA-256, which names the bundle."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in files(folder)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8", newline="\n")
    return sha256(folder / NAME)


def verify(folder: Path) -> str:
    """The SHA-256 of SHA256SUMS where every file is as it was published and none is missing or added.

    Raises ChecksumError naming the first files that are not.
    """
    sums = folder / NAME
    if not sums.is_file():
        raise ChecksumError(
            f"{folder}: holds no {NAME}, so it is no published bundle; give the folder that study=publish made"
        )
    published = _read(sums)
    present = set(files(folder))
    wrong = [
        f"{name} (changed)" for name, digest in published.items() if name in present and sha256(folder / name) != digest
    ]
    wrong += [f"{name} (missing)" for name in published if name not in present]
    wrong += [f"{name} (added)" for name in sorted(present - set(published))]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise ChecksumError(
            f"{folder}: not as it was published: {', '.join(wrong[:3])}{more}; take the bundle from where it was "
            "published, or publish the run again"
        )
    return sha256(sums)


def _read(sums: Path) -> dict[str, str]:
    published = {}
    for number, line in enumerate(sums.read_text(encoding="utf-8").splitlines(), start=1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64:
            raise ChecksumError(f"{sums}: line {number} is no checksum: {line[:80]!r}; take the bundle from its source")
        published[name] = digest
    return published
