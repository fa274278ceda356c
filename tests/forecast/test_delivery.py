"""Members differ in what a package delivers; scenarios of one member do not, and law is law."""

import numpy as np
import pytest

from ecosim.forecast.delivery import delivered, factor, scaled
from ecosim.policies import shelf

ROWS = {
    "award": {
        "family": "award",
        "rung": "high_tech",
        "amount": {"2017": 20, "2019": 30},
        "budget": 100,
        "source": "test",
    },
    "visits": {"family": "discovery_visits", "capacity": 60, "cost": 0.2, "source": "test"},
    "grant": {"family": "research_subsidy", "rate": 3, "source": "test"},
    "reduced": {"family": "reduced_tax", "rate": 15, "source": "test"},
    "law": {"family": "super_deduction", "rate": 75, "source": "test"},
}


@pytest.fixture
def package():
    return {name: row.policy for name, row in shelf.build(ROWS).items()}


def test_factors_are_lognormal_with_mean_one_and_the_stated_deviation():
    logs = np.log([factor(2017, member, "award", 0.5) for member in range(4000)])
    assert abs(logs.mean() + 0.125) < 4 * 0.5 / np.sqrt(logs.size)
    assert abs(np.exp(logs).mean() - 1.0) < 4 * 0.53 / np.sqrt(logs.size)
    assert logs.std() == pytest.approx(0.5, rel=0.05)  # 4.5 standard errors


def test_half_of_the_variance_is_common_to_the_package():
    pairs = np.array([[np.log(factor(1, member, name, 0.5)) for name in ("a", "b")] for member in range(4000)])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.5, abs=0.05)  # 4.2 standard errors


def test_doses_are_scaled_and_dates_costs_and_classes_are_not(package):
    twice = scaled(package["award"], 2.0)
    assert [step for _, step in twice.amount] == [40, 60]
    assert [when for when, _ in twice.amount] == [when for when, _ in package["award"].amount]
    assert twice.budget.largest == 200
    assert twice.rung == "high_tech"
    assert [step for _, step in package["award"].amount] == [20, 30]
    visits = scaled(package["visits"], 0.5)
    assert (visits.capacity.largest, visits.cost) == (30, 0.2)


def test_a_share_of_a_whole_stops_at_a_hundred_percent(package):
    assert scaled(package["grant"], 50.0).rate.largest == 100.0


def test_a_tax_rate_of_a_package_is_no_dose_for_a_higher_one_gives_less(package):
    assert scaled(package["reduced"], 2.0).rate.largest == 15


def test_the_baseline_is_law_and_scenarios_share_their_factors(package):
    law = {"law": package["law"]}
    whole = delivered(package, law, 7, 3, 0.5)
    part = delivered({"visits": package["visits"], **law}, law, 7, 3, 0.5)
    assert whole["law"] is package["law"]
    assert part["visits"] == whole["visits"] != package["visits"]
    assert delivered(package, law, 7, 4, 0.5)["visits"] != whole["visits"]
    assert delivered(package, law, 7, 3, 0.0) == package


def test_every_line_of_the_founding_package_that_acts_has_a_dose(package_rows):
    rows = shelf.build(package_rows)
    counted = {"foreign_projects", "cost_gap"}  # counts of the article, and a gap in costs
    still = {name for name, row in rows.items() if scaled(row.policy, 2.0) == row.policy}
    assert still <= counted
