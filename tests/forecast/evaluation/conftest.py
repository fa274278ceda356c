"""Small tables of counts and plans."""

import numpy as np
import pandas as pd
import pytest

from ecosim.forecast.evaluation.race import Plan


@pytest.fixture(scope="session")
def make_counts():
    """make_counts(times, locations=('A', 'B'), targets=('firms', 'deaths'), seed=1): growing counts in the schema."""

    def make(times, locations=("A", "B"), targets=("firms", "deaths"), seed=1, unit="count"):
        luck = np.random.default_rng(seed)
        rows = []
        for location in locations:
            for target in targets:
                values = np.round(np.exp(6.0 + np.cumsum(0.03 + 0.08 * luck.standard_normal(len(times)))))
                rows += [(location, target, time, value) for time, value in zip(times, values, strict=True)]
        table = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
        return table.assign(unit=unit, as_of="", source="test")

    return make


@pytest.fixture(scope="session")
def years():
    return [str(year) for year in range(2000, 2021)]


@pytest.fixture(scope="session")
def make_plan():
    """make_plan(counts, **changes): quick methods, three horizons, four origins."""

    def make(counts, **changes):
        usual = {
            "locations": (), "targets": (), "models": ("last_value", "drift", "pooled", "ensemble"),
            "horizons": (1, 2, 3), "window": None, "origins": 4, "first": None, "last": None, "least_history": 6,
            "season": None, "samples": 200, "seed": 5, "breaks": {},
        }  # fmt: skip
        return Plan(counts=counts, **(usual | changes))

    return make
