"""Nobody edits the ledger without it being noticed, and nothing is added to one that was edited."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosim.publication import ledger
from ecosim.publication.ledger import LedgerError


def filled(path: Path, entries: int = 3) -> Path:
    for number in range(entries):
        ledger.append(path, {"bundle": f"b{number}", "counts": "c", "cells": [{"wis": 1.5 * number, "name": "平湖"}]})
    return path


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def test_entries_follow_each_other_by_their_hashes(tmp_path: Path) -> None:
    found = ledger.verify(filled(tmp_path / "ledger.jsonl"))
    assert [entry["number"] for entry in found.entries] == [1, 2, 3]
    hashes = [entry["hash"] for entry in found.entries]
    assert [entry["previous"] for entry in found.entries] == [ledger.FIRST, *hashes[:-1]]
    assert found.head == hashes[-1]


def test_a_ledger_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert ledger.verify(tmp_path / "none.jsonl").entries == ()


def edit_value(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"wis": 1.5', '"wis": 0.5'), encoding="utf-8")


def edit_and_mend_own_hash(path: Path) -> None:
    lines = lines_of(path)
    entry = json.loads(lines[1])
    entry["cells"][0]["wis"] = 0.5
    lines[1] = json.dumps({**entry, "hash": ledger.digest(entry)}, ensure_ascii=False) + "\n"
    path.write_text("".join(lines), encoding="utf-8")


def rearranged(order: list[int]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        lines = lines_of(path)
        path.write_text("".join(lines[place] for place in order), encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (edit_value, "entry 2 was changed after it was written"),
        (edit_and_mend_own_hash, "entry 3 does not follow the one before"),
        (rearranged([0, 2]), "entry 2 does not follow"),
        (rearranged([1, 0, 2]), "entry 1 does not follow"),
        (rearranged([0, 1]), "the end was cut off"),
        (rearranged([]), "the end was cut off"),
        (lambda path: path.unlink(), "missing, but ledger.jsonl.head is there"),
        (lambda path: ledger.head_of(path).unlink(), "nobody can tell whether the end"),
        (lambda path: path.write_text("{"), "entry 1 is no JSON"),
        (lambda path: path.write_bytes(b"\xff\xfe"), r"cannot be read .*; bring it back from a copy, or begin another"),
    ],
)
def test_every_edit_shows_and_nothing_is_added_then(tmp_path: Path, spoil: Callable[[Path], None], told: str) -> None:
    path = filled(tmp_path / "ledger.jsonl")
    spoil(path)
    before = path.read_bytes() if path.exists() else b""
    for act in (ledger.verify, lambda file: ledger.append(file, {"bundle": "new", "counts": "c", "cells": []})):
        with pytest.raises(LedgerError, match=told):
            act(path)
    assert (path.read_bytes() if path.exists() else b"") == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
def test_no_single_byte_can_be_another(tmp_path: Path, at: int, byte: int) -> None:
    path = tmp_path / "ledger.jsonl"
    if not path.exists():
        filled(path)
        (tmp_path / "whole").write_bytes(path.read_bytes())
    content = bytearray((tmp_path / "whole").read_bytes())
    at %= len(content)
    same = content[at] == byte
    content[at] = byte
    path.write_bytes(bytes(content))
    try:
        found = ledger.verify(path)
    except LedgerError:
        assert not same
    else:  # only white space between the words of JSON may change
        whole = [json.loads(line) for line in (tmp_path / "whole").read_text(encoding="utf-8").splitlines()]
        assert list(found.entries) == whole


def test_the_same_bundle_on_the_same_counts_is_there_once(tmp_path: Path) -> None:
    path = filled(tmp_path / "ledger.jsonl", 2)
    found, number, fresh = ledger.append(path, {"bundle": "b0", "counts": "c", "cells": []})
    assert (number, fresh, len(found.entries)) == (1, False, 2)
    _, number, fresh = ledger.append(path, {"bundle": "b0", "counts": "revised", "cells": []})
    assert (number, fresh) == (3, True)


def test_an_entry_written_before_the_process_died_is_not_lost(tmp_path: Path) -> None:
    path = filled(tmp_path / "ledger.jsonl", 2)
    head = ledger.head_of(path).read_text(encoding="utf-8")
    filled_again = ledger.append(path, {"bundle": "b9", "counts": "c", "cells": []})[0]
    ledger.head_of(path).write_text(head, encoding="utf-8")  # the head was not yet moved on
    assert ledger.verify(path).entries == filled_again.entries
