"""The ledger of scored forecasts: one entry a line, each with the hash of the one before, so that an edit shows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecosim.data.errors import UserError
from ecosim.data.writing import write_whole

FIRST = "0" * 64  # what the first entry names as the one before
WAIT = 60  # seconds for another process that is writing


class LedgerError(UserError, ValueError):
    """A ledger that was edited, cut or is none; nothing is added to it."""


@dataclass(frozen=True)
class Ledger:
    """A ledger that holds. entries: oldest first; head: hash of the last one, FIRST where there is none."""

    path: Path
    entries: tuple[dict[str, Any], ...]
    head: str


def verify(path: Path) -> Ledger:
    """Reads a ledger and checks its chain; a file that is not there is an empty ledger.

    Every entry must have its number, the hash of the entry before and the right hash of itself, and the entry that
    <name>.head names must be there: an edit, an entry taken out, two exchanged and a cut end all show. Somebody who
    writes the whole chain and the head anew is found out only by a hash that was noted elsewhere. Raises LedgerError.
    """
    if not path.exists():
        if head_of(path).exists():
            raise LedgerError(f"{path}: missing, but {head_of(path).name} is there; bring the ledger back from a copy")
        return Ledger(path, (), FIRST)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"{path}: cannot be read ({error}); bring it back from a copy, or begin another with study.ledger="
        ) from None
    entries: list[dict[str, Any]] = []
    before = FIRST
    for number, line in enumerate(lines, start=1):
        entry = _entry(path, number, line)
        if entry.get("number") != number or entry.get("previous") != before:
            raise _broken(path, number, "does not follow the one before it")
        if entry.get("hash") != digest(entry):
            raise _broken(path, number, "was changed after it was written")
        entries.append(entry)
        before = entry["hash"]
    _check_head(path, entries)
    return Ledger(path, tuple(entries), before)


def _entry(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        raise _broken(path, number, "is no JSON") from None
    if not isinstance(entry, dict):
        raise _broken(path, number, "is no entry")
    return entry


def _broken(path: Path, number: int, what: str) -> LedgerError:
    return LedgerError(
        f"{path}: entry {number} {what}, so the ledger cannot be trusted from there on and nothing is added; bring it "
        "back from a copy, or begin another with study.ledger="
    )


def _check_head(path: Path, entries: list[dict[str, Any]]) -> None:
    """Raises LedgerError where the entry that the head names is not there: the end was cut off, or the head is gone."""
    try:
        number, _, known = head_of(path).read_text(encoding="utf-8").strip().partition(" ")
    except FileNotFoundError:
        if entries:
            raise LedgerError(
                f"{head_of(path)}: missing, so nobody can tell whether the end of {path.name} was cut off; bring it "
                "back from a copy"
            ) from None
        return
    at = int(number) if number.isdigit() else 0
    if not 1 <= at <= len(entries) or entries[at - 1]["hash"] != known:
        raise LedgerError(
            f"{path}: has {len(entries)} entries, and entry {number} with hash {known[:12]} that {head_of(path).name} "
            "names is not among them: the end was cut off; bring the ledger back from a copy"
        )


def head_of(path: Path) -> Path:
    """The file beside a ledger with number and hash of its last entry."""
    return path.with_name(f"{path.name}.head")


def digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry without its own hash, in one spelling of JSON (sorted keys, no spaces)."""
    plain = {key: value for key, value in entry.items() if key != "hash"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def append(path: Path, content: Mapping[str, Any]) -> tuple[Ledger, int, bool]:
    """Adds an entry, unless one with the same bundle and counts is there.

    content: what is recorded, with `bundle` and `counts` (hashes). Returns the ledger, the entry's number and whether
    it is new. Raises LedgerError where the ledger does not hold: then nothing is written.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT):
            known = verify(path)
            for entry in known.entries:
                if (entry["bundle"], entry["counts"]) == (content["bundle"], content["counts"]):
                    return known, int(entry["number"]), False
            return _write(known, content)
    except Timeout:
        raise LedgerError(f"{path}: held by another process for {WAIT} s; end that one and score again") from None


def _write(known: Ledger, content: Mapping[str, Any]) -> tuple[Ledger, int, bool]:
    number = len(known.entries) + 1
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"number": number, "previous": known.head, "recorded": moment, **content}
    entry["hash"] = digest(entry)
    entries = (*known.entries, entry)
    lines = [json.dumps(each, ensure_ascii=False, allow_nan=False) + "\n" for each in entries]
    write_whole(known.path, lambda part: part.write_text("".join(lines), encoding="utf-8", newline="\n"))
    head = f"{number} {entry['hash']}\n"
    write_whole(head_of(known.path), lambda part: part.write_text(head, encoding="utf-8", newline="\n"))
    return Ledger(known.path, entries, entry["hash"]), number, True
