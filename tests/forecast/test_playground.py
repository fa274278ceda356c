"""The playground: one call gives a Mesa model, `mesa.batch_run` runs it."""

import mesa
import pandas as pd
import pytest

from ecosim.data.errors import UserError
from ecosim.forecast.playground import ecosystem


@pytest.fixture(scope="module")
def batch():
    kept = mesa.batch_run(
        ecosystem, {"rng": range(3), "firms": 80}, max_steps=3, data_collection_period=1, display_progress=False
    )
    return pd.DataFrame(kept)


def test_batch_run_gives_every_series_of_every_seed(batch):
    assert set(batch["rng"]) == {0, 1, 2}
    assert sorted(batch["Step"].unique()) == [0, 1, 2, 3]
    assert {"firms", "hnte_stock", "births", "deaths"} <= set(batch.columns)
    assert len(batch) == 3 * 4


def test_batch_run_agrees_with_steps_by_hand(batch):
    model = ecosystem(rng=1, firms=80)
    for _ in range(4):
        model.step()
    row = batch[(batch["rng"] == 1) & (batch["Step"] == 3)].iloc[0]
    assert [row[name] for name in model.observed_names] == model.observe().tolist()


def test_the_seed_decides_and_nothing_else():
    first, again, other = (ecosystem(rng=rng, firms=80) for rng in (5, 5, 6))
    assert first.observe().tolist() == again.observe().tolist() != other.observe().tolist()


def test_it_takes_a_package_of_its_own():
    rows = {"visits": {"family": "discovery_visits", "capacity": 40, "source": "assumption: test"}}
    model = ecosystem(rng=1, firms=100, policies=rows)
    assert list(model.policies) == ["visits"]
    assert model.value("aware_firms") > ecosystem(rng=1, firms=100, policies={}).value("aware_firms")


def test_it_collects_columns_of_firms():
    model = ecosystem(rng=1, firms=60, agent_columns=("age",))
    model.step()
    table = model.datacollector.get_agent_vars_dataframe()
    assert table["age"].tolist() == model.agents.get("age")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rng": -1}, "rng=-1"),
        ({"rng": 0.5}, "rng=0.5"),
        ({"firms": 3}, "at least 50"),
        ({"agent_columns": ("shoe_size",)}, "shoe_size"),
        ({"policies": {"a": {"family": "awards", "source": "s"}}}, "did you mean 'award'"),
    ],
)
def test_a_wrong_parameter_is_named(parameters, message):
    with pytest.raises(UserError, match=message):
        ecosystem(**parameters)
