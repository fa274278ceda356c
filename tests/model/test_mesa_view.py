"""`model.agents` speaks as mesa's AgentSet does, on columns; models are collected as garbage; mesa's tools work."""

import gc
import weakref

import mesa
import numpy as np
import pandas as pd
import pytest

from ecosim.model.firm import Firm
from ecosim.model.firms import DTYPES


@pytest.fixture(scope="module")
def grown(make_model, quick):
    """A model after two years; tests that change it copy it first by making their own."""
    model = make_model(200, behaviors=quick)
    for _ in range(8):
        model.step()
    return model


@pytest.fixture(scope="module")
def twins(grown):
    """The same firms as ordinary mesa agents, to compare with: (firm set, mesa's agent set)."""

    class Plain(mesa.Agent):
        def __init__(self, model, **values):
            super().__init__(model)
            vars(self).update(values)

        def double_age(self):
            return 2 * self.age

    model = mesa.Model(seed=1)
    columns = grown.firms.columns
    for row in grown.firms.rows:
        values = {name: getattr(columns, name)[row].item() for name in DTYPES}
        Plain(model, **values, owner=Firm(grown, row).owner, sales=Firm(grown, row).sales)
    return grown.agents, model.agents


def test_columns_are_read_as_plain_numpy_reads_them(grown):
    rows = grown.firms.rows
    assert len(grown.agents) == rows.size == grown.agents.count()
    for name in DTYPES:
        assert np.array_equal(getattr(grown.agents, name), getattr(grown.firms.columns, name)[rows])
        assert grown.agents.get(name) == getattr(grown.firms.columns, name)[rows].tolist()


@pytest.mark.parametrize("names", ["age", "owner", "sales", ["age", "certificate"], ["uid", "owner"]])
def test_get_agrees_with_mesa(twins, names):
    ours, theirs = twins
    assert ours.get(names) == theirs.get(names)


def test_get_gives_a_default_only_where_asked(grown):
    assert grown.agents.get("shoe_size", handle_missing="default", default_value=-1) == [-1] * len(grown.agents)
    with pytest.raises(AttributeError, match="shoe_size"):
        grown.agents.get("shoe_size")
    with pytest.raises(ValueError, match="sometimes"):
        grown.agents.get("age", handle_missing="sometimes")


CONDITIONS = {
    "columns": lambda firm: firm.age > 20,
    "one firm": lambda firm: firm.age > 20 and firm.certificate == 0,
    "property": lambda firm: firm.owner == "private",
    "everybody": lambda firm: True,
    "nobody": lambda firm: firm.age < 0,
}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("at_most", [float("inf"), 7, 0.25, 1.0, 0])
def test_select_agrees_with_mesa(twins, condition, at_most):
    ours, theirs = twins
    assert ours.select(condition, at_most=at_most).get("uid") == theirs.select(condition, at_most=at_most).get("uid")


def test_select_by_type_and_in_place(grown):
    assert len(grown.agents.select(agent_type=Firm)) == len(grown.agents.select(agent_type=mesa.Agent)) > 0
    assert len(grown.agents.select(agent_type=pd.DataFrame)) == 0
    firms = grown.agents
    assert firms.select(at_most=3, inplace=True) is firms
    assert len(firms) == 3


@pytest.mark.parametrize("key", ["age", "sales", lambda firm: -firm.log_employees])
@pytest.mark.parametrize("ascending", [True, False])
def test_sort_agrees_with_mesa_ties_included(twins, key, ascending):
    ours, theirs = twins
    assert ours.sort(key, ascending=ascending).get("uid") == theirs.sort(key, ascending=ascending).get("uid")


@pytest.mark.parametrize("by", ["sector", "owner", lambda firm: firm.age > 12, lambda firm: (firm.zone, firm.owner)])
def test_groupby_agrees_with_mesa(twins, by):
    ours, theirs = (firms.groupby(by) for firms in twins)
    assert ours.count() == theirs.count()
    assert ours.agg("age", max) == theirs.agg("age", max)
    assert ours.map(len) == theirs.map(len)
    assert ours.map("get", "uid") == theirs.map("get", "uid")
    assert len(ours) == len(theirs)
    assert {label: group.get("uid") for label, group in ours} == {label: group.get("uid") for label, group in theirs}


def test_a_group_can_be_taken_by_its_label(grown):
    groups = grown.agents.groupby("certificate")
    assert groups[0].count() == np.sum(grown.agents.certificate == 0)
    seen = []
    assert groups.do(seen.append) is groups
    assert len(seen) == len(groups)
    lists = grown.agents.groupby("certificate", result_type="list")
    assert lists.count() == groups.count()
    assert lists.agg("age", sum) == {label: sum(group.get("age")) for label, group in groups}


def test_agg_takes_one_function_or_several(twins):
    ours, theirs = twins
    assert ours.agg("age", max) == theirs.agg("age", max)
    assert ours.agg("age", [min, max, len]) == theirs.agg("age", [min, max, len])
    assert ours.agg("sales", np.sum) == pytest.approx(theirs.agg("sales", np.sum))
    with pytest.raises(AttributeError, match="shoe_size"):
        ours.agg("shoe_size", max)


def test_do_and_map_call_functions_and_methods(twins):
    ours, theirs = twins
    assert ours.map(lambda firm, times: firm.age * times, 3) == theirs.map(lambda firm, times: firm.age * times, 3)
    seen = []
    assert ours.do(lambda firm: seen.append(firm.uid)) is ours
    assert seen == ours.get("uid") == [firm.uid for firm in ours]
    assert sorted(ours.shuffle().get("uid")) == sorted(seen)
    assert ours.shuffle().get("uid") != seen


def test_set_writes_the_columns(make_model):
    model = make_model(100)
    few = model.agents.select(lambda firms: firms.sector == 0, at_most=5)
    assert few.set("age", 99) is few
    assert np.sum(model.firms.columns.age == 99) >= 5
    few.set("staff", [1, 2, 3, 4, 5])
    assert few.staff.tolist() == [1, 2, 3, 4, 5]
    with pytest.raises(AttributeError, match="shoe_size"):
        few.set("shoe_size", 1)


def test_a_firm_is_a_lazy_row_that_reads_and_writes(make_model):
    model = make_model(100)
    firm = model.agents[4]
    assert isinstance(firm, mesa.Agent)
    assert firm.employees == pytest.approx(np.exp(model.firms.columns.log_employees[4]))
    assert type(firm.age) is int
    firm.age = 41
    assert model.firms.columns.age[4] == 41
    assert firm in model.agents
    assert firm == model.agents[4]
    assert hash(firm) == hash(model.agents[4])
    assert [one.unique_id for one in model.agents[2:4]] == model.agents.get("unique_id")[2:4]
    assert model.agents[-1].unique_id == model.agents.get("uid")[-1]
    for change in (lambda: firm.shoe_size, lambda: setattr(firm, "shoe_size", 44)):
        with pytest.raises(AttributeError, match="shoe_size"):
            change()


def test_a_removed_firm_is_booked_once_and_its_people_look_for_work(make_model):
    model = make_model(100)
    firm = model.agents[4]
    firm.staff = 7
    people, firms = model.people, len(model.firms)
    firm.remove()
    firm.remove()
    assert len(model.firms) == firms - 1
    assert model.people == people
    assert firm not in model.agents
    assert model.firms.free.tolist() == [4]
    model.step()
    assert len(model.firms) == firms + model.births - model.deaths


def test_a_view_of_a_closed_firm_never_turns_into_another_firm(make_model):
    model = make_model(100)
    firm = model.agents[4]
    kept = model.agents.select(at_most=10)
    firm.remove()
    while model.firms.columns.alive[4] == 0 or model.firms.columns.uid[4] == firm.unique_id:
        model.step()
    with pytest.raises(ReferenceError, match=str(firm.unique_id)):
        _ = firm.age
    assert firm.unique_id not in kept.get("uid")
    assert len(kept) <= 9


def test_models_leave_the_memory(make_model, quick):
    models = [make_model(60, member, behaviors=quick) for member in range(20)]
    for model in models:
        model.step()
        model.agents.do(lambda firm: firm.age)
    gone = [weakref.ref(model) for model in models]
    models.clear()
    del model
    gc.collect()
    assert [reference() for reference in gone] == [None] * 20
    assert not any(type(key).__name__ == "EcosystemModel" for key in getattr(mesa.Agent, "_ids", {}))


def test_the_number_of_firms_changes_through_the_books_alone(grown):
    with pytest.raises(AttributeError, match="founded and closed by the ecosystem"):
        grown.agents = []


def test_a_data_collector_collects_series_and_firms_at_every_step(make_model, quick):
    model = make_model(80, behaviors=quick)
    model.datacollector = mesa.DataCollector(
        model_reporters={"hnte": lambda m: m.value("hnte_stock"), "quarter": "quarter", "firms": [len, [model.firms]]},
        agent_reporters={"age": "age", "sales": lambda firm: firm.sales},
        agenttype_reporters={Firm: {"staff": "staff"}},
    )
    for _ in range(3):
        model.step()
    table = model.datacollector.get_model_vars_dataframe()
    firms = model.datacollector.get_agent_vars_dataframe()
    assert table["quarter"].tolist() == [model.quarter - 2, model.quarter - 1, model.quarter]
    assert table["hnte"].tolist() == [row[model.observed_names.index("hnte_stock")] for row in model.history]
    assert firms.loc[3]["age"].tolist() == model.agents.get("age")
    assert firms.loc[3].index.tolist() == model.agents.get("unique_id")
    assert len(model.datacollector.get_agenttype_vars_dataframe(Firm).loc[3]) == len(model.agents)


def test_mesa_counts_the_steps_and_seeds_its_generators(make_model):
    model = make_model(60)
    assert model.steps == 0
    assert model.running
    model.step()
    assert model.steps == 1
    assert make_model(60).random.random() == make_model(60).random.random()


def test_a_model_that_nobody_holds_is_gone_at_once(make_model):
    gc.collect()
    gc.disable()
    try:
        model = make_model(60)
        model.step()
        fork = model.fork()
        fork.step()
        gone = weakref.ref(model), weakref.ref(fork)
        del model, fork
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()
