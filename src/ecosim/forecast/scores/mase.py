"""Mean absolute scaled error."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ase(observed: Floats, predicted: Floats, scale: float) -> Floats:
    """Absolute error over the mean absolute step of what was known; (n,), (n,) -> (n,), lower is better.

    Its mean over the horizons of a series is MASE. Raises ValueError where the scale is not positive.
    Hyndman and Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001.
    """
    if not scale > 0:
        raise ValueError(f"the scale is {scale}; a series that never moved has no scaled error")
    return np.abs(np.asarray(predicted, dtype=float) - np.asarray(observed, dtype=float)) / scale


def naive_scale(known: Floats, season: int = 1) -> float:
    """Mean |y(t) - y(t-m)| over the known values (n,), gaps left out; m = 1 without a season; NaN without a pair.

    So in the tourism competition: part one (yearly) with m = 1, part two with the seasonal frequency m.
    Athanasopoulos, Hyndman, Song and Wu (2011), doi:10.1016/j.ijforecast.2010.04.009; verified on the
    competition's page of evaluation.
    """
    values = np.asarray(known, dtype=float)
    steps = np.abs(values[season:] - values[:-season])
    steps = steps[np.isfinite(steps)]
    return float(np.mean(steps)) if len(steps) else float("nan")
