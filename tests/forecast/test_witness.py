"""A witness tells who acted and was served, and two of them how much would have been done anyway."""

import numpy as np
import pytest

from ecosim.forecast.witness import Witness, anyway, places_in

YEARS = range(2018, 2021)


def seen(luck, act, firms):
    """A witness of acts that are made up, and the same as plain numbers by (year, firm)."""
    witness, plain = Witness(), {}
    for year in YEARS:
        for _ in range(4):
            uids = luck.choice(firms, 30, replace=False)
            amounts = luck.integers(1, 4, uids.size).astype(float)
            witness._acts[act, year].append((uids, amounts))
            for uid, amount in zip(uids.tolist(), amounts.tolist(), strict=True):
                plain[year, uid] = plain.get((year, uid), 0.0) + amount
    return witness, plain


@pytest.mark.parametrize("act", ["hires", "research"])
def test_what_was_done_anyway_is_the_smaller_amount_of_the_same_firm_and_year(act):
    luck = np.random.default_rng(5)
    firms = luck.integers(1, 2**63, 90, dtype=np.uint64)
    full, here = seen(luck, act, firms)
    without, there = seen(luck, act, firms)
    if act == "research":  # counted once a firm
        here, there = dict.fromkeys(here, 1.0), dict.fromkeys(there, 1.0)
    served = {year: luck.choice(firms, 25) for year in YEARS}
    for year, uids in served.items():
        full._served["subsidy", year].append(uids)
    mine = {year: set(uids.tolist()) for year, uids in served.items()}
    done = [sum(here.get((year, uid), 0.0) for uid in mine[year]) for year in YEARS]
    also = [sum(min(here.get((year, uid), 0.0), there.get((year, uid), 0.0)) for uid in mine[year]) for year in YEARS]
    found = anyway(full, without, "subsidy", act, YEARS)
    assert found.tolist() == np.column_stack([done, also]).tolist()
    assert 0 < found[:, 1].sum() < found[:, 0].sum()


def test_places_are_those_of_the_known_ones():
    known, some = np.array([3, 5, 9], np.uint64), np.array([1, 5, 9, 12], np.uint64)
    assert places_in(known, some).tolist() == [1, 2]
    assert places_in(known[:0], some).size == places_in(known, some[:0]).size == 0
