"""Tables of made-up firms on which single rules act."""

import numpy as np
import pytest

from ecosim.behaviors.decisions import draw_life
from ecosim.behaviors.scratch import SCRATCH
from ecosim.model import survey, terms
from ecosim.model.firms import empty


class Stage:
    """Firms, terms, survey and scratch on which one rule acts, all in one zone."""

    def __init__(self, count, **columns):
        self.firms = empty(count)
        self.firms.uid[:] = np.arange(count, dtype=np.uint64) + (np.uint64(1) << np.uint64(62))
        self.firms.alive[:] = 1
        self.firms.log_employees[:] = np.log(20.0)
        self.firms.log_productivity[:] = np.log(100.0)
        self.firms.age[:] = 40
        for name, values in columns.items():
            getattr(self.firms, name)[:] = values
        self.terms = terms.neutral(1)
        self.survey = survey.blank(1)
        self.survey.mean_productivity[:] = np.log(100.0)
        self.luck = (np.uint64(5), np.uint64(6))
        self.work = np.zeros((SCRATCH, count))

    def life(self, quarter):
        """Uniforms of growth, closing, and start or stop of R&D."""
        draws = np.zeros((3, self.firms.uid.size))
        draw_life(self.firms, self.luck, quarter, draws)
        return draws


@pytest.fixture(scope="session")
def stage():
    return Stage


@pytest.fixture(scope="session")
def quarter():
    return np.uint64(8067)
