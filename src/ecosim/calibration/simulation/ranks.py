"""Simulation-based calibration: where a truth ranks among draws of its posterior, uniform if the posterior is right.

Talts, Betancourt, Simpson, Vehtari and Gelman (2018), arXiv:1804.06788 (unverified). Kolmogorov-Smirnov test of each
parameter's ranks, corrected over parameters by Holm's method.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import kstest

from ecosim.calibration.simulation.adjust import Posterior, from_bank
from ecosim.calibration.simulation.priors import Floats
from ecosim.model.luck import generator_of

DRAWS = 99  # of each posterior, so that a rank is one of 100
LEVEL = 0.90


@dataclass(frozen=True)
class RankTest:
    """By parameter: p_value, p_adjusted (Holm), coverage of 90 % intervals, mean contraction; ranks (data sets, d)."""

    table: pd.DataFrame
    ranks: Floats


def rank_test(names: tuple[str, ...], z: Floats, moments: Floats, data_sets: int, nearest: int, seed: int) -> RankTest:
    """Posteriors of the first simulations of a bank from all others.

    z (n, d) on the standard scale, moments (n, k): one bank of prior draws; a data set never stands in its own bank.
    """
    bank_z, bank_moments = z[data_sets:], moments[data_sets:]
    ranks, inside, contraction = [], [], []
    for number in range(data_sets):
        posterior = from_bank(bank_z, bank_moments, moments[number], nearest)
        ranks.append(rank(z[number], posterior, seed + number))
        low, high = posterior.quantile(np.array([(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]))
        inside.append((low <= z[number]) & (z[number] <= high))
        contraction.append(1.0 - np.sqrt(np.diag(posterior.covariance)))
    return RankTest(tabulate(names, np.array(ranks), np.array(inside), np.array(contraction), seed), np.array(ranks))


def rank(truth: Floats, posterior: Posterior, seed: int) -> Floats:
    """How many of DRAWS draws lie below the truth, (d,)."""
    below: Floats = (posterior.draws(DRAWS, seed) < truth).sum(axis=0).astype(float)
    return below


def tabulate(names: tuple[str, ...], ranks: Floats, inside: Floats, contraction: Floats, seed: int) -> pd.DataFrame:
    """The tests, one row for each parameter. Ranks are spread evenly within their step by a fixed stream."""
    even = generator_of(seed, 1).random(ranks.shape)
    shares = (ranks + even) / (DRAWS + 1)
    p_values = np.array([kstest(column, "uniform").pvalue for column in shares.T])
    return pd.DataFrame({
        "parameter": names,
        "p_value": p_values,
        "p_adjusted": holm(p_values),
        "coverage_90": inside.mean(axis=0),
        "contraction": contraction.mean(axis=0),
    })  # fmt: skip


def holm(p_values: Floats) -> Floats:
    """p-values corrected for their number by Holm's method."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * (len(p_values) - np.arange(len(p_values)))
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
