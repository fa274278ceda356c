"""The tables beside a forecast, and the sentences it must carry, on made tables."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.inherit import Level
from ecosim.data.targets import in_words
from ecosim.forecast import money_told, parts_told, statements, tabulate
from ecosim.forecast.delivery import factor
from ecosim.forecast.ensemble import Run
from ecosim.forecast.reference import QUANTILES
from ecosim.policies import shelf

CELL = ["target", "time", "value"]


def quantiles(time, center, target="hnte_foreign_stock", spread=1.0, **more):
    values = center + spread * (np.array(QUANTILES) - 0.5)
    return pd.DataFrame({"target": target, "time": time, "quantile": QUANTILES, "value": values, **more})


def count(time, value, target="hnte_foreign_stock"):
    return pd.DataFrame([("Smallville", target, time, value, "")], columns=["location", *CELL, "as_of"])


YEARLY = pd.concat([quantiles("2018", 30.0), quantiles("2019", 40.0)])
QUARTERLY = pd.concat([quantiles("2018-Q2", 16.0), quantiles("2018-Q3", 17.0), quantiles("2018-Q4", 18.0)])


@pytest.mark.parametrize(
    ("time", "median"), [("2018-07", 17.0), ("2018-09-30", 17.0), ("2018-06", 16.0), ("2018-Q4", 18.0), ("2018", 30.0)]
)
def test_a_later_count_meets_the_forecast_of_its_own_quarter_or_year(time, median):
    scores = tabulate.scores(YEARLY, QUARTERLY, count(time, 17.0))
    assert scores["median"].tolist() == pytest.approx([median])


def test_later_counts_are_held_against_the_baseline_too_and_the_sentence_says_which_comes_closer():
    truth = pd.concat([count("2018", 31.0), count("2019", 38.0)])
    ours = tabulate.scores(YEARLY, YEARLY.iloc[:0], truth)
    closer = pd.concat([quantiles("2018", 31.0), quantiles("2019", 45.0)])
    both = tabulate.beside_baseline(ours, tabulate.scores(closer, closer.iloc[:0], truth))
    assert both["baseline_median"].tolist() == [31.0, 45.0]
    assert both["baseline_inside_90"].tolist() == [True, False]
    text = statements.hits(both)
    assert text.startswith("Of 2 counts published after the origin, none lie in the 90 % interval; outside: ")
    assert text.endswith(
        "Under the baseline, without the effect, 1 of them lies in its interval, and 1 is closer to it (weighted "
        "interval score): too few to tell an effect from luck."
    )
    assert "they do not speak for the effect" in statements.hits(both.iloc[:1])
    assert "baseline" not in statements.hits(ours)


def test_months_of_a_flow_meet_the_forecast_of_their_quarter_as_its_sum():
    quarterly = pd.concat([quantiles(f"2018-Q{part}", 30.0, "births") for part in (1, 2, 3, 4)])
    months = [("births", f"2018-{month:02d}", 10.0) for month in range(2, 9)]
    truth = pd.DataFrame(months, columns=CELL).assign(location="Smallville", as_of="")
    scores = tabulate.scores(quantiles("2018", 120.0, "births"), quarterly, truth)
    assert scores[["time", "observed", "inside_90"]].to_numpy().tolist() == [["2018-Q2", 30.0, True]]


def test_parts_of_years_that_nothing_rests_on_are_told_once(make_job):
    months = [(f"2016-{month:02d}", "births") for month in range(1, 8)] + [("2017-01", "births"), ("2016-06", "firms")]
    rows = [("Smallville", target, time, 5.0, "count", "", "made up") for time, target in months]
    around = ("Zhejiang", "births", "2016-Q1", 5.0, "count", "", "made up")
    counts = pd.DataFrame([around, *rows], columns=["location", "target", "time", "value", "unit", "as_of", "source"])
    job = replace(make_job(), counts=counts)
    assert parts_told.unused(job, ["births", "firms", "hnte_stock"]) == [
        "A forecast starts from whole years; these parts of years are not used: births of 2016 (7 months), firms of "
        "2016 (1 month), Zhejiang, births of 2016 (1 quarter). Give the rest of the year, or the figure of the year "
        "itself, and an origin at its end."
    ]
    assert parts_told.unscored(job) == ["Months that make no whole quarter are not scored: births (1)."]
    assert parts_told.unused(job, ["deaths"]) == []
    whole = replace(job, counts=counts.assign(time="2016"))
    assert parts_told.unused(whole, ["births", "firms"]) == parts_told.unscored(whole) == []


def test_a_score_says_whether_the_count_lies_in_the_ninety_percent_interval():
    rows = pd.concat([count("2018", 30.44), count("2019", 40.46)])
    scores = tabulate.scores(YEARLY, QUARTERLY, rows)
    assert scores["inside_90"].tolist() == [True, False]
    assert (scores[["lower", "upper"]].to_numpy() - [[29.55, 30.45], [39.55, 40.45]]) == pytest.approx(0.0)
    assert (scores["wis"] > 0).all()


def test_a_count_that_is_not_forecast_is_not_scored():
    rows = pd.concat([count("2031", 1.0), count("2018", 1.0, "institutes"), count("2018-Q1", 1.0)])
    assert tabulate.scores(YEARLY, QUARTERLY, rows).empty


def run(outlay=(), recipients=(), refused=()):
    return Run(np.zeros((4, 1)), np.zeros(1), np.zeros((1, 1)), dict(outlay), dict(recipients), dict(refused))


def test_the_ledger_shows_what_members_paid_a_year_and_counts_those_who_paid_nothing():
    runs = [run({("award", 2017): paid}, {("award", 2017): int(paid / 20)}) for paid in (20.0, 40.0, 60.0, 80.0)]
    table = tabulate.ledger(tabulate.booked(SimpleNamespace(runs=[*runs, run()])))
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["outlay"], row["recipients"], row["refused"]) == (40.0, 2.0, 0.0)
    assert row["outlay_upper"] == pytest.approx(np.quantile([0, 20, 40, 60, 80], 0.95))


def test_the_ledger_names_an_instrument_that_refused_everybody():
    table = tabulate.ledger(tabulate.booked(SimpleNamespace(runs=[run(refused={("award", 2018): 7})])))
    assert table[["instrument", "year", "outlay", "refused"]].iloc[0].tolist() == ["award", 2018, 0.0, 7.0]


def test_the_ledger_of_a_run_is_that_of_its_members(small_outlook):
    table = tabulate.ledger(tabulate.booked(small_outlook)).set_index(["instrument", "year"])
    for key, row in table.iterrows():
        paid = [member.outlay.get(key, 0.0) for member in small_outlook.runs]
        assert row["outlay"] == pytest.approx(np.median(paid))
    assert table["outlay"].sum() > 0
    assert set(table.index.get_level_values("year")) == {2017, 2018}


def test_no_instrument_pays_more_than_its_budget_of_a_year(small_outlook, package_rows):
    world, growth = small_outlook.world, max(package_rows["budget_growth"]["rate"].values()) / 100
    for number, member in enumerate(small_outlook.runs):
        grown = 1 + growth * factor(world.seed, number, "budget_growth", world.delivery_sd)
        for (name, _), paid in member.outlay.items():
            budget = package_rows.get(name, {}).get("budget")
            given = factor(world.seed, number, name, world.delivery_sd)
            assert budget is None or paid <= grown * given * max(budget.values()) + 1e-6


def hindcast(ecosim, random_walk, drift, truth=100.0):
    """A hindcast table in which each model's quantiles are centered so far from the truth."""
    named = {"ecosim": ecosim, "random_walk": random_walk, "drift": drift}
    about = {"observed": truth, "location": "Here", "origin": "2021-12"}
    tables = [quantiles("2022", truth + off, "hnte_certifications", model=name, **about) for name, off in named.items()]
    return pd.concat(tables, ignore_index=True)


def test_the_verdict_says_so_when_a_reference_did_better():
    sentence = statements.verdict(hindcast(20.0, 10.0, 30.0))
    assert "the random walk did better than ecosim" in sentence
    assert "2.0" in sentence  # weighted interval score about twice as large
    assert "from 2021-12" in sentence


def test_the_verdict_names_the_best_reference():
    assert "the drift did better than ecosim" in statements.verdict(hindcast(20.0, 12.0, 10.0))


def test_the_verdict_says_so_when_the_model_did_better():
    sentence = statements.verdict(hindcast(5.0, 10.0, 30.0))
    assert "ecosim did better than the best reference, the random walk" in sentence


def test_the_verdict_compares_only_targets_that_every_model_forecast():
    table = hindcast(5.0, 10.0, 30.0)
    alone = quantiles("2022", 900.0, "hnte_new", model="ecosim", observed=1.0, location="Here", origin="2021-12")
    both = pd.concat([table, alone], ignore_index=True)
    assert statements.verdict(both) == statements.verdict(table)
    assert statements.verdict(alone) == ""


OWN = pd.DataFrame({"source": ["observed 2016 [made up]"]})


def test_a_late_count_of_a_place_around_is_named_where_a_level_rests_on_that_place(make_job):
    job = make_job(origin="2016-12")
    late = count("2015", 400.0, "hnte_stock").assign(
        location="Zhejiang", as_of="2018-10", unit="count", source="made up"
    )
    job = replace(job, counts=late, region=replace(job.region, inside=("Zhejiang",)))
    assert statements.late_levels(job, OWN) == []
    shared = OWN.assign(source="Zhejiang 2015 (400) x share of gdp 1 (2015) / 80 (2015) [made up]")
    (told,) = statements.late_levels(job, shared)
    assert told.startswith("Zhejiang, hnte_stock of 2015 (400) was published only in 2018-10")


def test_counts_that_became_known_late_are_named(make_job):
    job = make_job(origin="2016-12")
    row = {"location": "Smallville", "target": "hnte_stock", "time": "2015", "value": 12.0, "unit": "count"}
    late = pd.DataFrame([{**row, "as_of": "2018-10", "source": "made up"}])
    sentences = statements.late_levels(replace(job, counts=late), OWN)
    assert len(sentences) == 1
    assert sentences[0].startswith("Smallville, hnte_stock of 2015 (12) was published only in 2018-10; a level")
    two = pd.concat([late, late.assign(time="2014", as_of="2018-11")])
    (told,) = statements.late_levels(replace(job, counts=two), OWN)
    assert "2018-10; Smallville, hnte_stock of 2014 (12) was published only in 2018-11; a level" in told
    assert told.count("hindcast") == 1
    assert statements.late_levels(replace(job, counts=late.assign(as_of="2016-05")), OWN) == []
    assert statements.late_levels(replace(job, counts=late.assign(as_of="")), OWN) == []


def test_a_count_of_the_year_that_the_origin_lies_in_is_not_taken_for_one_known_late(make_job):
    job = make_job(origin="2018-06")
    row = {"location": "Smallville", "target": "hnte_stock", "value": 12.0, "unit": "count", "as_of": "2019-03"}
    counts = pd.DataFrame([{**row, "time": "2018", "source": ""}, {**row, "time": "2018-Q1", "source": ""}])
    sentences = statements.late_levels(replace(job, counts=counts), OWN)
    assert [sentence.split(" (")[0] for sentence in sentences] == ["Smallville, hnte_stock of 2018-Q1"]


def test_a_run_says_which_levels_are_assumed_and_that_counts_cannot_tell_instruments_apart(small_result):
    told = " ".join(small_result.statements)
    assert "cannot tell the instruments apart" in told
    assumed = small_result.basis.loc[small_result.basis["basis"] == "assumption", "target"]
    sentence = next(line for line in small_result.statements if line.startswith("The level is an assumption"))
    assert set(assumed)
    assert all(in_words(target) in sentence for target in assumed)
    assert in_words("hnte_stock") not in sentence  # the small county counts its own


def test_references_start_only_where_the_place_has_a_count(small_result):
    assert set(small_result.references["model"]) == {"random_walk", "drift"}
    assert set(small_result.references["target"]) == {
        "tech_sme_stock",
        "tech_sme_new",
        "hnte_stock",
        "patents_granted",
        "firms",
        "births",
    }


def test_a_level_that_nothing_counts_is_the_median_of_the_models_own_a_year_on_without_the_package(small_outlook):
    rows = tabulate.basis(small_outlook).set_index("target")
    for target in ("deaths", "employment"):
        own = small_outlook.baseline.yearly[target][:, 0]
        assert rows.loc[target, "level"] == np.median(own) != np.mean(own)
        assert (rows.loc[target, "basis"], rows.loc[target, "time"]) == ("assumption", "2017")


def test_a_level_that_is_older_than_the_origin_is_told_with_what_was_made_of_it(make_job):
    job = make_job(origin="2016-12")
    rows = [(year, value) for year, value in ((2021, 127.0), (2022, 151.0))]
    counts = pd.DataFrame(
        [("Smallville", "hnte_stock", str(year), value, "count", "", "register") for year, value in rows],
        columns=["location", "target", "time", "value", "unit", "as_of", "source"],
    )
    carried = Level(261.2, 0.2, "inherited", "own level of 2022", "2026", "register")
    (told,) = statements.carried_levels(replace(job, counts=counts, origin="2026-12"), {"hnte_stock": carried})
    assert "of Smallville: high-tech enterprises with a valid certificate, 2022: 151, taken as 261 in 2026." in told
    assert "origin=2022-12" in told
    counted = replace(carried, basis="observed")
    assert statements.carried_levels(replace(job, counts=counts, origin="2022-12"), {"hnte_stock": counted}) == []


@pytest.mark.parametrize(
    ("targets", "carrier"),
    [
        (("firms",), "Mean growth of their own counts, or none where too few tell it, carries them on"),
        (
            ("patents_granted", "firms"),
            "Growth of other places, and for firms the mean growth of their own counts, or none where too few tell it, "
            "carries them on",
        ),
    ],
)
def test_old_counts_of_firms_are_told_with_what_carries_them(make_job, targets, carrier):
    level = Level(1500.0, 0.1, "inherited", "own level of 2016", "2018", "counts")
    (told,) = statements.carried_levels(make_job(origin="2018-12"), dict.fromkeys(targets, level))
    assert "firms, 2016: 1,300, taken as 1,500 in 2018" in told
    assert f". {carrier}, and no count confirms it; with origin=2016-12 " in told


def test_the_basis_of_a_level_that_was_carried_says_from_when(small_outlook):
    words = "own level of 2013 (1,300) grown 3 y by +10% (mean of 4 yearly increments of its own counts)"
    carried = Level(1430.0, 0.1, "inherited", words, "2016", "counts")
    anchor = replace(small_outlook.anchor, levels={**small_outlook.anchor.levels, "firms": carried})
    row = tabulate.basis(replace(small_outlook, anchor=anchor)).set_index("target").loc["firms"]
    assert row.tolist() == [1430.0, "inherited", "2016", f"{words} [counts]"]


def test_what_nine_of_ten_futures_deliver_is_told_about_a_mean_of_one():
    drawn = np.exp(0.5 * np.random.default_rng(1).standard_normal(400_000) - 0.5**2 / 2)
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert drawn.mean() == pytest.approx(1.0, abs=0.005)
    assert f"between {low:.2g} and {high:.2g} times what is written (delivery_sd=0.5)" in statements.delivery_sentence(
        0.5
    )


@pytest.mark.parametrize(
    ("factor", "told"), [(1e-4, ""), (0.85e-4, ""), (0.5e-4, "is 2 times"), (4e-4, "is 0.25 times")]
)
def test_the_books_own_up_to_research_that_is_not_the_forecasts(factor, told):
    scaling = SimpleNamespace(factors={"rd_expenditure": np.full(3, factor)})  # 100m CNY of a published 10k CNY
    words = money_told.base(SimpleNamespace(scaling=scaling))
    assert told in " ".join(words)
    assert bool(words) == bool(told)


def test_an_instrument_whose_money_pays_nobody_is_named(make_job):
    job = make_job()
    paid, short = list(job.policies)[:2]
    rows = [(paid, 2017, 3.0, 5.0), (short, 2017, 0.0, 43.0), (short, 2018, 0.0, 2.0), ("other", 2017, 0.0, 9.0)]
    ledger = pd.DataFrame(rows, columns=["instrument", "year", "recipients", "refused"])
    (told,) = money_told.unpaid(job, ledger, weight=1)
    assert told.startswith(f"{job.policies[short].label} (policies.{short}) paid nobody and refused 45 applications")
    assert "its money pays for less than one of them" in told
    (told,) = money_told.unpaid(job, ledger, weight=46)
    assert "one simulated firm stands for 46 firms, whose claims are paid together or not at all" in told


def test_instruments_that_pay_more_than_their_budget_are_named_with_the_error_that_lets_them(make_job):
    row = {"family": "award", "rung": "high_tech", "amount": {"2017-01": 20}, "source": "made up"}
    rows = {
        "small": {**row, "budget": {"2017-07": 100}, "label": "Small award"},
        "large": {**row, "budget": {"2017-07": 200}, "label": "Large award"},
        "open": row,
    }
    growth = {"more": {"family": "budget_growth", "rate": {"2018-01": 30}, "source": "made up"}}
    spent = [("small", 2017, 90.0), ("small", 2018, 131.0), ("large", 2018, 259.0), ("open", 2018, 900.0)]
    ledger = pd.DataFrame(spent, columns=["instrument", "year", "outlay_upper"])
    job = replace(make_job(), policies=shelf.build({**rows, **growth}), baseline_policies={})
    assert money_told.overspent(job, ledger) == [
        "More than the written budget of a year is paid in one of twenty futures or more by Small award: budgets too "
        "are delivered with an error (delivery_sd=0.5)."
    ]
    (both,) = money_told.overspent(replace(job, policies=shelf.build(rows)), ledger)
    assert "by Small award, Large award: " in both
    assert money_told.overspent(replace(job, delivery_sd=0.0), ledger) == []
    assert money_told.overspent(replace(job, baseline_policies=job.policies), ledger) == []


def test_targets_that_are_asked_for_and_not_forecast_are_told(make_job, small_outlook):
    job = replace(make_job(), targets=("hnte_stock", "gdp"))
    (told,) = statements.not_shown(job, small_outlook)
    assert told.startswith("Asked for and not forecast, so not shown: gdp (study.targets). What is forecast: ")
    assert "hnte_stock" in told
    assert statements.not_shown(replace(job, targets=("hnte_stock",)), small_outlook) == []
