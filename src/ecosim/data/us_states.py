"""Counts for 34 US states from 1978 to 2012: firms, firms founded and closed, people employed.

US Census Bureau, Business Dynamics Statistics, 2018 release; a work of the US government, in the public domain.
A firm with establishments in several states counts once in each. `births` is derived,
firms(t) - firms(t-1) + deaths(t): it holds firms that entered from another state; it begins in 1979.
The other states were not at hand.
"""

from functools import cache

import pandas as pd

from ecosim.data import panel, tables


def load() -> pd.DataFrame:
    """The carried counts of the states, in the counts schema (`panel.COLUMNS`); locations are postal codes."""
    return _load().copy()


@cache
def _load() -> pd.DataFrame:
    states = tables.read_numbers("us_states", "value")
    states["source"] = states["source"].map(tables.source_names())
    return states[list(panel.COLUMNS)]
