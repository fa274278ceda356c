"""The survey against plain numpy, exact sums, and sectors where nobody is."""

import numpy as np
import pytest

from ecosim.model.firms import HIGH_TECH
from ecosim.model.region import FOREIGN_FROM, HIGH_TECH_SECTORS, SECTORS, Region, RegionError


def test_the_survey_counts_what_numpy_counts(make_model, quick):
    model = make_model(500, behaviors=quick)
    for _ in range(8):
        model.step()
    firms = {name: getattr(model.firms.columns, name)[model.firms.rows] for name in model.firms.columns._fields}
    shown = dict(zip(model.observed_names, model.observe(), strict=True))
    sales = np.exp(firms["log_employees"] + firms["log_productivity"])
    high = np.isin(firms["sector"], [SECTORS.index(name) for name in HIGH_TECH_SECTORS])
    expected = {
        "firms": len(model.firms),
        "rd_performers": firms["performs"].sum(),
        "rd_personnel": firms["staff"].sum(),
        "patents_applied": firms["filed"].sum(),
        "inventions_applied": firms["inventions_filed"].sum(),
        "patents_granted": firms["granted"].sum(),
        "inventions_granted": firms["inventions_granted"].sum(),
        "tech_sme_stock": np.sum(firms["certificate"] > 0),
        "hnte_stock": np.sum(firms["certificate"] == HIGH_TECH),
        "hnte_foreign_stock": np.sum((firms["certificate"] == HIGH_TECH) & (firms["ownership"] >= FOREIGN_FROM)),
        "hightech_firms": np.sum(high & (sales >= 2000)),
        "aware_firms": np.sum(firms["aware"] & 1),
        "constrained_firms": firms["constrained"].sum(),
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["sales"] == pytest.approx(sales.sum(), rel=1e-6)
    assert shown["employment"] == pytest.approx(np.exp(firms["log_employees"]).sum(), rel=1e-4)
    assert shown["rd_expenditure"] == pytest.approx(firms["research"].sum(), rel=1e-3)
    assert shown["rd_reported"] >= shown["rd_expenditure"]


def test_the_survey_describes_sectors_as_numpy_does(make_model):
    model = make_model(500)
    columns, rows = model.firms.columns, model.firms.rows
    for sector in (0, 3, 4):
        here = rows[columns.sector[rows] == sector]
        assert model.survey.mean_productivity[sector] == pytest.approx(columns.log_productivity[here].mean(), abs=1e-5)
        assert model.survey.mean_change[sector] == pytest.approx(columns.productivity_change[here].mean(), abs=1e-5)


def test_an_arrival_in_an_empty_sector_is_as_productive_as_the_region(center, make_model):
    shares = {**dict.fromkeys(SECTORS, 0.0), "garments": 0.996, "bio_food": 0.004}
    region = Region(name="Almost one trade", level="county", sectors=shares, ownership={"private": 1.0})
    behaviors = center._replace(entry=center.entry._replace(outside=3.0, productivity_spread=0.01))
    model = make_model(60, region=region, behaviors=behaviors)
    bio_food = SECTORS.index("bio_food")
    assert not np.any(model.agents.sector == bio_food)
    for _ in range(3):
        model.step()
    newcomers = model.agents.select(lambda firms: firms.sector == bio_food)
    assert len(newcomers) > 0
    assert newcomers.log_productivity.min() > model.survey.mean_productivity[SECTORS.index("garments")] - 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sectors": {"electronic": 1.0}}, "did you mean 'electronics'"),
        ({"sectors": {"electronics": 0.5}}, "sum to 0.5"),
        ({"ownership": {"private": 1.5, "state": -0.5}}, "never negative"),
        ({"level": "conty"}, "did you mean 'county'"),
        ({"zones": {"town": {"share": 0.5}}}, "zones' shares sum to 0.5"),
        ({"zones": {}}, "0 zones"),
        ({"name": "  "}, "not blank"),
    ],
)
def test_a_region_that_cannot_be_is_refused_with_the_way_out(change, message):
    good = {"name": "A", "level": "county", "sectors": {"electronics": 1.0}, "ownership": {"private": 1.0}}
    Region(**good)
    with pytest.raises(ValueError, match=message):
        Region(**{**good, **change})
    assert issubclass(RegionError, ValueError)
