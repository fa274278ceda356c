"""Certifications are renewals plus first ones; the counts cannot tell the rate."""

import pytest

from ecosim.calibration.renewal import certification_flows, hindcast_certifications, renewal_profile
from ecosim.data.panel import CountsError, known_at


def test_renewals_and_first_certifications_add_up(carried):
    flows = certification_flows(carried, 0.75)
    assert set(flows["year"]) == {2021, 2022}
    assert len(flows) == 62
    assert (flows["renewals"] + flows["first"]).tolist() == pytest.approx(flows["certifications"].tolist())
    zhejiang = flows.set_index(["location", "year"]).loc[("Zhejiang", 2021)]
    assert zhejiang["first"] == 11514 - 0.75 * 5076


def test_every_renewal_rate_from_about_sixty_percent_up_is_as_likely(carried):
    profile = renewal_profile(carried)
    assert profile.points == 62
    assert profile.lowest == pytest.approx(0.6, abs=0.05)
    at = profile.table.set_index("rate")["log_likelihood"]
    assert at[0.6] == pytest.approx(-484.5, abs=0.3)
    assert at.max() - at[0.0] > 10


def test_with_firm_funded_research_as_exposure_the_best_rate_is_one(carried):
    assert renewal_profile(carried, "rd_firm_funded").best == 1.0


def test_growth_beats_cohorts_in_forecasting_certifications(carried):
    table = hindcast_certifications(carried, 2022).set_index("method")["mape"]
    assert table["last value"] == pytest.approx(21.2, abs=0.05)
    assert table["own log drift"] == pytest.approx(16.3, abs=0.05)
    assert table["last value x pooled growth"] == pytest.approx(14.5, abs=0.05)
    assert table["renewals at 0.75 + first certifications x pooled growth"] == pytest.approx(14.1, abs=0.2)


def test_without_a_cohort_there_is_no_profile(carried):
    with pytest.raises(CountsError, match="choose a later origin"):
        renewal_profile(known_at(carried, "2016-12"))


def test_a_renewal_rate_is_a_share(carried):
    with pytest.raises(CountsError, match=r"1\.2"):
        certification_flows(carried, 1.2)
