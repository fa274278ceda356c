"""Without policies the firms may grow for two hundred years, but not drift apart, run away or come to nothing."""

from functools import cache

import numpy as np
import pytest

from ecosim.door.build import build_region
from ecosim.door.compose import compose
from ecosim.facts import reallocation, sizes
from ecosim.facts.history import synthesized
from ecosim.facts.suite import means
from ecosim.model.luck import Key

pytestmark = pytest.mark.slow

YEARS, EVERY = 200, 20
START = 1_000


@cache
def two_centuries():
    """A row for every twenty years from the sixtieth on, when the first population is forgotten."""
    settings = compose(["study=stylised_facts"]).settings
    behaviors = means(settings.behaviors)
    model = synthesized(build_region(settings.region), START, behaviors, {}, Key(2017, 0), 0)
    rows = []
    for quarter in range(1, 4 * YEARS + 1):
        model.step()
        if quarter % (4 * EVERY) == 0 and quarter >= 240:
            columns, here = model.firms.columns, model.firms.rows
            people, ln = np.exp(columns.log_employees[here]), columns.log_productivity[here]
            rows.append(
                {
                    "firms": here.size / model.reference,
                    "productivity": ln.mean() - behaviors.productivity.trend * quarter,
                    "lead": np.average(ln, weights=people) - ln.mean(),
                    "gap": reallocation.gap_within(ln, columns.sector[here]),
                    "tail": sizes.hill(columns.log_employees[here]),
                    "median": np.median(people),
                    "performers": columns.performs[here].mean(),
                    "research": columns.research[here].sum() * 4 / (people * np.exp(ln)).sum(),
                }
            )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize(
    ("series", "lowest", "highest"),
    [
        ("firms", 0.8, 1.3),  # of the number that the place carries
        ("lead", 0.1, 0.7),  # log points of larger firms over the mean firm
        ("gap", 1.2, 1.7),
        ("tail", 0.85, 1.25),
        ("median", 6.0, 16.0),
        ("performers", 0.25, 0.45),
        ("research", 0.005, 0.05),  # of sales
    ],
)
def test_the_firms_stay_within_bounds(series, lowest, highest):
    values = two_centuries()[series]
    assert lowest <= values.min()
    assert values.max() <= highest


def test_productivity_follows_its_trend_within_a_quarter_of_a_percent_a_year():
    path = two_centuries()["productivity"]
    assert abs(path[-1] - path[0]) / (YEARS - 60) < 0.0025


def test_nothing_accelerates():
    """No series moves faster in the last seventy years than what it moved in the seventy before, plus its noise."""
    for name, values in two_centuries().items():
        half = values.size // 2
        earlier, later = values[half] - values[0], values[-1] - values[half]
        noise = 2 * np.abs(np.diff(values)).std() + 0.1 * np.abs(values).mean()
        assert abs(later) <= abs(earlier) + noise, name
