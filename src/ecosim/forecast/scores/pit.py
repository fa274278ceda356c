"""Probability integral transform and bias."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pit(observed: Floats, members: Floats, luck: Floats) -> Floats:
    """Randomized rank of the observed value among the members, in (0, 1): uniform where the forecast is right.

    observed (n,), members (n, m), luck (n,) uniform -> (n,): (number below + luck (number equal + 1)) / (m + 1),
    exactly uniform when observed and members are exchangeable, counts with ties included.
    Czado, Gneiting and Held (2009), doi:10.1111/j.1541-0420.2009.01191.x (for the idea of randomizing).
    """
    truth, values = np.asarray(observed, dtype=float)[:, None], np.asarray(members, dtype=float)
    below, equal = np.sum(values < truth, axis=1), np.sum(values == truth, axis=1)
    return (below + np.asarray(luck, dtype=float) * (equal + 1.0)) / (values.shape[1] + 1.0)


def bias(observed: Floats, members: Floats) -> Floats:
    """1 - (P(X <= y) + P(X < y)); observed (n,), members (n, m) -> (n,) from -1 (all too low) to 1 (all too high).

    As in scoringutils for counts (Funk et al. 2019, doi:10.1371/journal.pcbi.1006785); without ties 1 - 2 P(X <= y).
    """
    truth, values = np.asarray(observed, dtype=float)[:, None], np.asarray(members, dtype=float)
    return 1.0 - (np.mean(values <= truth, axis=1) + np.mean(values < truth, axis=1))
