"""Recorded members are weighed by new counts: the known posterior, each fact once, a collapse that is said."""

import numpy as np
import pandas as pd
import pytest

from ecosim.forecast import reweighed
from ecosim.forecast.reweighed import Collapsed, NothingNew

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


def test_weighted_members_are_the_posterior_of_a_conjugate_case():
    members = made()
    evidence = reweighed.gather(members, counts([("rd_expenditure", "2017", 120.0)]), 2017, {}, 0.01)
    assert evidence == ()  # members have no such target
    renamed = members.assign(target="rd_expenditure")  # lognormal prior, lognormal error: the posterior is lognormal
    evidence = reweighed.gather(renamed, counts([("rd_expenditure", "2017", 120.0)]), 2017, {}, 0.01)
    found = reweighed.update(evidence, 5, 20.0)
    logs = np.log(evidence[0].values)
    mean = found.step.weights @ logs
    sd = np.sqrt(found.step.weights @ (logs - mean) ** 2)
    precision = 1 / 0.04 + 1 / 0.01
    assert mean == pytest.approx((np.log(100) / 0.04 + np.log(120) / 0.01) / precision, abs=0.01)
    assert sd == pytest.approx(precision**-0.5, abs=0.006)
    table = reweighed.moved(renamed, found.step.weights).set_index("time")
    assert table.loc["2018", "median"] == pytest.approx(1.1 * np.exp(mean), rel=0.01)
    wide = np.exp(mean) * np.sinh(1.645 * precision**-0.5) / (100 * np.sinh(1.645 * 0.2))
    assert table.loc["2018", "width"] == pytest.approx(wide, abs=0.03)
    assert table.loc["2018", "shift"] > 0.3


def test_only_counts_after_the_origin_and_up_to_the_year_are_used():
    rows = [*COUNTED, ("tech_sme_new", "2018", 130.0), ("tech_sme_new", "2016", 90.0)]
    evidence = reweighed.gather(made(50), counts(rows), 2017, {}, 0.01)
    assert [(row.target, row.time) for row in evidence] == [("tech_sme_new", "2017")]
    both = reweighed.gather(made(50), counts(rows), 2018, {}, 0.01)
    assert [row.time for row in both] == ["2017", "2018"]


def test_months_of_a_flow_are_weighed_as_the_quarter_that_they_make():
    members = made(50, center=30.0).assign(time=lambda table: table["time"] + "-Q1", frequency="quarter")
    rows = [("tech_sme_new", f"2017-{month:02d}", 11.0) for month in range(1, 6)]
    evidence = reweighed.gather(members, counts(rows), 2017, {}, 0.01)
    assert [(row.time, row.observed) for row in evidence] == [("2017-Q1", 33.0)]


def test_a_stock_that_is_the_one_before_plus_the_flow_is_shown_and_not_used():
    members = pd.concat([made(50), made(50, center=500).assign(target="tech_sme_stock")])
    rows = [*COUNTED, ("tech_sme_stock", "2017", 510.0)]
    evidence = reweighed.gather(members, counts(rows), 2017, {}, 0.01)
    assert [row.target for row in reweighed.update(evidence, 1, 1.0).used] == ["tech_sme_new"]
    assert reweighed.counts_table(reweighed.update(evidence, 1, 1.0), 1)["not_used"].tolist() == [
        "", "follows from tech_sme_new",
    ]  # fmt: skip


def test_a_count_that_is_reported_with_more_noise_weighs_less():
    row = ("tech_sme_new", 120.0, np.array([90.0, 100.0, 110.0, 120.0]))
    sharp, blunt = (np.ptp(reweighed.log_likelihood(*row, spread)) for spread in (0.0025, 0.04))
    assert sharp > 2 * blunt
    noisy = reweighed.gather(made(200), counts(), 2017, {"tech_sme_new": 0.3}, 0.0025)
    plain = reweighed.gather(made(200), counts(), 2017, {}, 0.0025)
    assert reweighed.alone(noisy[0], 1) > reweighed.alone(plain[0], 1)


def test_the_noise_of_a_count_is_a_standard_deviation_and_no_less_than_counts_disperse():
    def told(noise, dispersion):
        (row,) = reweighed.gather(made(20), counts([("tech_sme_new", "2017", 110.0)]), 2017, noise, dispersion)
        return row.log_likelihood

    values = reweighed.gather(made(20), counts([("tech_sme_new", "2017", 110.0)]), 2017, {}, 0.01)[0].values
    for noise, dispersion, spread in (({"tech_sme_new": 0.3}, 0.01, 0.09), ({"tech_sme_new": 0.05}, 0.01, 0.01)):
        expected = reweighed.log_likelihood("tech_sme_new", 110.0, values, spread)
        assert told(noise, dispersion) == pytest.approx(expected)


def test_a_ratio_whose_window_is_not_clear_is_never_told_exactly():
    members = 2.0 * np.exp([0.0, 0.15, 0.3])
    exact, vague = (reweighed.log_likelihood("hnte_stock_ratio_2y", 2.0, members, spread) for spread in (1e-6, 0.09))
    assert exact - exact[0] == pytest.approx([0.0, -0.5, -2.0])  # at a standard deviation of 0.15
    assert vague - vague[0] == pytest.approx([0.0, -0.125, -0.5])
    index = reweighed.log_likelihood("hnte_stock_index", 200.0, 200.0 * np.exp([0.0, 0.1]), 0.01)
    assert np.diff(index) == pytest.approx([-0.5])


def test_counts_that_say_nothing_or_leave_too_few_are_said():
    with pytest.raises(NothingNew, match="no count of anything"):
        reweighed.update((), 1, 20.0)
    far = reweighed.gather(made(200), counts([("tech_sme_new", "2017", 400.0)]), 2017, {}, 0.0025)
    with pytest.raises(Collapsed, match=r"of 200 members effective \(at least 20\).*tech_sme_new 2017: 400 counted"):
        reweighed.update(far, 1, 20.0)
    many = made(200, center=20000.0)
    farther = reweighed.gather(many, counts([("tech_sme_new", "2017", 98765.0)]), 2017, {}, 0.0025)
    with pytest.raises(Collapsed, match=r"98,765 counted, 1\d,\d{3} to 2\d,\d{3} forecast"):
        reweighed.update(farther, 1, 20.0)


LEVELS = np.array([0.0, 0.01, 0.05, 0.25, 0.5, 0.83, 0.95, 1.0])


@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_with_equal_weights_quantiles_are_those_of_every_other_table(size):
    values = np.random.default_rng(size).lognormal(size=size)
    found = reweighed.quantiles(values, np.full(size, 1.0 / size), LEVELS)
    assert found == pytest.approx(np.quantile(values, LEVELS), rel=1e-9)


def test_a_weighted_median_by_hand_and_members_without_weight_have_no_say():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25])
    m = 1 / (0.5**2 + 2 * 0.25**2)  # 2.67 effective; the median is the mean over levels 0.3125 to 0.6875
    low, high = 0.5 * (m - 1) / m, 0.5 * (m - 1) / m + 1 / m
    by_hand = ((0.5 - low) * 2.0 + (high - 0.5) * 3.0) * m
    assert reweighed.quantiles(values, weights, np.array([0.5])) == pytest.approx([by_hand])
    padded = reweighed.quantiles(np.append(values, [99.0, -5.0]), np.append(weights, [0.0, 0.0]), LEVELS)
    assert padded == pytest.approx(reweighed.quantiles(values, weights, LEVELS))


def test_weighted_quantiles_are_in_order_and_within_the_members():
    draws = np.random.default_rng(4)
    values, weights = draws.normal(size=60), draws.lognormal(sigma=2.0, size=60)
    found = reweighed.quantiles(values, weights, LEVELS)
    assert (np.diff(found) >= 0).all()
    assert values.min() <= found[0] <= found[-1] <= values.max() + 1e-12


def test_members_are_drawn_again_with_all_they_have():
    members = made(200)
    found = reweighed.update(reweighed.gather(members, counts(), 2017, {}, 0.01), 3, 20.0)
    again = reweighed.drawn_again(members, found.step.ancestors, "2017-12")
    assert len(again) == len(members)
    assert again.columns.tolist() == [*members.columns, "ancestor"]
    old = members.set_index(["time", "member"])["value"]
    ancestors = old.loc[list(zip(again["time"], again["ancestor"], strict=True))]
    assert np.array_equal(again["value"].to_numpy(), ancestors.to_numpy())
    weights = reweighed.weights_table(found)
    assert weights["weight"].sum() == pytest.approx(1.0)
    assert (np.abs(weights["copies"] - 200 * weights["weight"]) < 1).all()  # systematic
    table = reweighed.quantile_table(members, found.step.weights, "2017-12")
    assert set(table["origin"]) == {"2017-12"}
    assert table.groupby("time")["value"].apply(lambda some: some.is_monotonic_increasing).all()
