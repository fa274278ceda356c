"""Counts in the long schema as rows for an equation: one row per place and year, one column per target."""

from collections.abc import Iterable

import pandas as pd

from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.increments import BREAKS, melt, yearly_table
from ecosim.data.errors import nearest
from ecosim.data.targets import TARGETS

UNIT, TIME = "location", "year"


def is_counts(columns: Iterable[object]) -> bool:
    """Whether a table is in the counts schema rather than one row per observation."""
    return {"target", "value"} <= {str(column) for column in columns}


def rows_of(counts: pd.DataFrame, targets: Iterable[str]) -> pd.DataFrame:
    """Rows `location, year, <target> ...` of the targets, NaN where there is no figure; without the nation.

    Quarters and months make years as in `panel.series`. Figures of years in which a series breaks are left empty: no
    growth is taken into them. Raises EquationError naming a target that the counts do not have.
    """
    wanted = [target for target in dict.fromkeys(targets) if target not in (UNIT, TIME)]
    present = set(counts["target"])
    rows = pd.DataFrame(columns=[UNIT, TIME])
    for target in wanted:
        if target not in present:
            known = f"{target} is known, but has no figures here; " if target in TARGETS else ""
            raise EquationError(f"the counts have no target {target!r}; {known}{nearest(target, present)}")
        column = melt(yearly_table(counts, target), target)
        column = column[~column[TIME].isin(BREAKS.get(target, ()))]
        rows = rows.merge(column, on=[UNIT, TIME], how="outer") if len(rows.columns) > 2 else column
    return rows.sort_values([UNIT, TIME]).reset_index(drop=True)
