"""A particle step: members are weighed by a new year's counts and drawn again, the likely ones more often."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from ecosim.calibration.simulation.priors import Floats
from ecosim.model.luck import generator_of


class Weighted(NamedTuple):
    """Weights (n,) that sum to one, how many equal members they are worth, and who stands for whom afterwards, (n,)."""

    weights: Floats
    effective: float
    ancestors: NDArray[np.int64]


def reweigh(log_likelihood: Floats, seed: int, weights: Floats | None = None) -> Weighted:
    """Weights after an observation, and members drawn by them (systematic: the least noise that drawing can add).

    log_likelihood: of the observation in each member, (n,); weights: before it, equal where not given.
    """
    size = len(log_likelihood)
    before = np.zeros(size) if weights is None else np.log(np.maximum(weights, 1e-300))
    logs = before + log_likelihood
    total = logsumexp(logs)
    new = np.exp(logs - total) if np.isfinite(total) else np.full(size, 1.0 / size)
    stream = generator_of(seed, size)
    return Weighted(new, float(1.0 / np.square(new).sum()), systematic(new, size, stream))


def systematic(weights: Floats, count: int, stream: np.random.Generator) -> NDArray[np.int64]:
    """Indices of `count` draws by weight from one uniform number; each row comes within one of its expected number.

    Kitagawa (1996), doi:10.1080/10618600.1996.10474692 (unverified).
    """
    ladder = np.cumsum(weights) / np.sum(weights)
    places = (np.arange(count) + stream.random()) / count
    chosen: NDArray[np.int64] = np.minimum(np.searchsorted(ladder, places, side="right"), len(weights) - 1)
    return chosen


def log_nb2(count: float, means: Floats, dispersion: float) -> Floats:
    """Log likelihood of a count under NB2 with each mean (n,): variance = mean + dispersion mean^2; 0 is Poisson."""
    means = np.maximum(means, 1e-9)
    if dispersion <= 0:
        poisson: Floats = count * np.log(means) - means - gammaln(count + 1.0)
        return poisson
    size = 1.0 / dispersion
    mixed: Floats = (
        gammaln(count + size) - gammaln(size) - gammaln(count + 1.0)
        + size * np.log(size / (size + means)) + count * np.log(means / (size + means))
    )  # fmt: skip
    return mixed


def log_lognormal(value: float, centers: Floats, sd: float) -> Floats:
    """Log likelihood of a level under a lognormal error around each center (n,), up to a constant; (n,)."""
    gaps = (np.log(value) - np.log(np.maximum(centers, 1e-9))) / sd
    density: Floats = -0.5 * np.square(gaps)
    return density
