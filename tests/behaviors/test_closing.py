"""Closing by age follows the step hazards; credit, certificates and size move it as they say."""

import numpy as np
import pytest

from ecosim.behaviors import exit as closing
from ecosim.data import exit_hazards

COUNT = 20_000
AGES = {"first_year": (0, 3), "second_year": (4, 7), "third_year": (8, 11), "young": (12, 27), "mature": (28, 90)}


def share_closing(stage, quarter, c, **columns):
    scene = stage(COUNT, **{"log_employees": np.log(10.0), **columns})
    closing.act(c, scene.firms, scene.terms, scene.survey, scene.life(quarter)[1], scene.work)
    return scene.firms.closing.copy()


def within_binomial_error(closed, log_hazard):
    chance = -np.expm1(-np.exp(log_hazard))
    return abs(closed.mean() - chance) < 4 * (chance * (1 - chance) / closed.size) ** 0.5


@pytest.mark.parametrize(("step", "ends"), AGES.items())
def test_closing_by_age_follows_the_step_hazards(stage, quarter, center, step, ends):
    for age in ends:
        closed = share_closing(stage, quarter + np.uint64(age), center.exit, age=age)
        assert within_binomial_error(closed, getattr(center.exit, step)), age


@pytest.mark.parametrize(
    ("columns", "moves"),
    [
        ({"certificate": 1}, lambda c: c.certified),
        ({"constrained": 1}, lambda c: c.constrained),
        ({"log_employees": np.log(1e6)}, lambda c: 2.0 * c.log_size),
        ({"log_employees": 0.0}, lambda c: -2.0 * c.log_size),
        ({"log_productivity": np.log(100.0) + 9.0}, lambda c: c.productivity),
    ],
)
def test_each_influence_moves_the_log_hazard_by_its_coefficient(stage, quarter, center, columns, moves):
    closed = share_closing(stage, quarter, center.exit, **columns)
    assert within_binomial_error(closed, center.exit.mature + moves(center.exit))


def test_a_higher_hazard_closes_the_same_firms_and_more(stage, quarter, center):
    few = share_closing(stage, quarter, center.exit)
    more = share_closing(stage, quarter, center.exit, constrained=1)
    assert np.all(more >= few)
    assert more.sum() > few.sum()


def test_a_newborn_passes_four_quarters_of_its_first_year(make_model, center):
    """The model asks for the hazard before the firm grows older: ages 0, 1, 2 and 3 are the first year."""
    steps = {**dict.fromkeys(center.exit._fields, 0.0), **dict.fromkeys(AGES, -50.0), "second_year": 50.0}
    model = make_model(60, behaviors=center._replace(exit=center.exit._replace(**steps)))
    first = model.agents.set("age", 0)
    left = []
    for _ in range(5):
        model.step()
        left.append(len(first))
    assert left == [60, 60, 60, 60, 0]


def test_the_prior_means_are_the_published_hazards(center):
    published = exit_hazards.china().set_index("age_from")["hazard"]
    for step, age in {"first_year": 0, "second_year": 1, "third_year": 2}.items():
        yearly = -np.expm1(-4 * np.exp(getattr(center.exit, step)))
        assert yearly == pytest.approx(published.loc[age], abs=0.0006), step


def test_every_firm_closes_by_its_own_chance_however_few_are_asked(stage, quarter, center):
    luck = np.random.default_rng(3)
    c = center.exit._replace(first_year=-1.5, log_size=-0.3, productivity=0.4, constrained=-0.3, incubated=0.2)
    columns = {
        "age": luck.integers(0, 60, COUNT),
        "log_employees": luck.normal(2.0, 1.5, COUNT).clip(0.0),
        "log_productivity": np.log(100.0) + luck.normal(0.0, 0.8, COUNT),
        **{name: luck.integers(0, 2, COUNT) for name in ("certificate", "constrained", "incubated")},
    }
    scene = stage(COUNT, **columns)
    scene.terms.clean_up[:], scene.terms.incubation[:] = 0.7, 0.1
    closing.act(c, scene.firms, scene.terms, scene.survey, scene.life(quarter)[1], scene.work)
    f = scene.firms
    lead = f.log_productivity - scene.survey.mean_productivity[f.sector]
    steps = [(f.age >= low) & (f.age < high) for low, high in ((0, 4), (4, 8), (8, 12), (12, 28), (28, 999))]
    pressed = (f.log_employees < closing.SMALL) & (lead < -closing.LOW)
    log_rate = np.select(steps, c[:5]) + 0.7 * pressed - 0.1 * f.incubated
    log_rate += c.log_size * np.clip(f.log_employees - np.log(10.0), -2.0, 2.0) + c.productivity * np.clip(
        lead, -1.0, 1.0
    )
    log_rate += c.certified * f.certificate + c.constrained * f.constrained + c.incubated * f.incubated
    chance = -np.expm1(-np.exp(log_rate))
    assert chance.max() <= closing.largest_chance(c, scene.terms.clean_up)
    assert np.array_equal(f.closing == 1, scene.life(quarter)[1] < chance)
    assert 0 < f.closing.sum() < COUNT
