"""A small package taken apart: shares add up, luck is paired, and who would have acted anyway is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pandas.testing import assert_frame_equal

from ecosim.forecast import coalitions, decomposition, job, tabulate
from ecosim.forecast.anyway import ANSWER, WINDOW
from ecosim.forecast.coalitions import DecomposeError, Package, take_all_apart, take_apart
from ecosim.forecast.costs import TOO_SHORT
from ecosim.forecast.decomposition import PACKAGE, Plan
from ecosim.policies import shelf

NOTHING = ("amount", "graduate", "senior", "leading")
POLICIES = Path(__file__).parents[2] / "configs" / "policies"
PACKAGE_FILE = POLICIES / "pinghu_2017.yaml"
TAX = "hnte_income_tax"  # a rule that the baseline has too
FEW = (  # of the package: enough for every kind of act, few enough to be quick
    "hnte_award", "tech_sme_award", "research_subsidy", "discovery_visits", "one_to_one_service", "talent_subsidy",
    "risk_compensation_fund",
)  # fmt: skip
TARGETS = ("hnte_stock", "tech_sme_new", "hnte_stock_index")
GROUPS = {"certification", "research", "service", "talent", "finance"}


def silent(*_):
    """Progress that nobody sees."""


@pytest.fixture(scope="module")
def package_rows():
    """A few rows of the package."""
    rows = yaml.safe_load(PACKAGE_FILE.read_text(encoding="utf-8"))
    return {name: rows[name] for name in FEW}


def without_benefit(row):
    """The same instrument, which pays nothing."""
    return {key: 0 if key in NOTHING else value for key, value in row.items()}


@pytest.fixture(scope="module")
def split(make_job, look):
    """Members taken apart under some rows of the package: split(rows, permutations, workers) -> job, outlook, parts."""

    def take(package, permutations=12, workers=1, **changes):
        small = make_job(package=package, members=4, workers=workers, **changes)
        outlook = look(small)
        whole = Package.of(small.policies, small.baseline_policies)
        task, parts = take_all_apart(outlook, whole, TARGETS, permutations, workers, silent)
        return small, outlook, task, parts

    return take


@pytest.fixture(scope="module")
def with_rate(split):
    """The baseline with another rate of its income tax, taken apart, and rows added: with_rate(rate, rows)."""
    national = yaml.safe_load((POLICIES / "national_rules.yaml").read_text(encoding="utf-8"))

    def take(rate, **rows):
        return split({TAX: {**national[TAX], "rate": rate}, **rows})

    return take


def booked_alone(runs, book, years):
    """What runs booked under the income tax in some years, (members, years)."""
    return np.array([[getattr(run, book).get((TAX, year), 0.0) for year in years] for run in runs])


def cost_table(small, outlook, parts):
    """costs.csv of a package taken apart, by instrument and year."""
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    return table.set_index(["instrument", "year"])


@pytest.fixture(scope="module")
def whole(split, package_rows):
    return split(package_rows)


@pytest.fixture(scope="module")
def sampled(split, package_rows):
    return split(package_rows, permutations=4)


def test_the_groups_are_the_lines_of_work_of_the_rows_that_the_baseline_lacks(whole):
    _, _, task, _ = whole
    assert set(task.package.groups) == GROUPS
    assert task.package.groups["service"] == ("discovery_visits", "one_to_one_service")
    assert not set(task.package.instruments) & set(task.package.baseline)


def test_all_and_none_of_the_instruments_are_the_scenario_and_its_baseline(whole):
    small, _, task, _ = whole
    everything = task.package.policies(frozenset(task.package.instruments))
    assert everything == {name: row.policy for name, row in small.policies.items()}
    assert task.package.policies(frozenset()) == task.package.baseline


def test_a_changed_row_of_the_baseline_is_an_instrument_that_changes_back(make_job):
    small = make_job(package={})
    row = small.baseline_policies["hnte_income_tax"]
    other = replace(row, policy=type(row.policy)(rate=10))
    package = Package.of({**small.policies, "hnte_income_tax": other}, small.baseline_policies)
    assert package.groups == {"rules": ("hnte_income_tax",)}
    assert package.policies(frozenset()) == package.baseline


@pytest.mark.parametrize("case", ["whole", "sampled"])
def test_shares_add_up_to_the_effect_of_the_package_in_every_member(request, case):
    _, _, task, parts = request.getfixturevalue(case)
    assert task.exact is (case == "whole")
    for part in parts:
        total = np.sum(list(part.shapley.values()), axis=0)
        np.testing.assert_allclose(total, part.effect, rtol=1e-12, atol=1e-8)


def test_sampled_and_exact_shares_are_about_the_same_effect(whole, sampled):
    for one, other in zip(whole[3], sampled[3], strict=True):
        np.testing.assert_array_equal(one.effect, other.effect)
        for group in GROUPS:
            np.testing.assert_array_equal(one.leave_one_out[group], other.leave_one_out[group])
            np.testing.assert_array_equal(one.first_in[group], other.first_in[group])


def test_the_effect_of_the_package_is_that_of_the_forecast(whole):
    _, outlook, task, parts = whole
    for number, target in enumerate(TARGETS):
        expected = outlook.scenario.yearly[target] - outlook.baseline.yearly[target]
        found = np.array([part.effect[number] for part in parts])
        np.testing.assert_allclose(found, expected[:, : len(task.years)], rtol=1e-12, atol=1e-9)


def test_a_member_taken_apart_alone_is_the_same(whole):
    _, _, task, parts = whole
    alone = take_apart(task, 2)
    for group in GROUPS:
        np.testing.assert_array_equal(alone.shapley[group], parts[2].shapley[group])


def test_instruments_that_pay_nothing_add_exactly_nothing(split, package_rows):
    award = {**without_benefit(package_rows["hnte_award"]), "group": "talent"}
    talent = without_benefit(package_rows["talent_subsidy"])
    _, _, _, parts = split({**package_rows, "hnte_award": award, "talent_subsidy": talent})
    for part in parts:
        for values in (part.shapley["talent"], part.leave_one_out["talent"], part.single["hnte_award"]):
            assert not np.nan_to_num(values).any()
        assert not np.nan_to_num(part.first_in["talent"]).any()


def test_a_lone_instrument_is_the_package_by_every_measure(split, package_rows):
    _, _, _, parts = split({"discovery_visits": package_rows["discovery_visits"]})
    for part in parts:
        assert np.nan_to_num(part.effect).any()
        for values in (part.shapley, part.leave_one_out, part.first_in):
            np.testing.assert_array_equal(values["service"], part.effect)
        np.testing.assert_array_equal(part.single["discovery_visits"], part.effect)


def test_two_workers_give_the_same_table(whole, split, package_rows):
    _, _, task, parts = whole
    _, _, other_task, others = split(package_rows, workers=2)
    one = decomposition.table(task, parts, task.years)
    other = decomposition.table(other_task, others, task.years)
    assert_frame_equal(one, other, check_exact=True)


def test_an_award_of_one_fen_goes_to_firms_that_would_have_been_certified_anyway(split, package_rows):
    awards = {name: {**package_rows[name], "amount": 1e-6, "budget": None} for name in ("hnte_award", "tech_sme_award")}
    small, outlook, _, parts = split(awards, horizon=2020)
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    for name in awards:
        row = table[(table["instrument"] == name) & (table["year"] == "all")].iloc[0]
        assert row["recipients"] > 0
        assert row["deadweight_share"] == row["deadweight_lower"] == row["deadweight_upper"] == 1.0


def test_an_award_that_pays_nothing_has_no_recipients_and_no_deadweight(split, package_rows):
    small, outlook, _, parts = split({"hnte_award": {**package_rows["hnte_award"], "amount": 0}})
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    row = table[(table["instrument"] == "hnte_award") & (table["year"] == "all")].iloc[0]
    assert row["recipients"] == 0
    assert np.isnan(row["deadweight_share"])


@pytest.fixture(scope="module")
def long_enough(split, package_rows):
    """Three lines of work up to the first year in which all of them have a figure of dead-weight."""
    names = ("hnte_award", "discovery_visits", "talent_subsidy")
    return split({name: package_rows[name] for name in names}, horizon=2017 + WINDOW + ANSWER)


def test_deadweight_is_a_share_and_part_of_the_visited_would_not_have_been_certified(long_enough):
    small, outlook, _, parts = long_enough
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    shares = table["deadweight_share"].dropna()
    assert ((shares >= 0) & (shares <= 1)).all()
    visits = table[table["instrument"] == "discovery_visits"].set_index("year")
    assert visits.loc["all", "deadweight_share"] < 1.0
    assert visits.loc["all", "deadweight_share"] == visits.loc["2017", "deadweight_share"]  # the only year in it
    assert visits["deadweight_share"].notna().sum() == 2
    assert (visits["deadweight_note"] == "").tolist() == visits["deadweight_share"].notna().tolist()
    award = table[table["instrument"] == "hnte_award"].set_index("year")["deadweight_note"]
    assert [year for year, note in award.items() if note] == [str(2018 + ANSWER + k) for k in range(WINDOW)]
    assert set(table.loc[table["instrument"] == "talent_subsidy", "deadweight_note"]) == {""}


def test_the_deadweight_of_a_group_is_that_of_the_years_that_have_a_figure(long_enough):
    _, _, task, parts = long_enough
    table = decomposition.table(task, parts, task.years)
    left_out = table[(table["measure"] == "leave_one_out") & (table["target"] == "hnte_stock")]
    group = left_out[(left_out["group"] == "service") & (left_out["instrument"] == "")]
    shares = group["deadweight_share"].to_numpy()
    assert shares == pytest.approx(
        np.full(shares.size, shares[0])
    )  # visits are the whole group, and only their first year is known
    assert set(group["deadweight_note"]) == {""}


def test_a_run_that_is_too_short_for_a_figure_says_so(whole):
    small, outlook, task, parts = whole
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    all_years = table[table["year"] == "all"].set_index("instrument")
    for name in ("hnte_award", "tech_sme_award", "discovery_visits", "one_to_one_service"):
        assert np.isnan(all_years.loc[name, "deadweight_share"])
        assert all_years.loc[name, "deadweight_note"] == TOO_SHORT
    assert (all_years.loc[["talent_subsidy", "risk_compensation_fund", PACKAGE], "deadweight_note"] == "").all()
    apart = decomposition.table(task, parts, task.years[-1:])
    left_out = apart[(apart["measure"] == "leave_one_out") & (apart["target"] == "hnte_stock")]
    notes = left_out[left_out["instrument"] == ""].set_index("group")["deadweight_note"]
    assert {group for group, note in notes.items() if note} == {"certification", "service"}


def test_the_package_in_the_cost_table_is_its_instruments_together(whole):
    small, outlook, task, parts = whole
    table = tabulate.costs(small, outlook, tabulate.booked(outlook), [part.anyway for part in parts], "instrument")
    total = table[(table["instrument"] == PACKAGE) & (table["year"] == "all")].iloc[0]
    by_member = [sum(part.outlay.values()) for part in parts]
    assert total["outlay"] == pytest.approx(np.median(by_member))
    national = table[table["instrument"].isin(task.package.baseline)]
    assert (national["outlay"] == 0).all()
    assert national["tax_expenditure"].sum() > 0


def test_a_changed_rule_costs_what_the_baseline_does_not_forgo_under_it(with_rate, make_job, look):
    small, outlook, task, parts = with_rate({"2008-01": 15, "2017-01": 5})
    baseline = look(make_job(package={}, members=4)).runs
    full, before = (booked_alone(runs, "tax", task.years) for runs in (outlook.runs, baseline))
    change = np.median((full - before).sum(axis=1))
    assert 0 < change < np.median(full.sum(axis=1))
    table = decomposition.table(task, parts, task.years[-1:])
    np.testing.assert_allclose(table["tax_expenditure"], change)
    assert (table["outlay"] == 0).all()
    costs = cost_table(small, outlook, parts)
    assert costs.loc[(PACKAGE, "all"), "tax_expenditure"] == pytest.approx(change)
    assert costs.loc[(TAX, "all"), "tax_expenditure"] == pytest.approx(np.median(full.sum(axis=1)))  # in full
    assert costs.loc[(PACKAGE, "all"), "recipients"] == costs.loc[(TAX, "all"), "recipients"] > 0


@pytest.mark.parametrize("rate", [5, 20])
def test_one_unit_more_costs_the_change_of_a_changed_rule_alone(with_rate, make_job, look, rate):
    _, outlook, task, parts = with_rate({"2008-01": 15, "2017-01": rate})
    baseline = look(make_job(package={}, members=4)).runs
    full, before = (booked_alone(runs, "tax", task.years).sum(axis=1) for runs in (outlook.runs, baseline))
    one_more = [replace(part, effect=np.ones_like(part.effect)) for part in parts]
    table = decomposition.table(task, one_more, task.years[-1:]).set_index(["measure", "target"])
    found = table.loc[("package", "hnte_stock"), ["cost_lower", "cost_per_additional", "cost_upper"]].astype(float)
    assert found.to_list() == pytest.approx(np.quantile(full - before, [0.05, 0.5, 0.95], method="higher"))
    assert (found > 0).all() == (rate == 5)


def test_a_rule_that_changes_nothing_before_the_horizon_costs_nothing(with_rate):
    small, outlook, task, parts = with_rate({"2008-01": 15, "2040-01": 5})
    assert task.package.instruments == (TAX,)
    for part in parts:
        assert not any(part.tax.values())
        assert not any(part.alone["rules"][1].values())
    package = cost_table(small, outlook, parts).loc[PACKAGE]
    assert not package[["outlay", "outlay_lower", "outlay_upper", "tax_expenditure"]].to_numpy().any()


def test_a_dearer_rule_saves_tax(with_rate):
    small, outlook, task, parts = with_rate({"2008-01": 15, "2017-01": 20})
    table = decomposition.table(task, parts, task.years[-1:])
    assert (table["tax_expenditure"] < 0).all()
    assert cost_table(small, outlook, parts).loc[(PACKAGE, "all"), "tax_expenditure"] < 0


def test_a_rule_of_the_baseline_that_is_taken_away_saves_what_it_costs_there(make_job, look, split):
    usual = make_job(package={}, members=4)
    fewer = {name: row for name, row in usual.policies.items() if name != TAX}
    small, outlook, task, parts = split({}, policies=fewer)
    before = booked_alone(look(usual).runs, "tax", task.years)
    for part, row in zip(parts, before, strict=True):
        np.testing.assert_array_equal([part.tax[TAX, year] for year in task.years], -row)
    saved = np.median(-before.sum(axis=1))
    assert cost_table(small, outlook, parts).loc[(PACKAGE, "all"), "tax_expenditure"] == pytest.approx(saved)


def test_beside_a_changed_rule_new_instruments_cost_all_that_they_book(with_rate, package_rows):
    award = package_rows["hnte_award"]
    small, outlook, task, parts = with_rate({"2008-01": 15, "2017-01": 5}, hnte_award=award)
    table = decomposition.table(task, parts, task.years[-1:]).set_index(["group", "instrument", "measure", "target"])
    costs = cost_table(small, outlook, parts)
    paid = costs.loc[("hnte_award", "all"), "outlay"]
    assert paid > 0
    assert table.loc[("certification", "", "leave_one_out", "hnte_stock"), "outlay"] == pytest.approx(paid)
    assert costs.loc[(PACKAGE, "all"), "outlay"] == pytest.approx(paid)
    assert costs.loc[(PACKAGE, "all"), "tax_expenditure"] < costs.loc[(TAX, "all"), "tax_expenditure"]
    rules = table.loc[("rules", "", "first_in", "hnte_stock")]
    assert 0 < rules["tax_expenditure"] < costs.loc[(TAX, "all"), "tax_expenditure"]


def test_the_table_says_what_each_group_and_instrument_adds(whole):
    _, _, task, parts = whole
    table = decomposition.table(task, parts, task.years[-1:])
    assert set(table["measure"]) == {"package", "shapley", "leave_one_out", "first_in"}
    assert set(table["target"]) == {*TARGETS, *coalitions.MONEY}
    assert set(table["permutations"]) == {"all"}
    assert (table["lower_05"] <= table["median"]).all()
    assert (table["median"] <= table["upper_95"]).all()
    shares = table[(table["measure"] == "shapley") & (table["target"] == "outlay")]
    assert shares["share"].sum() == pytest.approx(1.0)
    index = table[table["target"] == "hnte_stock_index"]
    assert index["cost_per_additional"].isna().all()
    one = table[(table["instrument"] == "hnte_award") & (table["target"] == "hnte_stock")].iloc[0]
    assert one["recipients"] > 0
    assert one["outlay"] > 0


def test_a_scenario_that_is_its_baseline_cannot_be_taken_apart(make_job):
    small = make_job(package={})
    with pytest.raises(DecomposeError, match="nothing to take apart"):
        job.run(replace(small, decompose=Plan(4)), silent)


def test_the_years_reported_are_the_second_the_fourth_and_the_last():
    assert decomposition.years_of(Plan(4), range(2017, 2026)) == (2018, 2020, 2025)
    assert decomposition.years_of(Plan(4), range(2017, 2018)) == (2017,)
    assert decomposition.years_of(Plan(4, (2019,)), range(2017, 2026)) == (2019,)


def test_the_ordinary_forecast_tells_the_deadweight_of_the_package(small_result, package_rows):
    costs = small_result.costs
    assert set(costs["without"]) == {"package"}
    paid = costs[(costs["year"] == "all") & costs["instrument"].isin(package_rows)]
    known = paid[paid["deadweight_of"] != ""]
    assert known["deadweight_share"].notna().sum() >= 2
    assert (known["deadweight_note"] == TOO_SHORT).sum() >= 4  # the run ends before certificates can be compared
    assert small_result.decomposition is None
    assert shelf.GROUPS.keys() == shelf.GROUPS_ZH.keys()
