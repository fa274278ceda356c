"""What every family of equations hands back, and the one place where covariances are made of it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.fitting.effects import Codes, Floats


class Estimation(NamedTuple):
    """Estimates of p parameters on n rows. The first of them are slopes; effects stand among the others.

    bread: inverse of minus the Hessian of the log likelihood (least squares: of X'X), (p, p).
    scores: derivative of each row's log likelihood (least squares: x u), (n, p), or None where rows are no units.
    shown: places of the parameters that are reported. counted: parameters that the small-sample factor counts.
    scale: variance that multiplies the bread in classical errors. fitted: means, (n,), on the outcome's scale.
    """

    estimator: str
    names: tuple[str, ...]  # of the parameters shown
    shown: NDArray[np.int64]
    params: Floats
    bread: Floats
    scores: Floats | None
    fitted: Floats
    counted: int
    freedom: float  # residual degrees of freedom
    scale: float = 1.0
    loglike: float = float("nan")
    null_loglike: Callable[[], float] | None = None  # with a constant only; computed when it is wanted
    alpha: float = 0.0  # NB2 dispersion of the family itself
    zero_chance: Floats | None = None  # chance of a zero in each row, (n,)
    notes: tuple[str, ...] = ()


class SmallSample(NamedTuple):
    """The factor of a clustered covariance, in numbers and in words."""

    factor: float
    words: str


def small_sample(rule: str, rows: int, groups: int, counted: int) -> SmallSample:
    """Factor by rule (`equation.SMALL_SAMPLE`) for n rows in G groups and k parameters."""
    if rule == "none":
        return SmallSample(1.0, "none")
    factor, words = groups / (groups - 1.0), f"G/(G-1), G={groups}"
    if rule == "clusters_and_terms":
        factor *= (rows - 1.0) / (rows - counted)
        words = f"G/(G-1) (n-1)/(n-k), G={groups}, n={rows}, k={counted}"
    return SmallSample(float(factor), words)


def sum_by_group(scores: Floats, groups: Codes) -> Floats:
    """Scores (n, p) summed within groups, (G, p)."""
    return np.stack([np.bincount(groups, column) for column in scores.T], axis=1)


def sandwich(bread: Floats, scores: Floats, groups: Codes, factor: float) -> Floats:
    """Covariance of all parameters, robust to anything within groups: factor * B (sum of s s') B. (p, p)."""
    meat = sum_by_group(scores, groups)
    half = meat @ bread
    return factor * (half.T @ half)


def invert(information: Floats) -> Floats:
    """Inverse of an information matrix; columns are scaled first, since their units may be far apart."""
    scale = np.sqrt(np.abs(np.diag(information)))
    scale[scale == 0.0] = 1.0
    return np.linalg.pinv(information / np.outer(scale, scale), rcond=1e-13, hermitian=True) / np.outer(scale, scale)
