"""A first-order vector autoregression of the growth of a place's targets."""

import numpy as np
from scipy import stats

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast
from ecosim.forecast.references.case import Case, need

MOST = 5  # targets at once
ROWS_PER_COLUMN = 3.0  # steps per coefficient of one equation, at least
TRIES = 5  # sets of draws before unstable ones are used
STABLE = 0.99  # an unstable draw that must be used is scaled down to this largest modulus of its eigenvalues


def var1(case: Case) -> Floats:
    """d(t) = c + A d(t-1) + e over scaled increments of the target and others of its place; (samples, steps).

    Least squares; covariance drawn from the inverse Wishart and (c, A) given it, under a flat prior, unstable draws
    drawn again. As many targets (five at most) as leave three steps per coefficient; the others enter in the order in
    which their last increment correlates with the target's next one. Luetkepohl (2005), (unverified).
    """
    own = np.diff(case.known.scaled)
    partners = _partners(own, case)
    table, size = _table(own, partners)
    outcome, before = table[1:], table[:-1]
    design = np.column_stack([np.ones(len(before)), before])
    rows, columns = design.shape
    need(rows - columns, size + 1, "steps beyond the coefficients")
    basis, triangle = np.linalg.qr(design)
    if np.min(np.abs(np.diag(triangle))) <= 1e-10 * np.max(np.abs(np.diag(triangle))):
        raise NoForecast("the targets do not vary independently")
    center = np.linalg.solve(triangle, basis.T @ outcome)  # (columns, size)
    residual = outcome - design @ center
    squares = residual.T @ residual + 1e-12 * np.eye(size)
    draws = TRIES * case.samples
    covariance = stats.invwishart.rvs(rows - columns, squares, draws, random_state=case.luck)
    roots = np.linalg.cholesky(covariance.reshape(draws, size, size))
    normal = case.luck.standard_normal((draws, columns, size))
    drawn = center + np.linalg.solve(triangle[None], normal) @ roots.transpose(0, 2, 1)
    largest = np.abs(np.linalg.eigvals(drawn[:, 1:, :])).max(axis=1)
    chosen = np.argsort(largest >= 1.0, kind="stable")[: case.samples]
    drawn, roots, largest = drawn[chosen], roots[chosen], largest[chosen]
    drawn[:, 1:, :] *= np.minimum(1.0, STABLE / np.maximum(largest, 1e-12))[:, None, None]
    return _simulate(drawn, roots, table[-1], case)


def _partners(own: Floats, case: Case) -> list[Floats]:
    """Increments of the other targets on the same steps, those that tell most of the next step first."""
    found = []
    for name, other in case.beside.items():
        if other.lag != case.known.lag or other.season != case.known.season:
            continue  # its last value is of another period
        steps = np.diff(other.scaled)
        whole = np.full(len(own), np.nan)
        length = min(len(own), len(steps))
        whole[-length:] = steps[-length:]
        both = np.isfinite(own[1:]) & np.isfinite(whole[:-1])
        if both.sum() < 6 or not np.isfinite(whole[-1]) or np.ptp(whole[:-1][both]) == 0 or np.ptp(own[1:][both]) == 0:
            continue
        found.append((-abs(float(np.corrcoef(own[1:][both], whole[:-1][both])[0, 1])), name, whole))
    return [steps for _, _, steps in sorted(found, key=lambda one: one[:2])]


def _table(own: Floats, partners: list[Floats]) -> tuple[Floats, int]:
    """The last stretch of steps known of all, (T, targets), with as many targets as it bears."""
    if not partners:
        raise NoForecast("no other target of this place is known up to the same period")
    for size in range(min(MOST, len(partners) + 1), 1, -1):
        table = np.column_stack([own, *partners[: size - 1]])
        gaps = np.flatnonzero(~np.isfinite(table).all(axis=1))
        table = table[gaps[-1] + 1 :] if len(gaps) else table
        if len(table) - 1 >= ROWS_PER_COLUMN * (size + 1):
            return table, size
    raise NoForecast("too few steps are known of two targets together")


def _simulate(coefficients: Floats, roots: Floats, last: Floats, case: Case) -> Floats:
    constant, matrix = coefficients[:, 0, :], coefficients[:, 1:, :].transpose(0, 2, 1)
    growth = np.repeat(last[None], case.samples, axis=0)
    level, paths = np.full(case.samples, case.known.scaled[-1]), np.empty((case.samples, case.steps))
    for step in range(case.steps):
        shock = np.einsum("sij,sj->si", roots, case.luck.standard_normal(growth.shape))
        growth = constant + np.einsum("sij,sj->si", matrix, growth) + shock
        level = level + growth[:, 0]
        paths[:, step] = level
    return case.known.scale.back(paths)
