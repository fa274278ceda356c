"""Patents of firms: how few hold most of them, the exponent of their tail, and their elasticity to R&D."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
SMALLEST_TAIL = 100  # firms above the start of a power law


def share_of_top_decile(counts: Counts) -> float:
    """Share of all patents that the tenth of the holders with most of them holds; firms without any left out."""
    held = np.sort(counts[counts > 0])[::-1].astype(np.float64)
    top = held.size / 10.0
    whole = int(top)
    return float((held[:whole].sum() + (top - whole) * held[whole]) / held.sum())


class PowerLaw(NamedTuple):
    """P(n) ~ n**-exponent for n >= start; tail: how many are there; distance: of Kolmogorov and Smirnov."""

    exponent: float
    start: int
    tail: int
    distance: float


def power_law(counts: Counts, smallest_tail: int = SMALLEST_TAIL) -> PowerLaw:
    """Discrete power law by maximum likelihood, from the start at which its distribution is nearest to the counts.

    Clauset, Shalizi and Newman (2009), "Power-law distributions in empirical data", doi:10.1137/070710111.
    """
    held = np.sort(counts[counts > 0])
    starts = [int(value) for value in np.unique(held) if (held >= value).sum() >= smallest_tail]
    return min((_from(held, start) for start in starts), key=lambda law: law.distance)


def tail_of_top_decile(counts: Counts) -> PowerLaw:
    """The same from the ninth decile of the holders on: a start that luck cannot move far."""
    held = counts[counts > 0]
    return _from(np.sort(held), int(np.quantile(held, 0.9)))


def _from(held: Counts, start: int) -> PowerLaw:
    tail = held[held >= start]
    logs = float(np.log(tail).mean())
    fit = optimize.minimize_scalar(
        lambda a: np.log(special.zeta(a, start)) + a * logs, bounds=(1.01, 8.0), method="bounded"
    )
    values, number = np.unique(tail, return_counts=True)
    empirical = np.cumsum(number) / tail.size
    model = 1.0 - special.zeta(fit.x, values + 1.0) / special.zeta(fit.x, start)
    return PowerLaw(float(fit.x), start, int(tail.size), float(np.abs(empirical - model).max()))


class Counted(NamedTuple):
    """elasticity and dispersion of a count: variance = mean + dispersion mean**2."""

    elasticity: float
    dispersion: float


def elasticity_of_counts(counts: Floats, log_cause: Floats) -> Counted:
    """NB2 regression of counts on ln cause by maximum likelihood. (n,) each.

    Hausman, Hall and Griliches (1984), doi:10.2307/1911191.
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial

    design = np.column_stack([np.ones(counts.size), log_cause])
    fit = NegativeBinomial(counts, design, loglike_method="nb2").fit(disp=0, maxiter=200)
    return Counted(float(fit.params[1]), float(fit.params[2]))
