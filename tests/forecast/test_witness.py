"""A witness tells who acted and was served, and two of them how much would have been done anyway."""

import numpy as np

from ecosim.data.periods import year_of
from ecosim.forecast.witness import ACTS_SEEN, COUNTED, NAME, Witness, Year, anyway, places_in
from ecosim.model.firms import FIRST_HIGH_TECH, NEW_TECH_SME, RESEARCH
from ecosim.policies import shelf

YEARS = range(2018, 2021)


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


def test_a_certificate_was_given_anyway_where_the_firm_has_it_in_any_year():
    luck = np.random.default_rng(6)
    firms = luck.integers(1, 2**63, 90, dtype=np.uint64)
    full, here, paid = seen(luck, "high_tech", firms)
    without, there, _ = seen(luck, "high_tech", firms)
    ever_here, ever_there = ({uid for (_, uid), amount in acts.items() if amount} for acts in (here, there))
    keys = {year: {uid for when, uid in paid if when == year} for year in YEARS}
    expected = [[len(keys[year] & ever_here), len(keys[year] & ever_here & ever_there)] for year in YEARS]
    found = anyway(full, without, "subsidy", "high_tech", YEARS)
    assert found.tolist() == expected
    assert 0 < found[:, 1].sum() < found[:, 0].sum()


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
                "certificate": f.event[i] & (NEW_TECH_SME | FIRST_HIGH_TECH) != 0,
                "institute": any(i in rows.tolist() for rows in model.recognized.values()),
                "research": f.performs[i] == 1,
                "hires": f.vacancies[i] + f.senior_vacancies[i] + f.leader_vacancies[i],
                "applications": f.filed[i],
                "grants": f.inventions_granted[i],
            }
            for act, amount in acts.items():
                key = year, int(f.uid[i]), act
                most = 1.0 if COUNTED[act] == "firms" else np.inf
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
