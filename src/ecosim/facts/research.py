"""R&D of firms: who performs it, how its intensity spreads, and what it does to productivity."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def skewness(values: Floats) -> float:
    """Third standardized moment."""
    z = (values - values.mean()) / values.std()
    return float((z**3).mean())


def slope(x: Floats, y: Floats) -> float:
    """Least-squares slope of y on x."""
    return float(np.polyfit(x, y, 1)[0])


def elasticity_of_change(change: Floats, cause: Floats, instrument: Floats, controls: Floats) -> float:
    """Two-stage least squares of a change on the change of its cause. (n,) each, controls (n, k); a constant is added.

    The instrument must be known before the change: R&D over capital at the start of a year, where ln productivity that
    rises within the year raises sales, and sales raise R&D.
    """
    known = np.column_stack([np.ones(change.size), controls])

    def left(values: Floats) -> Floats:
        return np.asarray(values - known @ np.linalg.lstsq(known, values, rcond=None)[0])

    instrument = left(instrument)
    return float((instrument @ left(change)) / (instrument @ left(cause)))
