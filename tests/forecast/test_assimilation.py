"""Recorded members move by new counts: the known posterior, honest intervals, each fact once, contradictions said."""

import numpy as np
import pandas as pd
import pytest

from ecosim.forecast import assimilation
from ecosim.forecast.assimilation import Contradicted, NothingNew

COUNTED = [("tech_sme_new", "2017", 110.0), ("rd_expenditure", "2017", 5.0), ("tech_sme_stock", "2016", 400.0)]


def made(size=4000, seed=1, center=100.0, spread=0.2):
    """Members whose flow of 2017 is lognormal and whose 2018 is 1.1 times as much."""
    values = center * np.exp(spread * np.random.default_rng(seed).standard_normal(size))
    rows = [("package", "Smallville", "2016-12", time, "tech_sme_new", m, value * grown, "year")
            for time, grown in (("2017", 1.0), ("2018", 1.1)) for m, value in enumerate(values)]  # fmt: skip
    names = ["scenario", "location", "origin", "time", "target", "member", "value", "frequency"]
    return pd.DataFrame(rows, columns=names)


def counts(rows=COUNTED):
    return pd.DataFrame(rows, columns=["target", "time", "value"]).assign(location="Smallville")


def logs_of(members, time="2018"):
    return np.log(members.loc[members["time"] == time, "value"].to_numpy())


def test_members_after_a_count_are_the_posterior_of_a_conjugate_case():
    members = made().assign(target="rd_expenditure")  # lognormal prior, lognormal error: the posterior is lognormal
    counted = counts([("rd_expenditure", "2017", 120.0)])
    assert assimilation.gather(made(), counted, 2017, 0.01) == ()  # members without such a target
    found = assimilation.assimilate(assimilation.gather(members, counted, 2017, 0.01), 5)
    after = assimilation.moved_members(members, found, "2017-12")
    precision = 1 / 0.04 + 1 / 0.01
    mean, sd = (np.log(100) / 0.04 + np.log(120) / 0.01) / precision, precision**-0.5
    for time, grown in (("2017", 0.0), ("2018", np.log(1.1))):
        assert logs_of(after, time).mean() == pytest.approx(mean + grown, abs=4 * sd / np.sqrt(4000))
        assert logs_of(after, time).std() == pytest.approx(sd, rel=4 / np.sqrt(8000))
    table = assimilation.shifts(members, after).set_index("time")
    assert table.loc["2018", "median"] == pytest.approx(1.1 * np.exp(mean), rel=0.01)
    wide = np.exp(mean) * np.sinh(1.645 * sd) / (100 * np.sinh(1.645 * 0.2))
    assert table.loc["2018", "width"] == pytest.approx(wide, abs=0.04)
    assert table.loc["2018", "shift"] > 0.3
    assert set(after["origin"]) == {"2017-12"}
    assert after.drop(columns=["value", "origin"]).equals(members.drop(columns=["value", "origin"]))


def test_what_has_nothing_to_do_with_a_count_stays_where_it_was():
    other = made(400, seed=9).assign(target="patents_applied")
    fixed = made(400).assign(target="firms", value=7.0)
    members = pd.concat([made(400), other, fixed], ignore_index=True)
    found = assimilation.assimilate(assimilation.gather(members, counts(), 2017, 0.0025), 1)
    after = assimilation.moved_members(members, found, "2017-12").set_index("target")["value"]
    assert after["firms"].to_numpy() == pytest.approx(7.0)
    change = np.log(after["patents_applied"] / other["value"].to_numpy())
    assert abs(change.mean()) < 4 * 0.2 * 0.4 / np.sqrt(400)


def test_a_baseline_that_is_the_scenario_has_no_effect_after_the_counts_either():
    members = pd.concat([made(100), made(100).assign(scenario="rules")], ignore_index=True)
    found = assimilation.assimilate(assimilation.gather(made(100), counts(), 2017, 0.01), 1)
    after = assimilation.moved_members(members, found, "2017-12")
    assert (assimilation.paired(after, "package", "rules")["value"] == 0.0).all()


@pytest.mark.parametrize(("size", "many"), [(20, 1), (20, 6), (20, 15), (200, 6)])
def test_intervals_after_the_counts_hold_the_truth_as_often_as_they_say(size, many):
    """Series that share a shock: the truth is one more draw of what the members are draws of."""
    names, inside, narrower, stream = [f"t{k}" for k in range(many + 1)], [], [], np.random.default_rng(12)
    for _ in range(400):
        shared = stream.standard_normal((size + 1, 1))
        logs = np.log(200.0) + 0.2 * shared + 0.15 * stream.standard_normal((size + 1, many + 1))
        evidence = tuple(
            assimilation.Evidence(name, "2017", float(np.exp(logs[0, k] + 0.05 * stream.standard_normal())),
                                  np.exp(logs[1:, k]), 0.0025, "")
            for k, name in enumerate(names[1:], start=1)
        )  # fmt: skip
        before = logs[1:, [0]]
        after = assimilation.assimilate(evidence, int(stream.integers(1 << 30))).moved(before)
        low, high = np.quantile(after, [0.05, 0.95])
        inside.append(low <= logs[0, 0] <= high)
        narrower.append((high - low) / np.subtract(*np.quantile(before, [0.95, 0.05])))
    nominal = 0.9 if size > 20 else 0.82  # what type 7 quantiles of twenty independent draws hold
    assert abs(np.mean(inside) - nominal) < 4 * np.sqrt(0.1 * 0.9 / 400)
    assert np.mean(narrower) < (0.8 if many > 1 else 0.95)


def test_only_counts_after_the_origin_and_up_to_the_year_are_used():
    rows = [*COUNTED, ("tech_sme_new", "2018", 130.0), ("tech_sme_new", "2016", 90.0)]
    evidence = assimilation.gather(made(50), counts(rows), 2017, 0.01)
    assert [(row.target, row.time) for row in evidence] == [("tech_sme_new", "2017")]
    both = assimilation.gather(made(50), counts(rows), 2018, 0.01)
    assert [row.time for row in both] == ["2017", "2018"]


def test_months_of_a_flow_are_used_as_the_quarter_that_they_make():
    members = made(50, center=30.0).assign(time=lambda table: table["time"] + "-Q1", frequency="quarter")
    rows = [("tech_sme_new", f"2017-{month:02d}", 11.0) for month in range(1, 6)]
    evidence = assimilation.gather(members, counts(rows), 2017, 0.01)
    assert [(row.time, row.observed) for row in evidence] == [("2017-Q1", 33.0)]


def test_high_tech_certificates_within_a_year_are_shown_and_not_used():
    members = pd.concat(
        made(50, center=200.0).assign(target="hnte_stock", time=f"2017-Q{quarter}", frequency="quarter")
        for quarter in (3, 4)
    )
    rows = [("hnte_stock", "2017-09", 230.0), ("hnte_stock", "2017-12", 240.0)]
    alone = assimilation.gather(members, counts(rows), 2017, 0.01)
    assert [bool(row.note) for row in alone] == [False, False]  # what stood at the end of 2016 is not known
    evidence = assimilation.gather(members, counts([("hnte_stock", "2016", 200.0), *rows]), 2017, 0.01)
    assert [(row.time, bool(row.note)) for row in evidence] == [("2017-Q3", True), ("2017-Q4", False)]
    with pytest.raises(assimilation.NothingNew, match="hnte_stock 2017-Q3 is within a year"):
        assimilation.assimilate(evidence[:1], 1)


def test_quarters_of_certificates_are_held_against_the_year_that_they_make():
    yearly = made(50, center=20.0).assign(target="hnte_certifications")
    last = yearly[yearly["time"] == "2017"].assign(time="2017-Q4", frequency="quarter")  # the model's whole year
    rows = [("hnte_certifications", f"2017-Q{quarter}", 2.0 * quarter) for quarter in (1, 2, 3, 4)]
    evidence = assimilation.gather(pd.concat([yearly, last]), counts(rows), 2017, 0.01)
    assert [(row.time, row.observed) for row in evidence if not row.note] == [("2017", 20.0)]
    assert [row.time for row in evidence if row.note] == ["2017-Q4"]
    part = assimilation.gather(pd.concat([yearly, last]), counts(rows[:2]), 2017, 0.01)
    assert not [row for row in part if not row.note]


def test_a_stock_that_is_the_one_before_plus_the_flow_is_shown_and_not_used():
    members = pd.concat([made(50), made(50, center=500).assign(target="tech_sme_stock")])
    rows = [*COUNTED, ("tech_sme_stock", "2017", 510.0)]
    found = assimilation.assimilate(assimilation.gather(members, counts(rows), 2017, 0.01), 1)
    assert [row.target for row in found.used] == ["tech_sme_new"]
    assert found.logs.shape == (50, 1)
    assert assimilation.counts_table(found)["not_used"].tolist() == ["", "follows from tech_sme_new"]


def test_a_count_that_is_reported_with_more_noise_moves_less():
    def moved(dispersion):
        members = made(400)
        found = assimilation.assimilate(assimilation.gather(members, counts(), 2017, dispersion), 1)
        return logs_of(assimilation.moved_members(members, found, "2017-12")).mean() - logs_of(members).mean()

    assert 0.0 < moved(0.09) < 0.6 * moved(0.0025)


def test_the_noise_of_a_ratio_is_no_less_than_that_of_its_unclear_window():
    def spread(dispersion, target):
        members, rows = made(20).assign(target=target), [(target, "2017", 110.0)]
        return assimilation.gather(members, counts(rows), 2017, dispersion)[0].spread

    assert spread(0.01, "tech_sme_new") == pytest.approx(0.01)
    assert spread(0.01, "hnte_stock_ratio_2y") == pytest.approx(0.15**2)
    assert spread(0.04, "hnte_stock_ratio_2y") == pytest.approx(0.04)


def test_how_far_a_count_lies_is_told_in_standard_deviations_of_the_forecast():
    values = np.array([9.0, 9.5, 10.0])
    logs = np.log(values)
    level = assimilation.Evidence("sales", "2017", 12.0, values, 0.01, "")
    assert level.deviation == pytest.approx((np.log(12.0) - logs.mean()) / np.sqrt(logs.var(ddof=1) + 0.01))


@pytest.mark.parametrize("target", ["hnte_stock", "rd_expenditure", "hnte_stock_index", "hnte_stock_ratio_2y"])
def test_logs_lead_back_to_where_they_came_from(target):
    values = np.array([0.0, 0.4, 3.0, 12_345.6]) if target == "hnte_stock" else np.array([0.4, 3.0, 12_345.6])
    assert assimilation.from_log(target, assimilation.to_log(target, values)) == pytest.approx(values, abs=1e-9)
    assert (assimilation.from_log(target, np.array([-50.0])) >= 0.0).all()


def test_counts_that_say_nothing_or_contradict_the_forecast_are_said():
    with pytest.raises(NothingNew, match="no count of anything"):
        assimilation.assimilate((), 1)
    members = made(200, center=20000.0)
    near, far = (
        assimilation.gather(members, counts([("tech_sme_new", "2017", value)]), 2017, 0.0025)
        for value in (50_000.0, 98_765.0)
    )
    assimilation.assimilate(near, 1)  # four standard deviations happen
    with pytest.raises(Contradicted, match=r"98,765 counted, 1\d,\d{3} to 2\d,\d{3} forecast.* 8\.\d standard"):
        assimilation.assimilate(far, 1)
    low = assimilation.gather(members, counts([("tech_sme_new", "2017", 2_000.0)]), 2017, 0.0025)
    with pytest.raises(Contradicted, match="2,000 counted"):
        assimilation.assimilate(low, 1)
    with pytest.raises(
        Contradicted, match=r"its 9 members do not tell what goes together \(10 at least\); make the forecast again"
    ):
        assimilation.assimilate(assimilation.gather(made(9), counts(), 2017, 0.01), 1)


def test_the_table_of_quantiles_is_as_of_the_new_origin():
    table = assimilation.quantile_table(made(200), "2017-12")
    assert set(table["origin"]) == {"2017-12"}
    median = table[(table["quantile"] == 0.5) & (table["time"] == "2018")]["value"].item()
    assert median == pytest.approx(np.median(1.1 * made(200)["value"].to_numpy()[:200]))
    assert table.groupby("time")["value"].apply(lambda some: some.is_monotonic_increasing).all()
