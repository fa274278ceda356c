"""Cases for reference forecasts."""

import numpy as np
import pytest

from ecosim.forecast.evaluation.forecaster import Known, generator
from ecosim.forecast.references.case import Case


@pytest.fixture(scope="session")
def make_case():
    """make_case(values, steps=3, samples=4000, counted=False, season=1, kind='', beside=None, name='case')."""

    def make(values, steps=3, samples=4000, counted=False, season=1, kind="", beside=None, name="case"):
        def known(each):
            return Known(np.asarray(each, dtype=float), 0, counted, season, kind)

        others = {target: known(each) for target, each in (beside or {}).items()}
        return Case(known(values), others, steps, samples, generator(1, name))

    return make
