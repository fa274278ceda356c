"""The sampler meets a posterior known in closed form, stops at its cap, and loses nothing to a kill."""

from itertools import pairwise

import numpy as np
import pytest

from ecosim.calibration.simulation import Kept, Parameter, Plan, Prior, PriorError, adjust, key_of, sample
from ecosim.calibration.simulation.kept import KeptError, append, digest
from ecosim.calibration.simulation.sampler import distance

PRIOR = Prior((Parameter("level", 2.0, 1.0), Parameter("unseen", 0.0, 3.0)))
NOISE = 0.5  # of the only observation
OBSERVED = np.array([3.2, 0.0])
USED = np.array([True, False])


def normal(names, z, numbers):
    """The observation is the level plus noise; the second moment is noise alone."""
    for row, number in zip(PRIOR.from_standard(z), numbers, strict=True):
        luck = np.random.default_rng([5, int(number)]).standard_normal(2)
        yield np.array([row[0] + NOISE * luck[0], luck[1]])


def known_posterior():
    precision = 1.0 + 1.0 / NOISE**2
    return (2.0 + OBSERVED[0] / NOISE**2) / precision, 1.0 / np.sqrt(precision)


def summed(sampled):
    posterior = adjust(sampled.z, sampled.weights, sampled.moments[:, USED], OBSERVED[USED])
    values = PRIOR.from_standard(posterior.z)
    mean = posterior.weights @ values
    return mean, np.sqrt(posterior.weights @ np.square(values - mean)), posterior.effective


def test_a_conjugate_normal_comes_out_with_its_mean_and_spread():
    found = sample(PRIOR, OBSERVED, USED, normal, Plan(population=500, cap=6_000, seed=3), None)
    mean, sd, effective = summed(found)
    true_mean, true_sd = known_posterior()
    assert len(found.generations) >= 3
    assert abs(mean[0] - true_mean) < 4 * true_sd / np.sqrt(effective)
    assert abs(sd[0] / true_sd - 1) < 4 / np.sqrt(2 * effective)


def test_a_parameter_that_no_moment_sees_keeps_its_prior():
    found = sample(PRIOR, OBSERVED, USED, normal, Plan(population=500, cap=6_000, seed=3), None)
    mean, sd, effective = summed(found)
    assert abs(mean[1]) < 4 * 3.0 / np.sqrt(effective)
    assert abs(sd[1] / 3.0 - 1) < 4 / np.sqrt(2 * effective)


def test_without_an_observed_moment_the_prior_is_all_there_is():
    found = sample(PRIOR, OBSERVED, np.array([False, False]), normal, Plan(population=50, cap=500), None)
    assert found.simulations == 50
    assert found.why == "no observed moment"
    drawn = PRIOR.draw(0, np.arange(50))
    assert np.array_equal(found.z, drawn[np.lexsort(drawn.T[::-1])])


def test_the_cap_is_looked_at_inside_a_generation():
    calls = []

    def counted(names, z, numbers):
        for name, moments in zip(names, normal(names, z, numbers), strict=True):
            calls.append(name)
            yield moments

    found = sample(PRIOR, OBSERVED, USED, counted, Plan(population=100, cap=433, seed=1), None)
    assert len(calls) == found.simulations == 433
    assert "cap" in found.why
    assert len(found.generations) == 2  # the last whole one: 100, then two moves of 100
    assert found.weights.sum() == pytest.approx(1.0)


def test_generations_come_ever_nearer_to_the_observed_moments():
    found = sample(PRIOR, OBSERVED, USED, normal, Plan(population=200, cap=4_000, seed=2), None)
    tolerances = [generation.tolerance for generation in found.generations]
    assert all(later < earlier for earlier, later in pairwise(tolerances))
    first = PRIOR.draw(2, np.arange(200))
    start = np.array(list(normal([], first, np.arange(200))))
    assert np.median(found.distances) < 0.3 * np.median(distance(start, OBSERVED, USED, found.scale))


def test_many_parameters_that_no_moment_sees_do_not_wear_the_sample_out():
    """Weights of importance sampling would: with twenty parameters a few particles would have all of it."""
    prior = Prior(tuple(Parameter(f"p{k}", 0.0, 1.0) for k in range(20)))

    def first_only(names, z, numbers):
        for row, number in zip(z, numbers, strict=True):
            yield np.array([row[0] + NOISE * np.random.default_rng([6, int(number)]).standard_normal()])

    plan = Plan(population=300, cap=3_000, seed=1)
    found = sample(prior, np.array([1.0]), np.array([True]), first_only, plan, None)
    posterior = adjust(found.z, found.weights, found.moments, np.array([1.0]))
    sd = np.sqrt(np.diag(posterior.covariance))
    assert posterior.effective > 100
    assert abs(posterior.mean[0] - 0.8) < 4 * 0.447 / np.sqrt(posterior.effective)
    assert abs(sd[0] / 0.447 - 1) < 4 / np.sqrt(2 * posterior.effective)
    assert np.all(np.abs(sd[1:] - 1) < 5 / np.sqrt(2 * posterior.effective))


class Killed(Exception):
    pass


def test_a_killed_run_goes_on_with_every_finished_simulation_and_ends_the_same(tmp_path):
    plan, key = Plan(population=80, cap=700, seed=4), key_of({"plan": 1}, "counts")
    whole = sample(PRIOR, OBSERVED, USED, normal, plan, None)
    made = []

    def mortal(names, z, numbers, kept, most):
        for name, row, moments in zip(names, z, normal(names, z, numbers), strict=True):
            if len(made) == most:
                raise Killed
            made.append(name)
            kept.keep(name, row, moments)
            yield moments

    kept = Kept(tmp_path, key)
    with pytest.raises(Killed):
        sample(PRIOR, OBSERVED, USED, lambda *a: mortal(*a, kept, 230), plan, kept)
    append(kept.path, '{"id": "2:5", "z": [0.1')  # cut short by the kill
    again = Kept(tmp_path, key)
    assert len(again) == 230
    resumed = sample(PRIOR, OBSERVED, USED, lambda *a: mortal(*a, again, 10**6), plan, again)
    assert len(made) == len(set(made)) == whole.simulations  # nothing was simulated twice
    assert np.array_equal(resumed.z, whole.z)
    assert np.array_equal(resumed.weights, whole.weights)


def test_simulations_of_another_key_are_never_used(tmp_path):
    Kept(tmp_path, key_of({"plan": 1}, "counts")).keep("0:0", np.zeros(2), np.ones(2))
    for settings, counts in (({"plan": 2}, "counts"), ({"plan": 1}, "other counts")):
        with pytest.raises(KeptError, match="other counts, equations or settings"):
            Kept(tmp_path, key_of(settings, counts))
        assert digest(key_of(settings, counts)) != digest(key_of({"plan": 1}, "counts"))


def test_a_changed_equation_changes_the_key(tmp_path, monkeypatch):
    from pathlib import Path

    from ecosim.calibration.simulation import kept

    before = key_of({}, "counts", ("behaviors",))
    folder = tmp_path / "behaviors"
    folder.mkdir()
    (folder / "exit.py").write_text("hazard = 1\n", encoding="utf-8")
    monkeypatch.setattr(kept, "__file__", str(tmp_path / "calibration" / "simulation" / "kept.py"))
    first = key_of({}, "counts", ("behaviors",))
    Path(folder / "exit.py").write_text("hazard = 2\n", encoding="utf-8")
    assert first != before
    assert key_of({}, "counts", ("behaviors",)) != first


def test_a_simulation_at_another_place_is_not_taken_for_the_kept_one(tmp_path):
    kept = Kept(tmp_path, key_of({}, "counts"))
    kept.keep("1:3", np.array([0.5, 0.0]), np.array([1.0, 2.0]))
    assert kept.find("1:3", np.array([0.5, 0.1])) is None
    assert np.array_equal(kept.find("1:3", np.array([0.5, 0.0])), [1.0, 2.0])


def test_a_prior_keeps_to_its_bounds_and_back():
    prior = Prior((Parameter("share", 0.3, 0.2, 0.0, 1.0), Parameter("free", -4.0, 0.5)))
    z = prior.draw(1, np.arange(4_000))
    values = prior.from_standard(z)
    assert values[:, 0].min() >= 0.0
    assert values[:, 0].max() <= 1.0
    assert np.allclose(prior.to_standard(values), z, atol=1e-6)
    assert np.allclose(values.std(axis=0), prior.sd, rtol=0.05)
    assert np.allclose(values.mean(axis=0), prior.mean, rtol=0.05)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ((Parameter("a", 0.0, 0.0),), "standard deviation above 0"),
        ((Parameter("a", 0.0, 1.0), Parameter("a", 1.0, 1.0)), "named twice"),
        ((Parameter("a", 0.0, 1.0, 2.0, 1.0),), "no room"),
    ],
)
def test_a_prior_that_cannot_be_used_says_why(parameters, says):
    with pytest.raises(PriorError, match=says):
        Prior(parameters)
