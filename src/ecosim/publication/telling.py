"""What a published report says beyond the run's own: scores on later counts, every assumption with its source."""

import numpy as np
import pandas as pd

from ecosim.data.panel import series
from ecosim.figures.quantiles import MEDIAN, by_time, interval
from ecosim.publication.recorded import Recorded

OURS = "ecosim"
LOW, HIGH = interval(0.9)


def scores_of(run: Recorded) -> pd.DataFrame | None:
    """Yearly counts published after the origin beside the forecast and its references, in the columns of a hindcast.

    method, target, time, truth, median, low, high, wis. None where nothing was counted since.
    """
    later = run.table_or_none("later")
    if later is None:
        return None
    tables = {OURS: run.table("forecast")}
    references = run.table_or_none("references")
    if references is not None:
        tables |= {str(name).replace("_", " "): rows for name, rows in references.groupby("model", sort=False)}
    truth = yearly(later, str(tables[OURS]["location"].iloc[0]))
    rows = []
    for method, table in tables.items():
        for target in (name for name in truth if (table["target"] == name).any()):
            spread = by_time(table, target, (MEDIAN, LOW, HIGH))
            for time in (time for time in spread.index if time in truth[target]):
                rows.append((method, target, time, truth[target][time], *_marks(spread.loc[time], truth[target][time])))
    columns = ["method", "target", "time", "truth", "median", "low", "high", "wis"]
    return pd.DataFrame(rows, columns=columns) if rows else None


def yearly(counts: pd.DataFrame, location: str) -> dict[str, dict[str, float]]:
    """The complete years of a place: {target: {'2018': value}}."""
    from ecosim.data.checks import CountsError

    found: dict[str, dict[str, float]] = {}
    for target in dict.fromkeys(counts.loc[counts["location"] == location, "target"]):
        try:
            values = series(counts, location, target)
        except CountsError:  # parts of a year of something that is neither stock nor flow make no year
            continue
        if len(values):
            found[target] = {str(year): float(value) for year, value in values.items()}
    return found


def _marks(row: pd.Series, truth: float) -> tuple[float, float, float, float]:
    from ecosim.forecast import scores

    levels = np.array([float(level) for level in row.index])
    wis = scores.wis(np.array([truth]), row.to_numpy(dtype=float)[None, :], levels)[0]
    return float(row[MEDIAN]), float(row[LOW]), float(row[HIGH]), float(wis)


def assumptions_of(run: Recorded) -> pd.DataFrame | None:
    """Every number that is an assumption: part, what, value, spread, source; None where the run recorded none."""
    frames = []
    coefficients = run.table_or_none("coefficients")
    if coefficients is not None and "kind" in coefficients:
        rows = coefficients[coefficients["kind"] == "assumption"]
        frames.append(_assumed(rows["equation"], rows["term"], rows["estimate"], rows["std_error"], rows["source"]))
    policies = run.table_or_none("policies")
    if policies is not None and {"label", "numbers", "source"} <= set(policies):
        rows = policies[policies["source"].astype(str).str.contains("assum", case=False)]
        frames.append(_assumed("policy: " + rows["label"].astype(str), rows["numbers"], None, None, rows["source"]))
    basis = run.table_or_none("basis")
    if basis is not None:
        rows = basis[basis["basis"] == "assumption"]
        what = "at " + rows["time"].astype(str)
        frames.append(_assumed("level: " + rows["target"].astype(str), what, rows["level"], None, rows["source"]))
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else None


def _assumed(
    part: pd.Series, what: pd.Series, value: pd.Series | None, spread: pd.Series | None, source: pd.Series
) -> pd.DataFrame:
    empty = pd.Series("", index=part.index, dtype=object)
    columns = {"part": part, "what": what, "value": value, "spread": spread, "source": source}
    return pd.DataFrame({name: empty if column is None else column.astype(object) for name, column in columns.items()})
