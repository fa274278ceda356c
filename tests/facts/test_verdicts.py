"""The register is whole, and the rule of the verdict does what it says."""

import numpy as np
import pytest
from scipy import stats

from ecosim.facts.register import CALIBRATION, FACTS, REPORTED, VALIDATION, Fact
from ecosim.facts.verdict import FAIL, PASS, estimate, failing, judge, table

BAND = Fact("M0", "it", "it", 1.0, 2.0, VALIDATION, "none", "nobody", "because")


def measured(**values):
    middle = {fact.measure: 0.0 if fact.kind == REPORTED else np.clip(0.0, fact.lower, fact.upper) for fact in FACTS}
    return [middle | values for _ in range(5)]


def test_the_register_holds_all_sixteen_facts_and_says_where_each_is_from():
    with_target = [fact for fact in FACTS if fact.kind != REPORTED]
    assert list(dict.fromkeys(fact.fact for fact in with_target)) == [f"M{number}" for number in range(1, 17)]
    for fact in with_target:
        assert fact.kind in (VALIDATION, CALIBRATION)
        assert fact.lower < fact.upper
        assert fact.source
        assert fact.basis
    assert len({fact.measure for fact in FACTS}) == len(FACTS)


def test_the_facts_that_hold_by_tuning_are_no_validation():
    kinds = {fact.fact: fact.kind for fact in FACTS if fact.kind != REPORTED}
    assert kinds["M11"] == kinds["M12"] == CALIBRATION


def test_the_interval_is_that_of_student():
    values = [1.0, 2.0, 4.0, 5.0, 8.0]
    found = estimate(values)
    low, high = stats.t.interval(0.95, 4, loc=4.0, scale=stats.sem(values))
    assert (found.value - found.tolerance, found.value + found.tolerance) == pytest.approx((low, high))


def test_a_fact_passes_inside_its_band_and_where_the_seeds_explain_the_rest():
    assert judge(BAND, estimate([1.5] * 5)) == PASS
    assert judge(BAND, estimate([2.01, 2.02, 2.01, 2.02, 2.01])) == FAIL
    assert judge(BAND, estimate([1.8, 2.3, 1.9, 2.2, 1.95])) == PASS


def test_more_seeds_make_the_verdict_stricter():
    few, many = [1.9, 2.5, 1.95, 2.4, 2.0], [1.9, 2.5, 1.95, 2.4, 2.0] * 8
    assert (judge(BAND, estimate(few)), judge(BAND, estimate(many))) == (PASS, FAIL)


def test_a_measure_that_is_no_number_is_said_and_not_judged():
    with pytest.raises(ValueError, match=r"it is nan.*more firms"):
        judge(BAND, estimate([1.5, float("nan"), 1.5]))


def test_the_table_gives_every_failing_fact_a_reason_and_no_other():
    facts = table(measured(net_entry=0.1))
    assert failing(facts) == ["M16"]
    failed = facts["verdict"] == FAIL
    assert facts.loc[failed, "reason"].str.len().min() > 20
    assert (facts.loc[~failed, "reason"] == "").all()


def test_a_fact_fails_where_one_of_its_measures_does():
    facts = table(measured(performers_large=0.3, performers_rise=-0.1))
    assert failing(facts) == ["M6"]
