"""Counts made by hand for the calibration tests."""

import pandas as pd

from ecosim.data.panel import COLUMNS


def table(rows, target, unit="count"):
    """Counts in the schema from (location, year, value)."""
    frame = pd.DataFrame(rows, columns=["location", "time", "value"])
    frame["time"] = frame["time"].astype(int).astype(str)
    return frame.assign(target=target, unit=unit, as_of="", source="test")[list(COLUMNS)]
