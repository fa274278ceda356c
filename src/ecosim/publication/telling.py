"""What a published report says beyond the run's own: every assumption with its source."""

import pandas as pd

from ecosim.publication.recorded import Recorded


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
