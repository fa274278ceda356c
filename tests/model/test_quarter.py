"""The quarter as the ecosystem runs it: its order, its calendar, and the conditions that it hands to the rules."""

import numpy as np
import pytest

from ecosim.model import conditions
from ecosim.model.conditions import Conditions
from ecosim.model.ecosystem import DECISION_QUARTER, Events
from ecosim.model.luck import Key


def shifted(quarters, **shifts):
    neutral = conditions.neutral(quarters)
    return neutral._replace(**{name: np.full(quarters, value) for name, value in shifts.items()})


def test_a_quarter_is_a_list_that_can_be_read_aloud(make_model, monkeypatch):
    model = make_model(60)
    said = []
    for name in ("revise_terms", "note_events", "hire", "settle", "close", "found", "take_survey"):
        true = getattr(model, name)

        def say(*arguments, true=true, name=name):
            said.append(name)
            return true(*arguments)

        monkeypatch.setattr(model, name, say)
    model.step()
    assert said == ["revise_terms", "note_events", "hire", "settle", "close", "found", "take_survey"]


def test_high_tech_enterprises_are_announced_in_the_last_quarter_of_a_year(make_model, quick, run):
    model = make_model(300, behaviors=quick)
    quarters = np.arange(model.quarter + 1, model.quarter + 13)
    announced = np.array(run(model, 12)["hnte_new"]) > 0
    assert announced.tolist() == (quarters % 4 == DECISION_QUARTER).tolist()


def test_conditions_hold_on_after_their_path_ends(make_model):
    path = Conditions(*(np.array([0.1, 0.2]) + k for k in range(5)))
    model = make_model(60, conditions=path)
    seen = []
    for _ in range(4):
        seen.append(model.weather())
        model.step()
    assert [weather["demand"] for weather in seen] == [0.1, 0.2, 0.2, 0.2]
    assert seen[0] == {"demand": 0.1, "research": 1.1, "invention": 2.1, "tech_sme": 3.1, "high_tech": 4.1}


def test_neutral_conditions_move_nothing(make_model, quick, run):
    with_path = run(make_model(200, behaviors=quick, conditions=conditions.neutral(6)), 6)
    assert with_path == run(make_model(200, behaviors=quick), 6)


@pytest.mark.parametrize(
    ("channel", "series"),
    [
        ("demand", "sales"),
        ("research", "rd_expenditure"),
        ("invention", "patents_applied"),
        ("tech_sme", "tech_sme_new"),
        ("high_tech", "hnte_new"),
    ],
)
def test_each_condition_raises_the_series_that_it_stands_for(make_model, quick, run, channel, series):
    behaviors = quick._replace(certification=quick.certification._replace(tech_sme=-3.0, high_tech=-1.0))
    paths = (shifted(8, **{channel: shift}) for shift in (0.0, 0.4))
    plain, raised = (run(make_model(4_000, behaviors=behaviors, conditions=path), 8) for path in paths)
    assert sum(raised[series]) > 1.15 * sum(plain[series])


def test_observed_values_go_by_name_and_count_the_firms_that_agents_stand_for(make_model):
    model = make_model(60, weight=4)
    model.step()
    assert model.observed_names[-2:] == ("births", "deaths")
    assert model.value("firms") == 4 * len(model.firms)
    assert model.history[-1].tolist() == model.observe().tolist()
    with pytest.raises(ValueError, match="not in"):
        model.value("hnte")


def test_the_same_key_gives_the_same_future_and_another_member_another(make_model, quick, run):
    first, again, other = (run(make_model(150, member, behaviors=quick), 8) for member in (1, 1, 2))
    assert first == again
    assert first != other


def test_loans_of_closing_firms_are_noted_before_they_close(make_model):
    model = make_model(60)
    model.agents.set("closing", 0).set("loan", 5.0)
    model.agents[7].closing = 1
    model.firms.columns.closing[-1] = 1  # a row without a firm
    events = model.note_events()
    assert isinstance(events, Events)
    assert events.closing.tolist() == [7]
    assert events.loss.tolist() == [5.0]


def test_copies_with_another_key_have_another_luck_from_then_on(make_model):
    model = make_model(200)
    same, other, third = model.fork(), model.fork(), model.fork()
    other.key, third.key = Key(model.key.seed, 500), Key(model.key.seed, 501)
    for copy in (model, same, other, third):
        copy.step()
    sizes, of_same, of_other, of_third = (
        copy.firms.columns.log_employees[:200] for copy in (model, same, other, third)
    )  # fmt: skip
    assert np.array_equal(sizes, of_same)
    assert not np.array_equal(sizes, of_other)
    assert not np.array_equal(of_third, of_other)
