"""Indirect inference: a coefficient that made simulated provinces is found again, and weak counts leave the prior."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.calibration import indirect, provinces
from ecosim.calibration.estimate import from_table
from ecosim.calibration.indirect import FIELD, RULE, apply, coefficient_rows, diagnostic_rows, match_inventions
from ecosim.data.panel import COLUMNS, known_at

ORIGIN = "2019-12"


@pytest.fixture(scope="session")
def priors():
    rows = yaml.safe_load((Path(__file__).parents[2] / "configs/behaviors/literature.yaml").read_text(encoding="utf-8"))
    return {name: from_table(name, kind, rows[name]) for name, kind in SHELF.items()}


@pytest.fixture
def small(monkeypatch):
    """Five pairs of small provinces and short spin-ups."""
    monkeypatch.setattr(provinces, "PROVINCE_YEARS", 50)
    monkeypatch.setattr(provinces, "FIRMS", 200)
    monkeypatch.setattr(provinces, "SPIN_UP", 8)


def with_sd(priors, sd):
    covariance = priors[RULE].covariance.copy()
    covariance[FIELD, FIELD] = sd**2
    return priors | {RULE: replace(priors[RULE], covariance=covariance)}


def as_counts(panel):
    return panel.assign(unit="count", as_of="", source="simulated")[list(COLUMNS)]


def test_finds_the_coefficients_that_made_the_provinces(priors, national, monkeypatch):
    """True values 0.3 below and above a wide prior; the counts come from other luck and other deviations of R&D."""
    monkeypatch.setattr(provinces, "PROVINCE_YEARS", 120)
    luck = np.random.default_rng(3)
    wanted = np.cumsum(luck.normal(0, 0.15, (9, 40)), axis=0)  # large, so that the counts say much
    wanted -= wanted.mean(axis=0)
    wanted -= wanted.mean(axis=1, keepdims=True)
    center = Behaviors(**{name: priors[name].center for name in SHELF})
    years, truths = tuple(range(2011, 2020)), (0.25, 0.85)
    panels = provinces.simulate(center, national, years, wanted, (-0.3, 0.3), 99, 1, lambda *_: None)
    wide = with_sd(priors, 0.5)
    found = [match_inventions(as_counts(panel), ORIGIN, wide, national, 5, 1).found for panel in panels]
    for one, truth in zip(found, truths, strict=True):
        assert abs(one.mean - truth) < 2.5 * one.sd
        assert one.contraction > 0.4
        assert one.note.startswith("the counts narrow the prior")
    assert found[1].mean - found[0].mean > 0.3


def test_simulated_r_and_d_deviates_as_it_was_told_to(priors, national, small, monkeypatch):
    monkeypatch.setattr(provinces, "FIRMS", 800)
    wanted = np.linspace(-0.2, 0.2, 6)[:, None] * np.array([1.0, -1.0, 0.5, -0.5, 0.0])
    center = Behaviors(**{name: priors[name].center for name in SHELF})
    (panel,) = provinces.simulate(center, national, tuple(range(2011, 2017)), wanted, (0.0,), 1, 1, lambda *_: None)
    table = panel[panel["target"] == "rd_expenditure"].pivot(index="time", columns="location", values="value")
    plus = table[[name for name in table if name.endswith("+")]].to_numpy()
    minus = table[[name for name in table if name.endswith("-")]].to_numpy()
    apart = 0.5 * (np.log(plus / minus)[-1] - np.log(plus / minus)[0])
    assert sorted(apart) == pytest.approx([-0.4, -0.2, 0.0, 0.2, 0.4], abs=0.04)


def test_the_errors_of_a_line_are_those_of_a_mean_over_pairs_of_provinces(monkeypatch):
    monkeypatch.setattr(indirect, "auxiliary", lambda rows: (rows["outcome"].mean(), 0.0))
    low, high = np.random.default_rng(8).normal([[0.3], [0.6]], 0.1, (2, 6))
    places = [f"pair {pair:02d} {sign}" for sign in "+-" for pair in range(6)]
    tables = (pd.DataFrame({"location": places, "outcome": np.tile(values, 2)}) for values in (low, high))
    middle, slope = 0.5 * (low + high), (high - low) / (2.0 * indirect.STEP)
    expected = [each for some in (middle, slope) for each in (some.mean(), some.std(ddof=1) / np.sqrt(6))]
    assert indirect.binding(*tables) == pytest.approx(expected)


def test_counts_that_say_nothing_leave_the_prior():
    assert indirect.posterior(0.55, 0.06, 5.0, 1e12, 0.6) == pytest.approx((0.55, 0.06))
    assert indirect.posterior(0.55, 0.06, 5.0, 0.01, 0.0) == pytest.approx((0.55, 0.06))
    assert indirect.posterior(0.55, 0.0, 5.0, 0.01, 0.6) == (0.55, 0.0)


def test_counts_without_error_decide_alone():
    """The line b = 0.4 + 0.5 (theta - 0.55) meets 0.5 at 0.75."""
    assert indirect.posterior(0.55, 0.06, 0.1, 0.0, 0.5) == pytest.approx((0.75, 0.0))


def test_the_posterior_is_the_minimum_of_its_criterion():
    mean, _ = indirect.posterior(0.55, 0.2, 0.3, 0.05, 0.6)
    grid = np.linspace(0, 2, 200_001)
    criterion = (0.3 - 0.6 * (grid - 0.55)) ** 2 / 0.05 + (grid - 0.55) ** 2 / 0.04
    assert mean == pytest.approx(grid[criterion.argmin()], abs=1e-5)


@pytest.fixture
def carried_matching(carried, priors, national, small):
    return match_inventions(carried, "2016-12", priors, national, 7, 1)


def test_is_the_same_with_one_and_two_workers(carried, priors, national, carried_matching):
    heard = []
    again = match_inventions(carried, "2016-12", priors, national, 7, 2, lambda *step: heard.append(step))
    assert again == carried_matching
    assert heard[-1][0] == heard[-1][1] == len(heard)


def test_the_error_of_the_simulation_counts_beside_that_of_the_counts(carried_matching):
    found = carried_matching.found
    assert found.auxiliary_at_prior_se > 0.05 * found.auxiliary_data_se
    gap, variance = found.auxiliary_data - found.auxiliary_at_prior, found.auxiliary_data_se**2
    variance += found.auxiliary_at_prior_se**2
    expected = indirect.posterior(found.prior_mean, found.prior_sd, gap, variance, found.slope)
    assert (found.mean, found.sd) == pytest.approx(expected)


def test_says_that_provinces_do_not_identify_the_firms_coefficient(carried_matching, priors):
    found, note = carried_matching
    assert note.startswith("not identified by these data: the prior stays")
    assert found.contraction < indirect.LEAST_CONTRACTION
    assert (found.auxiliary_data, found.auxiliary_data_se) == pytest.approx((1.36, 0.63), abs=0.01)
    assert note in diagnostic_rows(carried_matching)["note"].tolist()
    rows = coefficient_rows(found, priors)
    assert rows["estimate"].tolist() == [0.55, found.mean]
    assert rows["kind"].tolist() == ["literature", "literature"]


def test_replaces_one_mean_and_one_variance_only(carried_matching, priors):
    found = replace(carried_matching.found, mean=0.8, sd=0.02, contraction=0.7)
    new, old = apply(priors, found)[RULE], priors[RULE]
    others = [k for k in range(old.mean.size) if k != FIELD]
    assert (new.mean[FIELD], new.covariance[FIELD, FIELD]) == pytest.approx((0.8, 0.0004))
    assert (new.mean[others] == old.mean[others]).all()
    assert (np.diag(new.covariance)[others] == np.diag(old.covariance)[others]).all()
    assert "matched to provincial counts" in new.sources[FIELD]
    assert old.mean[FIELD] == 0.55
    assert apply(priors, carried_matching.found) is priors  # the counts do not identify it


def test_tells_why_a_short_panel_is_not_matched(carried, priors, national):
    matching = match_inventions(carried, "2013-12", priors, national, 7, 1)
    assert matching.found is None
    assert "not matched: inventions_applied has 0 years and 0 places" in matching.note
    assert apply(priors, None) is priors
    assert diagnostic_rows(matching)["note"].tolist() == [matching.note]
    assert coefficient_rows(None, priors).empty


def test_nothing_after_the_origin_matters(carried, priors, national, carried_matching):
    cut = known_at(carried, "2016-12")
    assert match_inventions(pd.DataFrame(cut), "2016-12", priors, national, 7, 1) == carried_matching
