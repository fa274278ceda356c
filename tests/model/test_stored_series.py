"""A small seeded run against stored series.

`baseline.csv` changes on purpose only: when a rule, a coefficient or a draw is meant to change. Then run
`python tests/model/test_stored_series.py` from the project's folder, look at the difference, and say in the changelog
that results change.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.data.periods import quarter_label
from ecosim.forecast.playground import ecosystem

STORED = Path(__file__).with_name("baseline.csv")
QUARTERS = 8
NOTE = "# 300 firms, seed 2017, national rules; changed on purpose only, see test_stored_series.py\n"


def series():
    model = ecosystem(rng=2017, firms=300)
    labels = []
    for _ in range(QUARTERS):
        model.step()
        labels.append(quarter_label(model.quarter))
    table = pd.DataFrame(np.array(model.history), columns=list(model.observed_names))
    return table.assign(time=labels).set_index("time")


@pytest.fixture(scope="module")
def both():
    return series(), pd.read_csv(STORED, comment="#", index_col="time")


def test_the_stored_run_comes_out_again(both):
    now, stored = both
    assert now.index.tolist() == stored.index.tolist()
    assert now.columns.tolist() == stored.columns.tolist()
    for name in stored:  # the C library's exp in the furniture around the kernels may differ by a bit of a yuan
        assert now[name].tolist() == pytest.approx(stored[name].tolist(), rel=1e-6), name


def test_the_stored_run_shows_every_kind_of_event(both):
    _, stored = both
    for name in ("births", "deaths", "patents_granted", "rd_personnel", "hnte_stock", "aware_firms"):
        assert stored[name].sum() > 0, name


if __name__ == "__main__":
    STORED.write_text(NOTE + series().to_csv(), encoding="utf-8")
