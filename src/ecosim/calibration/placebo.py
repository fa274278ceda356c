"""Lead placebos: does next year's fiscal science spending predict a count as well as last year's?"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ecosim.calibration.equations import LAST_YEAR, NEXT_YEAR, Equation, Fit, enough, fit_equation, panel_rows

SPENDING = "fiscal_science_spending"
COLUMNS = ("equation", "sample", "timing", "beside", "estimate", "std_error", "n", "flag")
SIGNIFICANT = 1.645  # two-sided 10 %, normal


def lead_placebos(
    counts: pd.DataFrame, equation: Equation, locations: Iterable[str] | None = None, rows: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Coefficients of spending by timing: last year's on all rows, then both on the rows that have both.

    Next year's spending cannot cause this year's count. Where it predicts, the coefficient of last year's is reaction
    or common trend, not an effect, and `flag` says so. Returns COLUMNS; empty where the equation has no spending term
    or the common rows are too few. rows: those of the equation itself, if they are already there.
    """
    if SPENDING not in equation.terms:
        return pd.DataFrame(columns=list(COLUMNS))
    own = panel_rows(counts, equation, locations) if rows is None else rows
    both = equation._replace(leads=(SPENDING,))
    common = panel_rows(counts, both, locations)
    if not enough(common) or not enough(own):
        return pd.DataFrame(columns=list(COLUMNS))
    others = tuple(term for term in equation.terms if term != SPENDING)
    lead_only = both._replace(terms=others)
    fits = [
        ("all", LAST_YEAR, "alone", fit_equation(own, equation)),
        ("common", LAST_YEAR, "alone", fit_equation(common, equation)),
        ("common", NEXT_YEAR, "alone", fit_equation(common, lead_only)),
    ]
    joint = fit_equation(common, both)
    fits += [("common", LAST_YEAR, "both", joint), ("common", NEXT_YEAR, "both", joint)]
    found = [_row(equation.name, *fit) for fit in fits]
    flag = _flag(found)
    return pd.DataFrame([row | {"flag": flag} for row in found], columns=list(COLUMNS))


def _row(equation: str, sample: str, timing: str, beside: str, fit: Fit) -> dict[str, object]:
    place = fit.terms.index(f"{SPENDING} {timing}")
    return {
        "equation": equation,
        "sample": sample,
        "timing": timing,
        "beside": beside,
        "estimate": float(fit.estimate[place]),
        "std_error": float(np.sqrt(fit.covariance[place, place])),
        "n": fit.rows,
    }


def _flag(found: list[dict[str, object]]) -> str:
    """What the common sample says."""
    alone = {row["timing"]: row for row in found if row["sample"] == "common" and row["beside"] == "alone"}
    ratio = {timing: abs(float(str(row["estimate"])) / float(str(row["std_error"]))) for timing, row in alone.items()}
    if ratio[NEXT_YEAR] >= SIGNIFICANT:
        both = ratio[LAST_YEAR] >= SIGNIFICANT
        which = "both years' spending predicts" if both else "next year's spending predicts, last year's does not"
        return f"fails: {which}; no effect can be read off"
    if ratio[LAST_YEAR] < SIGNIFICANT:
        return "neither year's spending predicts on the rows that have both"
    return "last year's predicts, next year's does not; that alone does not identify an effect"
