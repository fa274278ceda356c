"""A negative-binomial regression of the counts on time."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import LARGEST, Floats, NoForecast
from ecosim.forecast.references.case import Case, need

GRID = np.concatenate([[0.0], np.geomspace(1e-8, 20.0, 400)])  # dispersions
LARGEST_POISSON = 1e14


def nb_trend(case: Case) -> Floats:
    """y ~ NB2(mu, alpha), ln mu = a + b t (and a dummy for each season); counts only; (samples, steps).

    (a, b) from a GLM of statsmodels and drawn from its normal covariance. alpha solves sum (y - mu)^2 / (mu + alpha
    mu^2) = n - k; drawn with a chi^2(n - k) in place of n - k, so that few years give a wide alpha; 0 is Poisson.
    Values about the trend are independent: the last one has no special weight. Cameron and Trivedi (2013) (unverified).
    """
    import statsmodels.api as sm

    if not case.known.counted:
        raise NoForecast("for counts only")
    observed = np.isfinite(case.known.values)
    y = case.known.values[observed]
    design, ahead = _design(case, observed)
    freedom = len(y) - design.shape[1]
    need(freedom, 2, "more years than coefficients")
    if not (y > 0).any():
        raise NoForecast("all counts are zero")
    fit = sm.GLM(y, design, family=sm.families.Poisson()).fit()
    for _ in range(3):  # dispersion and coefficients in turn
        alpha = _dispersion(y, fit.mu, np.array([float(freedom)]))[0]
        family = sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson()
        fit = sm.GLM(y, design, family=family).fit()
    alphas = _dispersion(y, fit.mu, case.luck.chisquare(freedom, case.samples))
    width = np.sqrt(_variance_ratio(fit.mu, alphas, alpha))
    coefficients = np.asarray(fit.params)
    root = np.linalg.cholesky(np.asarray(fit.cov_params(scale=1.0)))
    drawn = coefficients + width[:, None] * (case.luck.standard_normal((case.samples, len(coefficients))) @ root.T)
    mean = np.exp(np.minimum(drawn @ ahead.T, np.log(LARGEST)))
    shape = 1.0 / np.maximum(alphas, GRID[1])[:, None]
    mixed = np.where(alphas[:, None] > 0, case.luck.gamma(shape, 1.0 / shape, mean.shape), 1.0) * mean
    return case.luck.poisson(np.minimum(mixed, LARGEST_POISSON)).astype(float)


def _design(case: Case, observed: np.ndarray) -> tuple[Floats, Floats]:
    """Regressors of the known steps (n, k) and of those ahead (steps, k)."""
    length = len(observed)
    time = (np.arange(length + case.steps) - (length - 1)) / length
    columns = [np.ones_like(time), time]
    season = case.known.season
    if season > 1 and observed.sum() >= 2 * season + 3:
        columns += [(np.arange(len(time)) % season == part).astype(float) for part in range(1, season)]
    whole = np.column_stack(columns)
    return whole[:length][observed], whole[length:]


def _dispersion(y: Floats, mean: Floats, wanted: Floats) -> Floats:
    """alpha at which the Pearson sum has each wanted value, 0 where it is smaller even without dispersion."""
    pearson = np.sum((y - mean) ** 2 / (mean + GRID[:, None] * mean**2), axis=1)  # falls with alpha
    return np.interp(-wanted, -pearson, GRID)


def _variance_ratio(mean: Floats, alphas: Floats, alpha: float) -> Floats:
    """How much wider than at alpha the coefficients are at each drawn alpha, as a ratio of variances."""
    typical = float(np.median(mean))
    return (1.0 + alphas * typical) / (1.0 + alpha * typical)
