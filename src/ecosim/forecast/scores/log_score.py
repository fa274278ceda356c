"""Logarithmic score of sample forecasts."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

LEAST_SPREAD = 0.25  # of the kernel, in counts: members that all agree still leave a little for their neighbors


def log_score_counts(observed: Floats, members: Floats) -> Floats:
    """-ln P(y) for counts; observed (n,), members (n, m), whole and not negative -> (n,), lower is better.

    P is a mixture of normal kernels about z = ln(x + 1/2), read between ln y and ln(y + 1): it sums to one.
    Bandwidth 0.9 min(sd, IQR / 1.34) m^(-1/5) (Silverman 1986, eq. 3.31), at least that of a quarter of a count.
    """
    truth, values = np.asarray(observed, dtype=float), np.asarray(members, dtype=float)
    z = np.log(values + 0.5)
    width = np.maximum(_bandwidth(z), LEAST_SPREAD / (np.median(values, axis=1) + 0.5))[:, None]
    with np.errstate(divide="ignore"):
        low = (np.log(truth)[:, None] - z) / width
    high = (np.log(truth + 1.0)[:, None] - z) / width
    return -special.logsumexp(_log_between(low, high), axis=1) + np.log(values.shape[1])


def log_score_real(observed: Floats, members: Floats) -> Floats:
    """-ln f(y) for real values, kernels as above on the values themselves; observed (n,), members (n, m) -> (n,).

    scoringrules (`logs_ensemble`) has 1.06 in place of 0.9, and the same score at the same bandwidth; its own kernel
    sum underflows far away, this one does not.
    """
    truth, values = np.asarray(observed, dtype=float)[:, None], np.asarray(members, dtype=float)
    smallest = 1e-9 * np.maximum(np.max(np.abs(values), axis=1), 1e-300)
    width = np.maximum(_bandwidth(values), smallest)[:, None]
    kernels = -0.5 * ((truth - values) / width) ** 2 - np.log(width * np.sqrt(2.0 * np.pi))
    return -special.logsumexp(kernels, axis=1) + np.log(values.shape[1])


def _bandwidth(values: Floats) -> Floats:
    sd = np.std(values, axis=1, ddof=1)
    quarters = np.quantile(values, [0.25, 0.75], axis=1)
    span = (quarters[1] - quarters[0]) / 1.34
    spread = np.where(span > 0, np.minimum(sd, span), sd)
    return 0.9 * spread * values.shape[1] ** -0.2


def _log_between(low: Floats, high: Floats) -> Floats:
    """ln(Phi(high) - Phi(low)), computed on the side where it does not cancel."""
    flip = low > 0
    left, right = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = special.log_ndtr(right), special.log_ndtr(left)
    with np.errstate(divide="ignore"):
        return upper + np.log1p(-np.exp(np.minimum(lower - upper, 0.0)))
