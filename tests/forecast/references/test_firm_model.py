"""The firm model in the race: what it forecasts, how, and where it says that it does not."""

import numpy as np
import pandas as pd
import pytest

from ecosim.forecast.accounts.firms import FAMILIES
from ecosim.forecast.evaluation import grid
from ecosim.forecast.evaluation.forecaster import Ahead, NoForecast, Paths
from ecosim.forecast.references.firm_model import FirmModel, _books, _with_books


def make_history(targets, places=4, years=14, quarterly=False, seed=1, late=""):
    luck = np.random.default_rng(seed)
    rows = []
    for place in range(places):
        stock, people = 1_000.0, 8_000.0
        for year in range(years):
            born, gone = (round(stock * rate * np.exp(0.1 * luck.standard_normal())) for rate in (0.12, 0.10))
            stock, people = stock + born - gone, people * np.exp(0.02 + 0.02 * luck.standard_normal())
            values = {"firms": stock, "births": born, "deaths": gone, "employment": round(people), "widgets": born,
                      "hnte_certifications": born, "hnte_stock": 3 * born}  # fmt: skip
            time = f"{2000 + year // 4}-Q{year % 4 + 1}" if quarterly else str(2000 + year)
            rows += [(f"place {place}", name, time, float(values[name])) for name in targets]
    counts = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
    counts = counts[(counts["target"] != late) | (counts["time"] != counts["time"].max())]
    laid = grid.lay_out(counts.assign(unit="count", as_of="", source="test"), (), (), 5, None, {})
    return grid.history_at(laid, laid.last, None, 5)


def fit(history, samples=200):
    return FirmModel().fit(history, sorted(history.series), Ahead(3, samples, 1))


@pytest.mark.parametrize(
    "targets",
    [("firms", "births", "deaths", "employment"), ("firms", "deaths"), ("firms", "births"), ("firms", "employment")],
)
def test_it_forecasts_what_is_known_of_firms(targets):
    found = fit(make_history(targets))
    assert all(isinstance(each, Paths) and np.isfinite(each.values).all() for each in found.values())


def test_counts_that_are_published_a_year_late_do_not_move_by_a_year_in_the_books():
    whole, late = (make_history(FAMILIES[0], late=target) for target in ("", "births"))
    books, derived = (_books(each, FAMILIES[0], _with_books(each, FAMILIES[0])) for each in (whole, late))
    assert derived.births[:, 1:] == pytest.approx(books.births[:, 1:])
    assert np.nanmax(np.abs(derived.misses)) == 0.0
    unpeopled = make_history(FAMILIES[0], late="employment")
    assert _books(unpeopled, FAMILIES[0], _with_books(unpeopled, FAMILIES[0])).people is None
    assert "not of the origin's year" in str(fit(unpeopled)["place 0", "employment"])


@pytest.mark.parametrize("places", [1, 2])
def test_one_place_is_enough(places):
    assert all(isinstance(each, Paths) for each in fit(make_history(("firms", "deaths"), places)).values())


def test_what_is_no_count_of_the_model_and_quarters_are_not_forecast():
    found = fit(make_history(("firms", "deaths", "widgets")))
    assert "no count of the firm model" in str(found["place 0", "widgets"])
    quarters = fit(make_history(("firms", "deaths"), quarterly=True))
    assert all(isinstance(each, NoForecast) and "yearly" in str(each) for each in quarters.values())


def test_the_stock_of_certificates_starts_from_the_register():
    history = make_history(("hnte_certifications", "hnte_stock"))
    found = fit(history, 2_000)
    flow, stock = found["place 0", "hnte_certifications"], found["place 0", "hnte_stock"]
    last = history.series["place 0", "hnte_certifications"].values[-3:]
    register = history.series["place 0", "hnte_stock"].values[-1]
    assert stock.values[:, 0] == pytest.approx((last[1:].sum() + flow.values[:, 0]) * register / last.sum(), abs=1.0)


def test_luck_does_not_depend_on_what_else_is_wanted():
    history = make_history(("firms", "births", "deaths"))
    all_of_them = fit(history)
    alone = FirmModel().fit(history, [("place 2", "deaths")], Ahead(3, 200, 1))
    assert np.array_equal(all_of_them["place 2", "deaths"].values, alone["place 2", "deaths"].values)
