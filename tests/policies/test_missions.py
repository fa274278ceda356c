"""Missions raise effort while they are open and fall back; the effort rule follows the rank."""

from dataclasses import replace

import pytest

from ecosim.data.periods import quarter_index
from ecosim.model.ecosystem import OBSERVED
from ecosim.model.firms import HIGH_TECH
from ecosim.model.region import OWNERSHIP, Monitoring
from ecosim.policies import shelf
from ecosim.policies.effort_rule import rank_last_year

JAPANESE = OWNERSHIP.index("japanese")


@pytest.fixture
def world(make_model):
    def build(quarter="2016-12", **rows):
        built = shelf.build({name: {"source": "test", **row} for name, row in rows.items()})
        return make_model(120, policies={name: row.policy for name, row in built.items()}, quarter=quarter)

    return build


def mission(**values):
    return {"family": "mission", "deadline": "2018-12", "observable": "japanese_hnte_stock", **values}


def begin(model):
    """The beginning of the next quarter."""
    model.quarter += 1
    model.in_quarter = True
    model.revise_terms()


def end(model):
    model.take_survey()
    model.progress.take(model)
    model.history.append(model.observe())
    model.in_quarter = False


def test_effort_rises_from_the_first_date_until_the_aim_is_reached(world):
    model = world(mine=mission(rate={"2017-07": 20}))
    efforts = []
    for quarter in range(6):
        begin(model)
        efforts.append(float(model.terms.effort[0]))
        if quarter == 3:
            model.agents.select(at_most=2).set("ownership", JAPANESE).set("certificate", HIGH_TECH)
        end(model)
    assert efforts == [1.0, 1.0, 1.4, 1.4, 1.0, 1.0]  # the only mission is the nearest: twice 20 %
    assert model.pursuits["mine"].reached == quarter_index("2017-Q4")
    model.agents.set("certificate", 0)
    begin(model)
    assert model.terms.effort[0] == 1.0, "a mission that was reached is over"


def test_effort_ends_with_the_deadline(world):
    model = world("2018-Q2", mine=mission(rate={"2017-01": 20}, capacity={"2017-01": 3}))
    places = []
    for _ in range(4):
        begin(model)
        places.append((float(model.terms.effort[0]), [offer.places for offer in model.offers]))
        end(model)
    assert places[:2] == [(1.4, [6.0, 6.0])] * 2
    assert places[2:] == [(1.0, [])] * 2
    assert model.pursuits["mine"].reached is None


def test_a_mission_works_on_its_own_classes_and_books_what_it_takes(world):
    model = world(mine=mission(capacity=4, cost=0.5, eligible={"ownership": ["foreign"]}))
    model.agents.set("aware", 0)
    model.step()
    visited = model.taken["mine.visits"].rows
    assert visited.size == 8
    assert set(model.firms.columns.ownership[visited]) == {OWNERSHIP.index("foreign")}
    taken = visited.size + model.taken["mine.counsel"].rows.size
    assert model.ledger.outlay["mine", 2017] == taken * 500_000
    assert model.ledger.recipients["mine", 2017] <= taken


def test_the_mission_nearest_to_its_aim_gets_more(world):
    near = mission(observable="firms", at_least=125, rate=10)
    far = mission(observable="firms", at_least=12_500, rate=10)
    model = world(a_far=far, near=near)
    begin(model)
    assert model.terms.effort[0] == pytest.approx(1.1 * 1.2)
    assert model.pursuits["near"].share > model.pursuits["a_far"].share


def test_one_mission_is_the_nearest_in_the_quarters_in_which_others_begin_and_end(world):
    last = mission(observable="firms", at_least=12_500, rate=10)
    near = mission(observable="firms", at_least=125, rate={"2017-04": 10}, deadline="2017-09")
    for rows in ({"last": last, "near": near}, {"near": near, "last": last}):
        model, efforts = world(**rows), []
        for _ in range(4):
            begin(model)
            efforts.append(float(model.terms.effort[0]))
            end(model)
        assert efforts == pytest.approx([1.2, 1.1 * 1.2, 1.1 * 1.2, 1.2]), "in either order of the rows"


def test_a_mission_may_wait_for_another_instrument(world):
    park = {"family": "budget_growth", "rate": {"2017-07": 1}}
    aim = {"family": "mission", "deadline": "2018-12", "instrument": "park", "rate": 10}
    model = world(park=park, mine=aim)
    for _ in range(4):
        begin(model)
        end(model)
    assert model.pursuits["mine"].reached == quarter_index("2017-Q3")


def test_an_aim_may_be_a_multiple_of_the_start(world):
    model = world(mine=mission(observable="rd_performers", per="firms", at_least=1.5, relative=True, rate=10))
    begin(model)
    end(model)
    assert model.pursuits["mine"].reached is None
    model.agents.set("performs", 1)
    begin(model)
    end(model)
    begin(model)
    assert model.pursuits["mine"].reached == quarter_index("2017-Q2")


def test_a_fork_remembers_missions_and_what_was_observed(world):
    aims = {
        "done": mission(observable="firms", at_least=60, rate=10),
        "slow": mission(observable="rd_performers", quarters=4, at_least=1.5, relative=True, rate=10),
    }
    model = world(**aims)
    for _ in range(3):
        begin(model)
        end(model)
    assert model.pursuits["done"].reached == quarter_index("2016-12")
    same, other = model.fork(), model.fork(policies=world(**aims, more=mission()).policies)
    assert same.pursuits == other.pursuits == model.pursuits
    assert same.pursuits["slow"] is not model.pursuits["slow"]
    aims["done"]["at_least"] = 999
    changed = model.fork(policies=world(**aims).policies)
    assert set(changed.pursuits) == {"slow"}, "another aim is another mission"
    assert not same.history
    for each in (same, model):
        each.agents.set("performs", 1)
        begin(each)
    assert same.pursuits["slow"] == model.pursuits["slow"]
    assert len(same.recent(12)) == len(model.recent(12)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observable": "japanese_hnte"}, "unknown observable.*japanese_hnte_stock"),
        ({"observable": ""}, "one aim"),
        ({"instrument": "park"}, "one aim"),
        ({"deadline": "soon"}, "no time"),
    ],
)
def test_a_mission_that_cannot_be_read_is_explained(world, change, message):
    with pytest.raises(shelf.PolicyError, match=f"policies.mine.*{message}"):
        world(mine=mission(**change))


def test_effort_follows_the_rank_of_last_year(world):
    model = world(mine={"family": "effort_rule", "rate": 50, "aim": 3})
    begin(model)
    assert model.terms.effort[0] == 1.0, "a place in no ranking"
    object.__setattr__(model.region, "monitoring", Monitoring(places=90, rank=25))
    try:
        model.revise_terms()
        assert model.terms.effort[0] == pytest.approx(1 + 0.5 * 22 / 87)
        rank = OBSERVED.index("progress_rank")
        for place in (70.0, 60.0, 50.0, 40.0):
            end(model)
            model.history[-1][rank] = place
            begin(model)
        assert rank_last_year(model) == 40.0
        assert model.terms.effort[0] == pytest.approx(1 + 0.5 * 37 / 87)
        end(model)
        model.history[-1][rank] = 1.0
        begin(model)
        assert rank_last_year(model) == 40.0, "the rank of a year holds until the next year's"
    finally:
        object.__setattr__(model.region, "monitoring", Monitoring())


def test_a_rank_from_before_the_start_of_a_forecast_moves_no_effort(make_model, small_region):
    region = replace(small_region, monitoring=Monitoring(places=90, rank=25))
    model = make_model(200, quarter="2017-06", region=region)
    for _ in range(4):
        model.step()
    assert model.history[1][OBSERVED.index("progress_rank")] != 25.0, "that of the fourth quarter of 2017"
    model.progress.begin(model)
    twin, ranks = model.fork(), []
    for _ in range(3):
        begin(twin)
        ranks.append(rank_last_year(twin))
        end(twin)
    assert ranks[:2] == [25.0, 25.0]
    assert ranks[2] == twin.history[1][OBSERVED.index("progress_rank")] != 25.0
