"""Whether a run made again is the recorded one, table by table to the last bit, and what was not the same around it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosim.publication.recorded import Recorded

IDENTICAL, DIFFERENT, MISSING, NEW = "identical", "different", "not made again", "not recorded"
BESIDE = {  # tables that rest on more than the run recorded, and why they may have changed
    "later": "counts published after the origin",
    "scores": "counts published after the origin",
    "identification": "a calibration kept beside the runs",
}
COLUMNS = ["table", "verdict", "rows", "values", "different", "largest_relative_difference", "where", "beside"]


def compare_folders(recorded: Path, again: Path) -> pd.DataFrame:
    """One row for each table of either folder (COLUMNS): verdict, and for tables that differ how much and where first.

    A CSV is identical where its bytes are, members.parquet where every value is, to the last bit. `rows` counts those
    of the recorded table, `values` its numbers, `different` those that are not the same. The largest relative
    difference is of numbers at the same place; empty where rows, columns or texts differ. `beside`: what a table rests
    on that the run did not record, so that it does not settle the verdict; empty for those that do.
    """
    names = sorted({path.name for folder in (recorded, again) for path in folder.glob("*.csv")} | {"members.parquet"})
    rows = []
    for name in names:
        there, made = (recorded / name).is_file(), (again / name).is_file()
        if there or made:
            row = _row(name, recorded / name, again / name) if there and made else _alone(name, there)
            rows.append((*row, BESIDE.get(Path(name).stem, "")))
    return pd.DataFrame(rows, columns=COLUMNS)


def _alone(name: str, recorded: bool) -> tuple[Any, ...]:
    return (name, MISSING if recorded else NEW, 0, 0, 0, np.nan, "")


def _row(name: str, recorded: Path, again: Path) -> tuple[Any, ...]:
    first, second = _read(recorded), _read(again)
    numbers = first.select_dtypes("number")
    same_bytes = name.endswith(".csv") and recorded.read_bytes() == again.read_bytes()
    if same_bytes or (name.endswith(".parquet") and _same_bits(first, second)):
        return (name, IDENTICAL, len(first), int(numbers.size), 0, 0.0, "")
    count, largest, where = _difference(first, second)
    return (name, DIFFERENT, len(first), int(numbers.size), count, largest, where)


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, keep_default_na=True)


def _same_bits(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    """Whether two tables hold the same values in the same places, numbers to the last bit."""
    if list(first.columns) != list(second.columns) or len(first) != len(second):
        return False
    for column in first.columns:
        one, other = first[column], second[column]
        if pd.api.types.is_float_dtype(one) and pd.api.types.is_float_dtype(other):
            bits = [values.to_numpy(dtype=np.float64).view(np.int64) for values in (one, other)]
            if not np.array_equal(bits[0], bits[1]):
                return False
        elif not one.equals(other):
            return False
    return True


def _difference(first: pd.DataFrame, second: pd.DataFrame) -> tuple[int, float, str]:
    """Values that differ, the largest relative difference of numbers, and the first place."""
    if list(first.columns) != list(second.columns):
        strange = sorted(set(map(str, first.columns)) ^ set(map(str, second.columns)))
        return 0, np.nan, f"columns: {', '.join(strange[:4]) or 'in another order'}"
    if len(first) != len(second):
        return 0, np.nan, f"{len(first)} rows recorded, {len(second)} made again"
    count, largest, where, texts = 0, 0.0, "", False
    for column in first.columns:
        one, other = first[column], second[column]
        numeric = pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other)
        unlike = ~((one == other) | (one.isna() & other.isna())) if numeric else one.astype(str) != other.astype(str)
        if not unlike.any():
            continue
        count += int(unlike.sum())
        at = int(np.flatnonzero(unlike.to_numpy())[0])
        where = where or f"row {at + 2}, {column}: {one.iloc[at]} recorded, {other.iloc[at]} made again"
        if not numeric:
            texts = True
            continue
        a, b = one[unlike].to_numpy(dtype=float), other[unlike].to_numpy(dtype=float)
        scale = np.maximum(np.abs(a), np.abs(b))
        relative = np.abs(a - b) / np.where(scale > 0, scale, 1.0)
        largest = float(np.nanmax([largest, *relative])) if np.isfinite(relative).any() else largest
    return count, np.nan if texts else largest, where or "spelling of the same values"


def surroundings(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What was not the same when the run was made again, one sentence each: code, data, packages, machine."""
    found = []
    for name, words in (("ecosim", "version of ecosim"), ("python", "Python"), ("platform", "system"),
                        ("processor", "processor")):  # fmt: skip
        if recorded.get(name) != now.get(name):
            found.append(f"{words}: {recorded.get(name)} recorded, {now.get(name)} now")
    before, after = (_commit(each.get("git") or {}) for each in (recorded, now))
    if before != after:
        found.append(f"code: commit {before} recorded, {after} now")
    if "local changes" in before:
        found.append(f"code: the run was made with changes that its commit {before} does not hold")
    packages, present = (dict(each.get("packages") or {}) for each in (recorded, now))
    for name in sorted({*packages, *present}):
        if packages.get(name) != present.get(name):
            found.append(f"package {name}: {packages.get(name)} recorded, {present.get(name)} now")
    for name, words in (("data_hash", "counts known at the origin"), ("config_hash", "settings")):
        if recorded.get(name) != now.get(name):
            found.append(f"{words}: hash {str(recorded.get(name))[:12]} recorded, {str(now.get(name))[:12]} now")
    return found


def _commit(git: Mapping[str, Any]) -> str:
    commit = str(git.get("commit") or "of no checkout")[:12]
    return f"{commit} with local changes" if git.get("dirty") else commit


def verdict(run: Recorded, table: pd.DataFrame, around: list[str]) -> tuple[bool, list[str]]:
    """Whether the forecast is the recorded one to the last bit, and the sentences that say so.

    Tables that rest on counts which came after the origin, or on a calibration beside the run, do not settle it.
    """
    beside = table["beside"] != ""
    tested = table[~beside]
    same = bool((tested["verdict"] == IDENTICAL).all())
    total = len(tested)
    names = ", ".join(table.loc[beside, "table"])
    which = f"all {total} tables that settle it (not {names})" if names else f"all {total} tables"
    if same:
        text = [f"Bit-identical: {which} of run {run.run} came out the same to the last bit."]
    else:
        unlike = tested[tested["verdict"] != IDENTICAL]
        names = ", ".join(f"{row['table']} ({row['verdict']})" for row in unlike.head(6).to_dict("records"))
        text = [f"Not bit-identical: of {total} tables of run {run.run}, {len(unlike)} differ: {names}."]
    for name, found, rests in table.loc[beside, ["table", "verdict", "beside"]].itertuples(index=False):
        is_so = "the same too" if found == IDENTICAL else "not the same"
        text.append(f"{name} is {is_so}, and does not settle the verdict: it rests on {rests}.")
    text += [f"Not the same as then: {sentence}." for sentence in around]
    if not same and not around:
        text.append(
            "Code, counts, packages and machine are those of the record, so something settles numbers unrecorded."
        )
    return same, text
