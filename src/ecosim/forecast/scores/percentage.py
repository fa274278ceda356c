"""Percentage errors of a point forecast, as the M3 and tourism competitions define them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ape(observed: Floats, predicted: Floats) -> Floats:
    """Absolute percentage error, in percent of the observed value; (n,), (n,) -> (n,), lower is better.

    Its mean is MAPE. Raises ValueError where an observed value is zero.
    """
    truth = np.asarray(observed, dtype=float)
    if (truth == 0).any():
        raise ValueError(f"{int((truth == 0).sum())} observed values are zero, and no error is a percentage of zero")
    return np.abs(np.asarray(predicted, dtype=float) - truth) / np.abs(truth) * 100.0


def sape(observed: Floats, predicted: Floats) -> Floats:
    """Symmetric absolute percentage error, |f - y| / ((|f| + |y|) / 2) * 100; (n,), (n,) -> (n,), at most 200.

    Its mean is the sMAPE of the M3 competition; 0 where both are zero. Makridakis and Hibon (2000),
    doi:10.1016/S0169-2070(00)00057-1 (definition with the mean of both as denominator; text not at hand: unverified).
    """
    truth, forecast = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float)
    middle = (np.abs(truth) + np.abs(forecast)) / 2.0
    return np.where(middle > 0, np.abs(forecast - truth) / np.where(middle > 0, middle, 1.0) * 100.0, 0.0)
