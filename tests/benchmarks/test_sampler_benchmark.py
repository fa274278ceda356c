"""The benchmark of the sampler measures as many simulations as it says and prints both ratios."""

import numpy as np
import pytest

from benchmarks import sampler
from ecosim.forecast.posterior.county import make_county


@pytest.fixture(scope="module")
def county():
    return make_county(firms=80, templates=1)


def test_a_simulation_runs_for_the_quarters_that_are_asked_for(county):
    z = np.zeros(len(county.prior.names))
    short, long = (sampler.simulate(county, z, 3, quarters) for quarters in (16, 18))
    assert short.shape == long.shape == (len(county.names),)
    start = [name.endswith("start") for name in county.names]
    assert np.array_equal(short[start], long[start])
    assert not np.array_equal(short, long)


def test_the_sampler_makes_exactly_as_many_simulations_as_are_timed(county):
    observed = sampler.simulate(county, np.zeros(len(county.prior.names)), sampler.TRUTH, 16)
    assert sampler.seconds(county, observed, 16, 30, 8, 1) > 0  # it raises where there were others


@pytest.mark.slow
def test_both_ratios_are_printed(capsys):
    sizes = ["--firms", "100", "--quarters", "16", "--simulations", "2", "6", "20", "--population", "8"]
    assert sampler.main(sizes) in (0, 1)
    told = capsys.readouterr().out
    assert "ratio" in told.splitlines()[-2]
    assert "one worker" in told.splitlines()[-1]
