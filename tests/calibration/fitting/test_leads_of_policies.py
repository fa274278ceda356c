"""The lead placebo: a policy that reacts fails it, one that acts does not, and a weak one is said to be weak."""

import numpy as np
import pytest

from ecosim.calibration.fitting import FAILS, Equation, fit
from ecosim.calibration.fitting.leads import Slope, verdict

SEEDS = range(10)
SPENDING = "lag(spending)"


def fitted(made, seed, reacts, size=0.15, units=60):
    """Counts on last year's spending; with `reacts` spending follows what the counts will be."""
    data, luck = made(seed, units=units), np.random.default_rng(seed)
    shock = luck.normal(0, 0.3, len(data))
    data["spending"] = luck.normal(0, 1.0, len(data)) + (2.0 * shock if reacts else 0.0)
    last = data.groupby("firm")["spending"].shift(1).fillna(0.0)
    noise = luck.normal(0, 0.3, len(data))
    if reacts:  # what drives next year's spending drives this year's counts
        noise = data.assign(shock=shock).groupby("firm")["shock"].shift(-1).fillna(0.0)
    data["y"] = luck.poisson(np.exp(3.0 + size * last + data["effect"] + noise))
    equation = Equation(
        "p", "y", ("x", SPENDING), fixed_effects=("firm", "year"), clusters="firm", policies=(SPENDING,), unit="firm"
    )
    return fit(equation, data)


def test_a_policy_that_foresees_the_outcome_fails_its_placebo(made):
    found = [fitted(made, seed, reacts=True) for seed in SEEDS]
    assert all(result.tested[0].flag == FAILS for result in found)
    assert (found[0].coefficients.set_index("term").loc[SPENDING, "use"]) == FAILS
    assert found[0].placebos["flag"].tolist() == [FAILS]


def test_a_policy_that_acts_passes_about_as_often_as_the_test_says(made):
    flags = [fitted(made, seed, reacts=False).tested[0].flag for seed in range(30)]
    assert sum(flag == FAILS for flag in flags) <= 8  # 10 % of 30, three standard errors above
    assert sum(flag.startswith("passes") for flag in flags) >= 20


def test_a_placebo_with_wide_errors_says_that_it_cannot_tell(made):
    found = [fitted(made, seed, reacts=False, size=0.0, units=25) for seed in SEEDS]
    flags = [result.tested[0].flag for result in found]
    assert sum("cannot tell" in flag for flag in flags) >= 6
    assert sum(flag.startswith("passes") for flag in flags) <= 2
    uses = [result.coefficients.set_index("term").loc[SPENDING, "use"] for result in found]
    assert not any("may enter" in use for use, flag in zip(uses, flags, strict=True) if "cannot tell" in flag)


@pytest.mark.parametrize(
    ("slope", "lead", "says"),
    [
        (1.0, 0.165, "fails its placebo"),
        (1.0, -0.165, "fails its placebo"),
        (1.0, 0.164, "passes its placebo"),
        (0.165, 0.0, "passes its placebo"),
        (-0.164, 0.0, "its placebo cannot tell: a lead as large as the slope (0.164)"),
    ],
)
def test_a_lead_is_judged_at_ten_percent_and_by_the_size_that_would_be_seen(slope, lead, says):
    own = Slope(slope, 0.1)
    assert verdict(own, own, Slope(lead, 0.1)).startswith(says)


def test_slopes_and_leads_stand_on_the_same_rows(made):
    placebo = fitted(made, 1, reacts=False).tested[0]
    assert placebo.lead == "lead(spending)"
    assert placebo.rows == 60 * 6  # of eight years, the first has no lag and the last no lead


def test_without_a_later_year_there_is_no_placebo_and_no_counterfactual(made):
    data = made(1, years=3)
    data["policy"] = np.random.default_rng(1).normal(size=len(data))
    data["y"] = np.random.default_rng(2).poisson(5.0, len(data))
    term = "lag(policy, 2)"
    data.loc[data["year"] == 2002, "policy"] = np.nan  # with neither this year's nor a later one
    equation = Equation("p", "y", ("x", term), policies=(term,), unit="firm", time="year")
    found = fit(equation, data)
    assert found.tested == ()
    assert found.coefficients.set_index("term").loc[term, "use"].endswith("not for counterfactuals")
