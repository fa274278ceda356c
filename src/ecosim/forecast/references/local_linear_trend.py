"""A level and a slope that both wander: the local linear trend of structural time series."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, need
from ecosim.forecast.references.state_space import sample_paths


def local_linear_trend(case: Case) -> Floats:
    """y = level + season + e, level' = level + slope + u, slope' = slope + v; (samples, steps).

    UnobservedComponents of statsmodels by maximum likelihood, gaps filled by its filter; the variances are drawn about
    the maximum (state_space.py). Harvey (1989), (unverified).
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    z = case.known.scaled
    need(int(np.isfinite(z).sum()), 6)
    unit = float(np.sqrt(np.mean(np.diff(case.known.filled) ** 2))) or 1.0
    season = case.known.season if case.known.season > 1 and len(z) >= 2 * case.known.season + 3 else None
    model = UnobservedComponents((z - z[-1]) / unit, "lltrend", seasonal=season)
    fitted = model.fit(disp=0, cov_type="none")
    paths = sample_paths(model, fitted.params, case.samples, case.steps, case.luck)
    return case.known.scale.back(z[-1] + unit * paths)
