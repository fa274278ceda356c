"""Places in programs are never exceeded and go to those that rank first; centers, drives, institutes, prizes."""

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.model import offers, settlement
from ecosim.model.ecosystem import Events
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, INSTITUTES, RESEARCH, Firms, empty
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.offers import VISIT, Offer
from ecosim.policies import shelf
from ecosim.policies.eligibility import EligibilityError

NOBODY = Events(np.zeros(0, np.int64))


def row(family, **values):
    return {"mine": {"family": family, "source": "test", **values}}


@pytest.fixture
def world(make_model):
    """A model whose offers of the coming quarter were given: world(rows, quarter=.., firms=.., weight=..)."""

    def build(rows, quarter="2017-Q3", firms=200, weight=1, **columns):
        policies = {name: row.policy for name, row in shelf.build(rows).items()}
        model = make_model(firms, policies=policies, quarter=quarter, weight=weight)
        for name, values in {"performs": 1, "research": 5.0, **columns}.items():
            model.agents.set(name, values)
        return give(model, quarter)

    return build


def give(model, quarter):
    model.quarter = quarter_index(quarter)
    model.take_survey()
    model.revise_terms()
    model.give_places()
    model.settle(NOBODY)
    model.count_take_up()
    return model


def paid(model, year=2017):
    return model.ledger.outlay["mine", year] / FEN_PER_UNIT


def test_visits_never_exceed_their_capacity_and_go_to_firms_that_do_not_know(world):
    model = world(row("discovery_visits", capacity={"2017-07": 15}, cost=0.2), aware=0)
    model.agents.select(at_most=190).set("aware", CERTIFICATION)
    give(model, "2017-Q4")
    assert model.agents.visited.sum() == 10
    assert not np.any(model.agents.visited[model.agents.aware == CERTIFICATION])
    model.agents.set("aware", 0)
    give(model, "2018-Q1")
    assert model.agents.visited.sum() == 15
    assert paid(model, 2018) == pytest.approx(3.0)
    assert model.ledger.recipients["mine", 2018] == 15


def test_parts_of_places_add_up_over_the_quarters_and_never_beyond(world):
    model = world(row("discovery_visits", capacity=2.5), aware=0)
    taken = [int(model.agents.visited.sum())]
    for text in ("2017-Q4", "2018-Q1", "2018-Q2"):
        taken.append(int(give(model, text).agents.visited.sum()))
    assert taken == [2, 3, 2, 3]


def test_an_agent_of_several_firms_takes_as_many_places(world):
    model = world(row("discovery_visits", capacity=45, cost=0.2), aware=0, weight=3)
    assert model.agents.visited.sum() == 15
    assert model.ledger.recipients["mine", 2017] == 45
    assert model.taken["mine"].wanted == 600


def reordered(firms, order):
    """The same firms in other rows."""
    columns = empty(firms.capacity)
    for name in columns._fields:
        getattr(columns, name)[: order.size] = getattr(firms.columns, name)[order]
    return Firms(columns, np.empty(0, np.int64), order.size)


def test_takers_are_the_same_whatever_the_order_of_the_rows(make_model, package_rows):
    rows = {name: r for name, r in package_rows.items() if r["group"] in ("service", "research", "certification")}
    policies = {name: row.policy for name, row in shelf.build(rows).items()}
    model = make_model(400, policies=policies, quarter="2017-Q4")
    luck = np.random.default_rng(5)
    model.agents.set("performs", luck.integers(0, 2, 400)).set("aware", luck.integers(0, 16, 400))
    model.agents.set("patents", luck.integers(0, 5, 400)).set("knowledge", luck.uniform(1, 99, 400))
    model.agents.set("waiting", luck.integers(0, 3, 400)).set("research", luck.uniform(100, 999, 400))
    other = make_model(reordered(model.firms, luck.permutation(400)), policies=policies, quarter="2017-Q4")
    for each in (model, other):
        each.take_survey()
        each.revise_terms()
        each.give_places()
    assert set(model.taken) == set(other.taken)
    uids = [[set(m.firms.columns.uid[m.taken[key].rows].tolist()) for key in model.taken] for m in (model, other)]
    assert uids[0] == uids[1]
    assert all(uids[0])
    recognized = [
        {rung: set(m.firms.columns.uid[rows].tolist()) for rung, rows in m.recognized.items()} for m in (model, other)
    ]
    assert recognized[0] == recognized[1] != {}


def test_counsel_goes_to_performers_that_know_and_lack_the_certificate_and_lasts_a_year(world):
    model = world(row("one_to_one_service", capacity=10, cost=1.5), aware=CERTIFICATION, certificate=HIGH_TECH)
    assert not model.agents.assisted.any()
    model.agents.select(at_most=12).set("certificate", 0)
    model.agents[0].performs = 0
    give(model, "2017-Q4")
    assert np.flatnonzero(model.agents.assisted).size == 10
    assert set(model.agents.assisted[model.agents.assisted > 0]) == {5}
    assert np.all(model.agents.aware[model.agents.assisted > 0] & RESEARCH > 0)
    assert paid(model) == 15.0
    give(model, "2018-Q1")
    assert np.flatnonzero(model.agents.assisted).size == 11  # those in service wait for its last quarter


def test_liaison_officers_go_to_performers_and_larger_firms_first(world, center):
    model = world(row("liaison_officers", capacity=20, cost=0.1), performs=0, log_employees=np.log(50.0))
    model.agents.set("liaison", 0).select(at_most=50).set("performs", 1).set("log_employees", np.log(9_000.0))
    give(model, "2017-Q4")
    assert model.agents.liaison[:50].sum() == 20
    assert model.agents.liaison.sum() == 20
    give(model, "2018-Q1")
    assert model.agents.liaison.sum() == 40


def test_cultivation_visits_foreign_firms_and_follows_them_up(world):
    rows = row("foreign_cultivation", capacity=5, visit_cost=0.5, counsel_cost=2.0)
    model = world(rows, aware=0)
    foreign = model.agents.ownership >= 2
    assert model.agents.visited.sum() == model.agents.visited[foreign].sum() == 5
    assert model.taken["mine.visits"].rows.size == 5
    assert model.taken["mine.counsel"].rows.size == 0
    model.agents.set("aware", CERTIFICATION)
    give(model, "2017-Q4")
    assert np.count_nonzero(model.agents.assisted) == np.count_nonzero(model.agents.assisted[foreign]) == 5
    assert paid(model) == 5 * 0.5 + 5 * 2.0


def test_no_firm_is_visited_twice_by_two_programs(world):
    two = {**row("discovery_visits", capacity=120), "more": row("discovery_visits", capacity=150)["mine"]}
    model = world(two, aware=0)
    rows = np.concatenate([taken.rows for taken in model.taken.values()])
    assert rows.size == np.unique(rows).size == 200


def test_a_center_works_in_its_town_alone_from_its_date(world):
    rows = row("town_service_centers", rate=50, cost=5, opens={"park": "2017-09", "town": "2018-03"})
    model = world(rows, quarter="2017-Q2")
    reached = [tuple(give(model, text).terms.reach) for text in ("2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1")]
    assert reached == [(0.0, 0.0), (0.0, 0.5), (0.0, 0.5), (0.5, 0.5)]
    assert paid(model) == 10
    assert paid(model, 2018) == 10
    give(model, "2018-Q2")
    assert [model.ledger.recipients["mine", year] for year in (2017, 2018)] == [1, 2]  # once in a year


def test_a_center_in_no_town_and_a_date_that_is_none_are_named(world):
    with pytest.raises(EligibilityError, match=r"no zone 'parc'.*park"):
        world(row("town_service_centers", rate=50, opens={"parc": "2017-09"}))
    with pytest.raises(shelf.PolicyError, match="soon"):
        shelf.build(row("town_service_centers", rate=50, opens={"park": "soon"}))
    with pytest.raises(shelf.PolicyError, match="no table of zones"):
        shelf.build(row("town_service_centers", rate=50, opens="2017-09"))


@pytest.mark.parametrize("drive_first", [True, False])
def test_a_drive_multiplies_places_in_its_quarters_alone_wherever_its_row_stands(world, drive_first):
    drive = {"drive": row("drive", rate={"2017-07": 100, "2017-10": 0})["mine"]}
    visits = row("discovery_visits", capacity=10)
    model = world({**drive, **visits} if drive_first else {**visits, **drive}, quarter="2017-Q2", aware=0)
    counts = [int(model.agents.visited.sum())]
    for text in ("2017-Q3", "2017-Q4"):
        counts.append(int(give(model, text).agents.visited.sum()))
    assert counts == [10, 20, 10]


def test_better_service_multiplies_what_a_visit_achieves(world):
    assert world(row("service_quality", rate=10)).terms.quality[0] == pytest.approx(1.1)


def test_a_drive_leaves_prizes_alone(world):
    rows = {"drive": row("drive", rate=100)["mine"], **row("science_prize", capacity=3, amount=5)}
    model = world(rows, quarter="2017-Q4", patents=2, knowledge=np.arange(200.0))
    assert paid(model) == 15


# --- institutes -----------------------------------------------------------------------------------------------


REVIEW = {"city": 8, "provincial_center": 4, "provincial_institute": 4, "key_institute": 2}


def test_reviews_never_exceed_their_places_and_nobody_climbs_two_rungs(world):
    model = world(row("institute_review", **REVIEW), quarter="2017-Q1", waiting=0)
    before = np.repeat([0, 1, 2, 3], 50)
    model.agents.set("institute", before)
    for quarters, text in enumerate(("2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1"), start=1):
        model.agents.set("waiting", 1).set("institute", before)
        give(model, text)
        climbed = model.agents.institute - before
        assert set(climbed) == {0, 1}
        assert [int(climbed[before == rung].sum()) for rung in range(4)] == [2, 1, 1, quarters % 2]
        assert not model.agents.waiting[climbed == 1].any()


def test_firms_that_waited_longer_come_first_and_the_better_among_them(world):
    model = world(row("institute_review", city=12), quarter="2017-Q1", waiting=0)
    model.agents.set("waiting", np.repeat([1, 2], [197, 3])).set("research", np.repeat([999.0, 20.0], [190, 10]))
    model.agents[10].research = 9_999.0
    model.agents[11].waiting = 2
    give(model, "2017-Q2")
    assert set(np.flatnonzero(model.agents.institute)) <= {11, 197, 198, 199}
    assert 11 in np.flatnonzero(model.agents.institute)
    give(model, "2017-Q3")
    assert {10, 11, 197, 198, 199} <= set(np.flatnonzero(model.agents.institute))


def test_places_for_so_many_firms_grow_with_their_number(world):
    few, many = (world(row("institute_review", city=40, per=100), firms=n).terms.review_places[1] for n in (100, 300))
    assert (few, many) == (10.0, 30.0)


def test_a_drive_doubles_reviews(world):
    rows = {**row("institute_review", city=8), "drive": row("drive", rate=100)["mine"]}
    assert (world(rows, waiting=1).agents.institute == 1).sum() == 4


def test_no_other_effort_than_a_drive_makes_more_reviews(world):
    mission = {"observable": "institutes_key", "deadline": "2018-12", "rate": 300}
    others = {"aim": row("mission", **mission)["mine"], "review": row("institute_review", city=8)["mine"]}
    rows = {**row("discovery_visits", capacity=10), **others}
    model = world(rows, waiting=1, aware=0)
    assert model.terms.effort[0] == 7.0  # the only mission is the nearest: twice 300 %
    assert model.agents.visited.sum() == 70
    assert (model.agents.institute == 1).sum() == 2


def test_an_award_is_promised_by_rung_and_paid_for_what_was_recognized(world):
    award = row("institute_award", city=10, provincial_center=50, key_institute=300, budget=100)
    rows = {**award, "review": row("institute_review", city=12, provincial_center=8)["mine"]}
    model = world(rows, quarter="2017-Q3", waiting=0)
    assert [term.max() for term in model.terms.institute_award] == [0, 10, 50, 0, 0]  # 300 is beyond the budget
    model.agents.set("waiting", 1).set("institute", np.repeat([0, 1], 100))
    give(model, "2017-Q4")
    assert paid(model) == 100  # two centers; nothing is left for three city institutes
    assert (model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]) == (2, 3)
    assert model.agents.cash.sum() == 100


def test_institutes_climb_one_rung_a_review_in_the_running_model(make_model, quick, national, run):
    behaviors = quick._replace(
        institutes=quick.institutes._replace(city=3.0, provincial_center=3.0, provincial_institute=3.0)
    )
    review = shelf.build(row("institute_review", city=20, provincial_center=8, provincial_institute=2))["mine"].policy
    model = make_model(400, behaviors=behaviors, policies={**national, "review": review})
    recognized = np.zeros(len(INSTITUTES))
    for quarter in range(1, 21):
        before = dict(zip(model.firms.columns.uid.tolist(), model.firms.columns.institute.tolist(), strict=True))
        model.step()
        for rung, rows in model.recognized.items():
            recognized[rung] += rows.size
        columns = model.firms.columns
        for row_ in model.firms.rows:
            assert columns.institute[row_] <= before.get(int(columns.uid[row_]), 0) + 1
        # the national places beside the region's own, which grow with the firms
        most = np.array([0, 5, 2, 0.5, 0]) * quarter + model.review_left + quarter * 0.004 * len(model.firms)
        assert np.all(recognized <= most + 1)
    assert np.all(recognized[1:3] > 0)


# --- patents and prizes ---------------------------------------------------------------------------------------


def test_a_patent_subsidy_pays_for_each_application_while_the_budget_lasts(world):
    rows = row("patent_subsidy", rate=30, amount=0.2, budget=4)
    model = world(rows, quarter="2017-Q3", aware=RESEARCH, filed=0)
    assert set(model.terms.patent_subsidy) == {0.3}
    model.agents.select(at_most=40).set("filed", 2)
    model.agents[0].aware = CERTIFICATION
    give(model, "2017-Q4")
    assert paid(model) == pytest.approx(4.0, abs=0.01)
    assert model.ledger.expected_of("mine") == pytest.approx(4 / (39 * 0.4))
    model.revise_terms()
    assert model.terms.patent_subsidy.max() == pytest.approx(0.3 * 4 / (39 * 0.4))


def test_a_subsidy_for_inventions_pays_for_grants_alone(world):
    rows = row("patent_subsidy", premium=5, amount=1.0, pays="granted_invention")
    model = world(rows, aware=RESEARCH, filed=3, inventions_granted=0)
    assert set(model.terms.invention_premium) == {0.05}
    assert not model.terms.patent_subsidy.any()
    model.agents.select(at_most=4).set("inventions_granted", 2)
    give(model, "2017-Q4")
    assert paid(model) == 8.0


def test_prizes_go_once_a_year_to_the_firms_with_most_patents_and_knowledge(world):
    rows = row("science_prize", capacity=20, amount=5)
    model = world(rows, quarter="2017-Q3", patents=np.arange(200), knowledge=10.0 + np.arange(200.0))
    assert paid(model) == 0
    give(model, "2017-Q4")
    assert paid(model) == 100
    assert np.flatnonzero(model.agents.cash).tolist() == list(range(180, 200))
    assert set(model.agents.cash[180:]) == {5.0}
    give(model, "2018-Q1")
    assert paid(model, 2018) == 0


def test_prizes_stop_where_the_grown_budget_of_the_year_ends(world):
    rows = {**row("science_prize", capacity=20, amount=5, budget=22), "growth": row("budget_growth", rate=50)["mine"]}
    model = world(rows, quarter="2017-Q4", weight=2, patents=1, knowledge=10.0 + np.arange(200.0))
    assert paid(model) == 30  # of 33, for agents of two firms
    assert (model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]) == (6, 14)


def test_an_offer_of_nothing_takes_nobody(make_model):
    model = make_model(50, policies={})
    model.offers.append(Offer("nobody", VISIT, 0.0, np.ones(model.terms.clean_up.size, bool)))
    offers.give(model)
    assert model.taken["nobody"].rows.size == 0
    assert not model.firms.columns.visited.any()


@pytest.mark.parametrize(("places", "taken"), [(-5.0, 0), (1e20, None)])
def test_fewer_places_than_none_are_none_and_more_than_firms_are_for_all(make_model, places, taken):
    class Own:
        """Offers places and one of its own beside them, and charges for both by claims and fees."""

        def revise(self, name, terms, model):
            everybody = np.ones(terms.founding.size, bool)
            model.offers += [Offer(name, VISIT, places, everybody), Offer(name, VISIT, 7, everybody, "more")]

        def settle(self, name, model, events):
            settlement.settle(name, self.claim(model), model)
            settlement.charge(name, self.fees(name), model, events)

        def claim(self, model):
            everybody = np.ones((3, model.terms.founding.size), bool)
            return settlement.Claim("newcomers", everybody, (), (1 / FEN_PER_UNIT,))  # a fen

        def fees(self, name):
            return {name: 1.0, f"{name}.more": 1.0}

    model = make_model(200, policies={"own": Own()}, quarter="2017-Q1")
    model.step()
    few, more = model.taken["own"].rows.size, model.taken["own.more"].rows.size
    assert few == (model.taken["own"].wanted if taken is None else taken)
    assert more == min(7, model.taken["own.more"].wanted)
    served = few + more
    model.step()
    served += sum(model.taken[key].rows.size for key in ("own", "own.more"))
    fees, claims = divmod(model.ledger.outlay["own", 2017], FEN_PER_UNIT)
    assert fees == served
    assert claims > 0
