"""Where the truth is known: the bank of a county, members that meet a new year, and rules found again from records."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecosim.calibration.simulation import Kept, key_of, rank_test
from ecosim.forecast.playground import ecosystem
from ecosim.forecast.posterior.county import COUNTED, fill_bank, make_county, moments_of, run
from ecosim.forecast.posterior.update import UpdateError, in_year, update_members
from ecosim.forecast.recovery import compare, fit_all, record, truth
from ecosim.model.ecosystem import OBSERVED
from ecosim.model.region import SECTORS, Region


@pytest.fixture(scope="module")
def county():
    return make_county(firms=150, years=2, templates=3)


def test_a_bank_is_the_same_when_it_is_taken_up_again(county, tmp_path):
    z, moments = fill_bank(county, 12, 1)
    assert moments.shape == (12, 3 * len(COUNTED))
    kept = Kept(tmp_path, key_of({}, "county"))
    fill_bank(county, 7, 1, kept)
    again_z, again = fill_bank(county, 12, 1, Kept(tmp_path, key_of({}, "county")))
    assert np.array_equal(again, moments)
    assert np.array_equal(again_z, z)


def test_a_county_is_counted_at_the_start_after_a_year_and_at_the_end(county):
    history = np.random.default_rng(3).uniform(1.0, 90.0, (4 * 4, len(OBSERVED)))
    found = dict(zip(county.names, moments_of(SimpleNamespace(history=list(history))), strict=True))
    births, firms = (history[:, OBSERVED.index(name)] for name in ("births", "firms"))
    for when, quarters in (("start", slice(0, 4)), ("first year", slice(4, 8)), ("last year", slice(12, 16))):
        assert found[f"births {when}"] == pytest.approx(np.log1p(births[quarters].sum()))
        assert found[f"firms {when}"] == pytest.approx(np.log1p(firms[quarters][-1]))


@pytest.mark.slow
def test_intervals_from_a_small_bank_hold_the_truth_about_as_often_as_they_say(county):
    z, moments = fill_bank(county, 500, 1)
    table = rank_test(county.prior.names, z, moments, 100, 250, 1).table
    assert table["p_adjusted"].min() > 1e-3
    assert 0.78 < table["coverage_90"].mean() < 0.97
    assert table.set_index("parameter").loc["innovation.log_knowledge", "contraction"] > 0.4


def test_members_near_the_truth_survive_a_new_years_counts(county):
    elasticity = np.linspace(0.25, 0.75, 60)
    members = [run(county, {"innovation.log_knowledge": value}, number, years=1) for number, value in
               enumerate(elasticity)]  # fmt: skip
    real = run(county, {"innovation.log_knowledge": 0.70}, 999, years=1)
    counted = {name: in_year(real, name) for name in ("patents_applied", "births")}
    step = update_members(members, counted, {"patents_applied": 0.02}, 4, range(1000, 1060)).step
    assert step.weights @ elasticity > 0.6
    assert 2 < step.effective < 50


def test_copies_of_one_member_part_ways(county):
    members = [run(county, {}, number, years=1) for number in range(4)]
    counted = {"firms": in_year(members[2], "firms")}
    after = update_members(members, counted, {}, 1, range(500, 504))
    assert len({model.key.member for model in after.models}) == 4
    before = np.array([members[row].firms.columns.uid.sum() for row in after.step.ancestors])
    assert np.array_equal(before, [model.firms.columns.uid.sum() for model in after.models])
    for model in after.models:
        model.step()
    twins = [k for k, row in enumerate(after.step.ancestors) if row == after.step.ancestors[0]]
    if len(twins) > 1:
        first, second = (after.models[k].observe() for k in twins[:2])
        assert not np.array_equal(first, second)


def test_a_count_that_the_model_has_not_is_refused_by_name(county):
    with pytest.raises(UpdateError, match="'happiness' is no series"):
        update_members([run(county, {}, 1, years=1)], {"happiness": 3.0}, {}, 1, [1])
    fresh = county.templates[0].fork()
    with pytest.raises(UpdateError, match="a year is needed"):
        in_year(fresh, OBSERVED[0])


@pytest.mark.slow
def test_rules_are_found_again_from_the_records_of_firms():
    region = Region(name="made-up", level="county", sectors={name: 1 / len(SECTORS) for name in SECTORS},
                    ownership={"private": 0.75, "foreign": 0.25})  # fmt: skip
    seeds, found = 3, []
    for seed in range(seeds):
        model = ecosystem(rng=100 + seed, firms=1500, region=region)
        del model.datacollector
        found.append(compare(fit_all(record(model, 12)), truth(model.rules.behaviors)))
    z = np.array([table["z"] for table in found])
    inside = np.mean([table["inside_90"] for table in found])
    assert np.abs(z.mean(axis=0)).max() < 3.5 / np.sqrt(seeds)
    assert inside > 0.78
    assert 0.7 < z.std() < 1.35
