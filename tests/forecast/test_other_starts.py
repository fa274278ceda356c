"""Other origins, places and sizes of agents: whole ensembles that must start at the counts and grow as estimated."""

import numpy as np
import pytest

from ecosim.forecast.anchor import CLOSING_SHARE, PANEL_TARGETS
from ecosim.forecast.observation import log_growth
from ecosim.forecast.shifts import CHANNELS, GRANTED_OF, GROWTH_OF
from ecosim.model.ecosystem import OBSERVED

pytestmark = pytest.mark.slow


def at_origin(outlook, name):
    """A series at the origin in each member."""
    return np.array([run.start[OBSERVED.index(name)] for run in outlook.runs])


def test_pinghu_from_the_middle_of_2018_starts_with_half_a_year_of_new_tech_smes(make_job, look, pinghu, few_counts):
    outlook = look(make_job(region=pinghu, origin="2018-06", horizon=2019, members=16))
    counted = 358 + (79 - CLOSING_SHARE * 358) / 2  # at the end of 2017, and what half a year of 2017's adds
    assert np.abs(at_origin(outlook, "tech_sme_stock") - counted).max() < 1
    assert outlook.anchor.ladder.tech_sme_flow == 79
    quarterly = outlook.scenario.quarterly["tech_sme_stock"]
    assert quarterly.shape == (16, 6)
    assert counted - 20 < np.median(quarterly[:, 0]) < counted + 60
    assert outlook.scenario.yearly["tech_sme_stock"].shape == (16, 2)


@pytest.mark.parametrize("name", ["Tibet", "Qinghai", "Guangdong"])
def test_a_province_of_any_size_runs_and_starts_at_its_counts(make_job, make_region, look, all_counts, name):
    region = make_region("_province_base", name=name)
    job = make_job(region=region, package={}, counts=all_counts, origin="2022-12", horizon=2024, members=2, workers=2)
    outlook = look(job)
    stock = outlook.anchor.levels["hnte_stock"]
    weight = outlook.world.weight
    first = outlook.scenario.quarterly["hnte_stock"][:, 0]
    assert np.abs(np.log(first / stock.mean)).max() < 0.35
    assert outlook.anchor.firms / weight <= region.largest_sample
    for target, values in outlook.scenario.yearly.items():
        assert values.shape == (2, 2), target
        assert np.isfinite(values).all(), target
        assert (values >= 0).all(), target
        if target in outlook.anchor.levels:  # two years ahead nothing is a hundred times what it was
            assert values.max() < 100 * outlook.anchor.levels[target].mean, target


@pytest.fixture(scope="module")
def many(make_job, look):
    """The small county without a package, 160 members to 2019."""
    return look(make_job(package={}, members=160, horizon=2019, workers=2))


@pytest.mark.parametrize("target", sorted(set(CHANNELS.values())))
def test_the_median_grows_by_the_estimated_trend(many, target):
    grown = log_growth(many.world, many.runs, 3)[target]
    growth = many.anchor.growth[GROWTH_OF.get(target, target)]
    trend = np.array([growth.spread("Smallville", step)[0] for step in (1, 2, 3)])
    members = 4 * 1.2533 * grown.std(axis=0, ddof=1) / np.sqrt(len(grown))
    pilot = 4 * 1.2533 * grown.std(axis=0, ddof=1) / np.sqrt(32)  # the growth it was matched with is a median of few
    assert (np.abs(np.median(grown, axis=0) - trend) < np.hypot(members, pilot)).all()


@pytest.mark.parametrize("target", PANEL_TARGETS)
def test_counts_are_published_with_the_trend_and_the_spread_that_were_estimated(many, target):
    base = many.scaling.base[target] * many.scaling.factors[target]
    published = np.log(many.scenario.yearly[target] / base[:, None])
    growth, leader = many.anchor.growth[target], many.anchor.growth[GRANTED_OF.get(target, target)]
    trend = [leader.spread("Smallville", year)[0] for year in (1, 2, 3)]
    middle = 1.2533 * published.std(axis=0, ddof=1) / np.sqrt(len(published))
    assert (np.abs(np.median(published, axis=0) - trend) < 3 * middle).all()
    for year in range(3):
        own, theirs = (some.spread("Smallville", year + 1)[1] for some in (growth, leader))
        assert 0.75 * min(own, theirs) < published[:, year].std(ddof=1) < 1.3 * max(own, theirs), year


def test_one_agent_for_several_firms_forecasts_what_one_for_one_does(make_job, make_region, look):
    place = {"name": "Smallville", "inside": ["Zhejiang"], "firms": 4000}
    regions = [make_region(**place, largest_sample=most) for most in (20_000, 1000)]
    full, heavy = (look(make_job(region=region, members=80, workers=2)) for region in regions)
    assert (full.world.weight, heavy.world.weight) == (1, 4)
    for target in ("tech_sme_stock", "hnte_stock", "patents_applied", "rd_expenditure"):
        one, other = (np.log(outlook.scenario.yearly[target][:, 1]) for outlook in (full, heavy))
        error = np.hypot(one.std(ddof=1), other.std(ddof=1)) * np.sqrt(1 / 80 + 1 / 32)
        assert abs(np.median(one) - np.median(other)) < 3 * 1.2533 * error, target
        assert 0.5 < np.ptp(np.quantile(other, [0.05, 0.95])) / np.ptp(np.quantile(one, [0.05, 0.95])) < 2.0, target
