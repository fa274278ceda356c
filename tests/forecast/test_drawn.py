"""Members draw from a posterior: whole rows by weight, the same for any number of them, nothing from the future."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecosim.behaviors.decisions import SHELF
from ecosim.calibration.indirect import Matching
from ecosim.data.targets import in_words
from ecosim.forecast import drawn_told, identified, statements, tabulate
from ecosim.forecast.anchor import anchor
from ecosim.forecast.drawn import Drawn, member_drifts, settle, with_growth
from ecosim.forecast.ensemble import level_draws, member_behaviors, prepare, run_member
from ecosim.forecast.future import build_world, look_ahead
from ecosim.forecast.job import Clock

NAMES = ("certification.foreign", "discovery_visits", "drift.tech_sme", "start.hnte_stock", "origin.hnte_stock")
FEW = "Only 62 effective draws: no contraction below is reliable; give a larger study.population."


def silent(stage, done, total):
    """Progress that nobody sees."""


def make_drawn(origin="2016-12", level=3.7, spread=0.1):
    rows = np.array([
        [-0.30, 0.7, 0.10, 0.2, level - spread],
        [-0.20, -0.7, 0.12, 0.1, level],
        [-0.10, 0.0, 0.14, 0.0, level + spread],
    ])  # fmt: skip
    return Drawn(NAMES, rows, np.array([0.5, 0.3, 0.2]), origin, "earlier")


@pytest.fixture(scope="module")
def uncounted(make_job, make_region):
    """The small county in Jiaxing, without a count of its high-tech enterprises."""
    county = make_region(name="Smallville", inside=["Jiaxing", "Zhejiang"], firms=1200)
    job = make_job(region=county, origin="2016-12", horizon=2018)
    counts = job.counts[~((job.counts["location"] == job.region.name) & (job.counts["target"] == "hnte_stock"))]
    return replace(job, counts=counts)


def test_rows_are_drawn_whole_and_by_their_weights():
    drawn = make_drawn()
    some = [drawn.of(7, member) for member in range(2000)]
    pairs = {(row["certification.foreign"], row["discovery_visits"]) for row in some}
    assert pairs == {(-0.30, 0.7), (-0.20, -0.7), (-0.10, 0.0)}
    shares = [np.mean([row["certification.foreign"] == value for row in some]) for value in (-0.30, -0.20, -0.10)]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
    assert drawn.of(7, 3) == drawn.of(7, 3)
    assert drawn.pick(("discovery_visits",)).of(7, 3)["discovery_visits"] == drawn.of(7, 3)["discovery_visits"]


def test_nothing_is_taken_before_its_origin_and_levels_only_at_it(uncounted):
    place = uncounted.region.name
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    assert start.levels["hnte_stock"].basis != "observed"
    assert settle(make_drawn("2017-12"), start, place, "2016-12") is None
    assert "origin.hnte_stock" not in settle(make_drawn("2015-12"), start, place, "2016-12").names
    taken = settle(make_drawn(), start, place, "2016-12")
    assert taken.names[:2] == ("certification.foreign", "discovery_visits")
    assert "origin.hnte_stock" in taken.names
    assert "start.hnte_stock" not in taken.names  # of an earlier moment
    unsure = settle(make_drawn(spread=3.0), start, place, "2016-12")
    assert "origin.hnte_stock" not in unsure.names  # the forecast's own level is surer


def test_a_level_that_was_counted_is_not_drawn(make_job):
    job = make_job(origin="2016-12", horizon=2018)
    start = anchor(job.counts, job.region, "2016-12", 2)
    assert "origin.hnte_stock" not in settle(make_drawn(), start, job.region.name, "2016-12").names


def test_growth_of_the_place_is_the_posteriors_and_members_draw_their_own(uncounted):
    place = uncounted.region.name
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    taken = settle(make_drawn(), start, place, "2016-12")
    assert "drift.tech_sme" in taken.names  # sd 0.016 is surer than any county's own
    moved = with_growth(start, taken, place).growth["tech_sme_new"]
    assert moved.place(place)[:2] == pytest.approx(taken.moments("drift.tech_sme"))
    drifts = member_drifts(taken, "tech_sme", 5, 4)
    assert drifts.tolist() == [taken.of(5, member)["drift.tech_sme"] for member in range(4)]
    assert member_drifts(taken, "high_tech", 5, 4) is None
    assert moved.damped(drifts, 2)[:, 0] == pytest.approx(moved.damping[0] * drifts)


def test_growth_that_the_forecasts_own_counts_know_better_is_left_to_them(uncounted):
    place = uncounted.region.name
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    _, own, local = start.growth["tech_sme_new"].place(place)
    drawn, column = make_drawn(), NAMES.index("drift.tech_sme")
    for sd, taken in ((0.9 * own, True), (0.5 * (own + local), False)):
        values = drawn.values.copy()
        values[:, column] *= sd / drawn.moments("drift.tech_sme")[1]
        kept = settle(replace(drawn, values=values), start, place, "2016-12").names
        assert ("drift.tech_sme" in kept) == taken


@pytest.fixture(scope="module")
def worlds(uncounted, estimates):
    """The world of a forecast without and with a posterior."""
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    taken = settle(make_drawn(), start, uncounted.region.name, "2016-12")
    plain = build_world(uncounted, estimates, start, "2016-12", 2018, 4, silent)
    return plain, replace(plain, drawn=taken)


def test_only_what_the_posterior_names_differs_from_the_prior(worlds, estimates):
    plain, drawn = worlds
    first, second = (member_behaviors(estimates, world.drawn, world.seed, 1) for world in worlds)
    assert second.certification.foreign == drawn.known(1)["certification.foreign"]
    assert second._replace(certification=first.certification) == first
    assert second.certification._replace(foreign=first.certification.foreign) == first.certification
    assert set(SHELF) == set(first._fields)
    stock = plain.ladder.high_tech_stock
    assert level_draws(drawn, 1)[0] == pytest.approx(np.exp(drawn.known(1)["origin.hnte_stock"]) / stock)
    assert level_draws(drawn, 1)[1:] == level_draws(plain, 1)[1:]
    model, _ = prepare(drawn, 1)
    assert (model.firms.columns.certificate == 2).sum() == pytest.approx(
        np.exp(drawn.known(1)["origin.hnte_stock"]), abs=3
    )


def test_instruments_deliver_what_the_posterior_says(worlds, uncounted, monkeypatch):
    import ecosim.forecast.ensemble as ensemble

    _, drawn = worlds
    seen = []
    real = ensemble.delivered
    monkeypatch.setattr(ensemble, "delivered", lambda *given: seen.append(real(*given)) or seen[-1])
    run_member(drawn, [{name: row.policy for name, row in uncounted.policies.items()}], {}, 1, 2)
    written = uncounted.policies["discovery_visits"].policy.capacity.largest
    factor = np.exp(drawn.known(2)["discovery_visits"])
    assert seen[0]["discovery_visits"].capacity.largest == pytest.approx(factor * written)


def test_the_table_says_which_parameters_are_drawn_and_which_only_calibrated(worlds, uncounted, estimates):
    _, drawn = worlds
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    names = ["certification.foreign", "start.hnte_stock"]
    known = pd.DataFrame({"parameter": names, "prior_sd": 0.3, "posterior_sd": 0.2, "contraction": 1 / 3,
                          "verdict": "narrower"})  # fmt: skip
    outlook = SimpleNamespace(world=drawn, anchor=start)
    calibrated = identified.Calibrated(known, (), "run earlier")
    table = identified.table(estimates, Matching(None, ""), outlook, calibrated).set_index("parameter")["basis"]
    assert table["certification.foreign"] == table["level: hnte_stock"] == identified.POSTERIOR
    assert table["start.hnte_stock"] == identified.SIMULATION
    assert table["exit.mature"] == identified.REGRESSIONS


def test_what_the_data_tell_is_the_share_of_the_priors_deviation_that_they_take_away(worlds, uncounted, estimates):
    start = anchor(uncounted.counts, uncounted.region, "2016-12", 2)
    outlook = SimpleNamespace(world=worlds[0], anchor=start)
    matched = SimpleNamespace(coefficient="innovation.log_knowledge", sd=0.045)  # of 0.06 before
    table = identified.table(estimates, Matching(matched, ""), outlook, None).set_index("parameter")
    assert table.loc["innovation.log_knowledge", "contraction"] == pytest.approx(0.25)
    assert table.loc["exit.mature", "contraction"] == 0.0
    assert table.loc["level: tech_sme_stock", "contraction"] == 1.0  # counted
    assert table.loc["level: hnte_stock", "contraction"] == 0.0  # from shares alone


def test_what_is_drawn_and_what_stays_a_prior_is_said(worlds):
    _, drawn = worlds
    words = drawn_told.members(make_drawn(), drawn.drawn)
    assert words.startswith(
        "Members draw 3 parameters together from the weighted posterior of run earlier, origin 2016-12"
    )
    assert "the levels at the origin of hnte_stock" in words
    assert "Not taken, because the forecast's own counts are surer or later: start.hnte_stock" in words
    assert "All other parameters are drawn from their priors" in words
    names = ["certification.foreign", "discovery_visits", "start.hnte_stock"]
    known = pd.DataFrame({"parameter": names, "verdict": ["narrower", identified.NOT_IDENTIFIED, "narrower"]})
    effects = drawn_told.effects(drawn.drawn, known)
    assert "(what 1 instrument delivers, 1 coefficient)" in effects
    assert "narrowed only certification.foreign of these, so they cannot tell the instruments apart." in effects
    assert "apart, but for discovery_visits." in drawn_told.effects(drawn.drawn, known.assign(verdict="narrower"))
    none = drawn_told.effects(drawn.drawn, known.assign(verdict=identified.NOT_IDENTIFIED))
    assert "narrowed none of these" in none
    delivered = drawn_told.delivery(drawn.drawn)
    assert delivered.startswith("; but what is delivered of discovery_visits is drawn from the posterior, each in nine")
    assert "within 0.5 to 2 times" in delivered


def test_what_a_calibration_owns_up_to_comes_before_what_its_data_tell():
    calibrated = identified.Calibrated(pd.DataFrame(), (FEW,), "")
    found = pd.DataFrame({"parameter": ["start.hnte_stock"], "verdict": ["narrower"]})
    words = identified.sentences(found, calibrated)
    assert words[0] == FEW
    assert "the data tell something of start.hnte_stock" in words[1]
    assert "draws from the priors" in words[1]
    assert FEW not in identified.sentences(found, calibrated, make_drawn())  # it stands beside what is drawn


@pytest.fixture(scope="module")
def from_posterior(uncounted, estimates):
    """The small county's futures from a posterior that holds its level of high-tech enterprises."""
    return look_ahead(replace(uncounted, posterior=make_drawn()), estimates, "2016-12", 2017, 3, silent, Clock())


@pytest.mark.slow
def test_the_basis_holds_the_level_at_which_members_start_and_names_the_run_of_the_posterior(from_posterior):
    yearly = from_posterior.scenario.yearly
    starts = 100 * yearly["hnte_stock"][:, 0] / yearly["hnte_stock_index"][:, 0]
    basis = tabulate.basis(from_posterior).set_index("target")
    stock, certified, first = (basis.loc[name] for name in ("hnte_stock", "hnte_certifications", "tech_sme_stock"))
    assert stock["level"] == pytest.approx(np.median(starts))
    assert stock["level"] != pytest.approx(from_posterior.anchor.levels["hnte_stock"].mean, rel=0.01)
    assert stock["basis"] == certified["basis"] == "posterior"
    assert stock["source"].startswith("median of members: drawn from the posterior of run earlier, origin 2016-12")
    assert "in place of" in stock["source"]
    assert "follows hnte_stock" in certified["source"]
    assert certified["level"] == pytest.approx(np.median(
        [from_posterior.world.ladder.scaled(*level_draws(from_posterior.world, m)).cohorts[0] for m in range(3)]
    ))  # fmt: skip
    assert first["basis"] != "posterior"


@pytest.mark.slow
def test_with_a_posterior_what_is_drawn_comes_first_and_nothing_calls_all_effects_priors(uncounted, from_posterior):
    told = pd.DataFrame({"parameter": ["discovery_visits"], "verdict": [identified.NOT_IDENTIFIED]})
    job = replace(
        uncounted, posterior=make_drawn(), calibrated=identified.Calibrated(told, ("Simulated.", FEW), "run earlier")
    )
    nothing = pd.DataFrame(columns=["equation", "beside", "sample", "timing"])
    basis = tabulate.basis(from_posterior)
    words = statements.write(job, from_posterior, SimpleNamespace(placebos=nothing), basis, basis.iloc[:0], None)
    assert words[0].startswith("Members draw 3 parameters together from the weighted posterior of run earlier")
    assert words[1] == FEW
    whole = " ".join(words)
    assert "a policy effect here is a prior effect" not in whole
    assert "its interval is that of the priors" not in whole
    assert "policy effects are priors in any case" not in whole
    assert "what is delivered of discovery_visits is drawn from the posterior" in whole
    (assumed,) = [line for line in words if line.startswith("The level is an assumption")]
    assert in_words("hnte_stock") not in assumed


@pytest.mark.slow
def test_a_forecast_from_a_posterior_is_the_same_for_any_number_of_members_and_workers(uncounted, estimates):
    job = replace(uncounted, posterior=make_drawn(), workers=1)
    few, many = (
        look_ahead(replace(job, members=members), estimates, "2016-12", 2017, members, silent, Clock())
        for members in (2, 3)
    )
    for one, other in zip(few.runs, many.runs[:2], strict=True):
        assert np.array_equal(one.series, other.series)
    without = look_ahead(uncounted, estimates, "2016-12", 2017, 2, silent, Clock())
    assert not np.array_equal(few.scenario.yearly["hnte_stock"], without.scenario.yearly["hnte_stock"])
