"""A witness tells who acted and was served, and two of them how much would have been done anyway."""

import numpy as np
import pytest

from ecosim.data.periods import year_of
from ecosim.forecast.anyway import ANSWER, WINDOW, anyway
from ecosim.forecast.witness import ACTS_SEEN, COUNTED, NAME, Witness, Year, places_in
from ecosim.model.firms import FIRST_HIGH_TECH, NEW_TECH_SME, RESEARCH
from ecosim.policies import shelf

YEARS = range(2018, 2021)
LONG = range(2017, 2029)


def seen(luck, act, firms):
    """A witness of acts and recipients that are made up, and both as plain numbers by (year, firm)."""
    witness, plain, paid = Witness(["subsidy"]), {}, set()
    for year in YEARS:
        uids = np.sort(luck.choice(firms, 60, replace=False))
        amounts = np.zeros((uids.size, len(ACTS_SEEN)))
        amounts[:, ACTS_SEEN.index(act)] = luck.integers(0, 4, uids.size)
        served = luck.random((uids.size, 1)) < 0.5
        witness._years[year] = Year(uids, amounts, served)
        plain |= dict(zip([(year, uid) for uid in uids.tolist()], amounts[:, ACTS_SEEN.index(act)], strict=True))
        paid |= {(year, uid) for uid in uids[served[:, 0]].tolist()}
    return witness, plain, paid


def test_what_was_done_anyway_is_the_smaller_amount_of_the_same_firm_and_year():
    luck = np.random.default_rng(5)
    firms = luck.integers(1, 2**63, 90, dtype=np.uint64)
    full, here, paid = seen(luck, "hires", firms)
    without, there, _ = seen(luck, "hires", firms)
    keys = {year: [key for key in paid if key[0] == year] for year in YEARS}
    done = [sum(here[key] for key in keys[year]) for year in YEARS]
    also = [sum(min(here[key], there.get(key, 0.0)) for key in keys[year]) for year in YEARS]
    found = anyway(full, without, "subsidy", "hires", YEARS)
    assert found.tolist() == np.column_stack([done, also]).tolist()
    assert 0 < found[:, 1].sum() < found[:, 0].sum()


def told(act, done, served=()):
    """A witness of an instrument: done: {firm: the years in which it acts}, served: the same of being served."""
    witness, row = Witness(["service"]), ACTS_SEEN.index(act)
    done, served = dict(done), dict(served)
    uids = np.array(sorted({*done, *served}), np.uint64)
    for year in LONG:
        amounts, flags = np.zeros((uids.size, len(ACTS_SEEN))), np.zeros((uids.size, 1), np.bool_)
        for k, uid in enumerate(uids.tolist()):
            amounts[k, row] = list(done.get(uid, ())).count(year)
            flags[k] = year in served.get(uid, ())
        some = (amounts > 0).any(axis=1) | flags[:, 0]
        witness._years[year] = Year(uids[some], amounts[some], flags[some])
    return witness


def counts(act, done, without, served, years=None):
    """What `anyway` finds, {year: [acted, also without]}, of years that have a figure."""
    years = years or LONG
    found = anyway(told(act, done, served), told(act, without), "service", act, years)
    return {year: row for year, row in zip(years, found.tolist(), strict=True) if row[0] == row[0]}


def test_an_award_was_given_anyway_where_the_firm_is_certified_within_the_window_without():
    done = {1: [2017], 2: [2017], 3: [2017], 4: [2018]}
    without = {1: [2017 + WINDOW], 2: [2018 + WINDOW], 4: [2017]}  # in time, too late, never, earlier
    found = counts("high_tech", done, without, done)
    assert found == {2017: [3, 1], 2018: [1, 1], **{year: [0, 0] for year in range(2019, LONG.stop - WINDOW)}}


def test_a_year_whose_window_passes_the_horizon_has_no_figure():
    assert list(counts("high_tech", {}, {}, {})) == list(LONG)[:-WINDOW]
    assert list(counts("institute", {}, {}, {})) == list(LONG)[:-WINDOW]
    assert list(counts("certificate", {}, {}, {})) == list(LONG)[: -WINDOW - ANSWER]
    assert not counts("high_tech", {}, {}, {}, LONG[:WINDOW])
    assert list(counts("research", {}, {}, {})) == list(LONG)


@pytest.mark.parametrize("act", ["tech_sme", "high_tech", "certificate", "institute"])
def test_the_share_of_a_year_does_not_depend_on_the_horizon(act):
    luck = np.random.default_rng(6)
    firms = luck.integers(1, 2**63, 400, dtype=np.uint64).tolist()
    done, without, served = (
        {uid: luck.choice(LONG, luck.integers(0, 3), replace=False).tolist() for uid in firms} for _ in range(3)
    )
    whole, whole_without = told(act, done, served), told(act, without)
    far = anyway(whole, whole_without, "service", act, LONG)
    known = ~np.isnan(far[:, 0])
    assert 0 < far[known, 1].sum() < far[known, 0].sum()
    for end in range(1, len(LONG)):
        short, short_without = Witness(["service"]), Witness(["service"])
        for year in LONG[:end]:
            short._years[year], short_without._years[year] = whole._years[year], whole_without._years[year]
        near = anyway(short, short_without, "service", act, LONG[:end])
        shown = ~np.isnan(near[:, 0])
        assert shown.sum() == max(known.sum() - len(LONG) + end, 0)
        assert near[shown].tolist() == far[:end][shown].tolist()


def test_a_certificate_before_the_service_is_no_answer_to_it():
    done = {1: [2017], 2: [2018], 3: [2019]}
    served = {1: [2018], 2: [2018], 3: [2018]}
    assert counts("certificate", done, done, served)[2018] == [2, 2]


def test_the_first_rung_before_the_service_is_not_the_second_one_after_it():
    done = {1: [2017, 2019], 2: [2017, 2019], 3: [2017, 2019], 4: [2019, 2019]}
    without = {1: [2017], 2: [2017, 2019 + WINDOW], 3: [2018, 2018], 4: [2020]}
    served = {uid: [2018] for uid in done}
    assert counts("certificate", done, without, served)[2018] == [4, 3]


def test_a_certificate_long_after_the_service_is_no_answer_to_it():
    done = {1: [2018 + ANSWER], 2: [2019 + ANSWER]}
    assert counts("certificate", done, done, {uid: [2018] for uid in done})[2018] == [1, 1]


def test_a_firm_that_is_served_in_two_years_counts_once_in_the_first():
    found = counts("certificate", {1: [2019], 2: [2018]}, {1: [2020]}, {1: [2017, 2019], 2: [2017, 2018]})
    assert found[2017] == [2, 1]
    assert sum(acted for acted, _ in found.values()) == 2


def test_institutes_count_once_though_they_are_recognized_at_several_rungs():
    done = {1: [2017, 2018, 2019]}
    found = counts("institute", done, {1: [2018]}, done)
    assert sum(np.array(list(found.values()))).tolist() == [1, 1]


class Diary:
    """Notes by plain loops what a witness should know: amounts by (year, firm, act), whom a subsidy paid."""

    moves = ()

    def __init__(self):
        self.done, self.paid = {}, set()

    def revise(self, name, terms, model):
        self.before = dict(model.ledger.recipients)

    def settle(self, name, model, events):
        f, year = model.firms.columns, year_of(model.quarter)
        paying = model.ledger.recipients.get(("research_subsidy", year), 0) != self.before.get(
            ("research_subsidy", year), 0
        )
        classes = model.policies["research_subsidy"].eligible.classes(model.region.zone_names)
        for i in np.flatnonzero(f.alive).tolist():
            acts = {
                "tech_sme": f.event[i] & NEW_TECH_SME != 0,
                "high_tech": f.event[i] & FIRST_HIGH_TECH != 0,
                "certificate": sum(f.event[i] & rung != 0 for rung in (NEW_TECH_SME, FIRST_HIGH_TECH)),
                "institute": any(i in rows.tolist() for rows in model.recognized.values()),
                "research": f.performs[i] == 1,
                "hires": f.vacancies[i] + f.senior_vacancies[i] + f.leader_vacancies[i],
                "applications": f.filed[i],
                "grants": f.inventions_granted[i],
            }
            for act, amount in acts.items():
                key = year, int(f.uid[i]), act
                most = 1.0 if COUNTED[act] == "firms" and act != "certificate" else np.inf  # of those the rungs
                self.done[key] = min(self.done.get(key, 0.0) + float(amount), most)
            if paying and acts["research"] and classes[f.certificate[i], f.kind[i]] and f.aware[i] & RESEARCH:
                self.paid.add((year, int(f.uid[i])))


def test_a_witness_knows_what_a_diary_of_plain_loops_says(make_model, quick, package_rows, national_rows):
    package_rows = {**package_rows, "town_service_centers": {**package_rows["town_service_centers"], "opens": {}}}
    policies = {name: row.policy for name, row in shelf.build({**national_rows, **package_rows}).items()}
    diary, witness = Diary(), Witness(["research_subsidy"])
    policies |= {"diary": diary, NAME: witness}  # after all others, so that both see what they have booked
    model = make_model(firms=250, quarter="2017-09", behaviors=quick, policies=policies)
    for _ in range(11):  # ends within a year; firms close and their rows go to others
        model.step()
    found, paid = {}, set()
    for year in (2017, 2018, 2019, 2020):
        known = witness.year(year)
        assert (np.diff(known.uids) > 0).all()
        for uid, amounts, served in zip(known.uids.tolist(), known.amounts, known.served[:, 0], strict=True):
            found |= {(year, uid, act): amount for act, amount in zip(ACTS_SEEN, amounts, strict=True) if amount}
            paid |= {(year, uid)} if served else set()
    assert found == {key: amount for key, amount in diary.done.items() if amount}
    assert paid == diary.paid
    assert {act for _, _, act in found} == set(ACTS_SEEN)
    assert paid


def test_a_witness_leaves_the_books_and_the_order_of_their_entries_as_they_are(make_model, quick, package_rows):
    package_rows = {**package_rows, "town_service_centers": {**package_rows["town_service_centers"], "opens": {}}}
    policies = {name: row.policy for name, row in shelf.build(package_rows).items()}
    alone = make_model(200, policies=policies, behaviors=quick, quarter="2017-06")
    watched = alone.fork(policies={**policies, NAME: Witness(sorted(policies, reverse=True))})
    for model in (alone, watched):
        for _ in range(6):
            model.step()
    assert list(watched.ledger.slots) == list(alone.ledger.slots)
    assert list(watched.ledger.outlay.items()) == list(alone.ledger.outlay.items())
    assert np.array_equal(watched.history, alone.history)


def test_places_are_those_of_the_known_ones():
    known, some = np.array([3, 5, 9], np.uint64), np.array([1, 5, 9, 12], np.uint64)
    assert places_in(known, some).tolist() == [1, 2]
    assert places_in(known[:0], some).size == places_in(known, some[:0]).size == 0
