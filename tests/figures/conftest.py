"""A small forecast of Pinghu, its baseline and its counts."""

import numpy as np
import pandas as pd
import pytest

from ecosim.figures import Fan, Labels, canvas

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SPREAD = (-1.6, -1.3, -0.7, 0.0, 0.7, 1.3, 1.6)


def quantiles(target, start, growth, scenario="pinghu_2017", origin="2016-12", years=(2017, 2018, 2019), sd=0.1):
    """Lognormal quantiles that grow by a rate and widen with the root of the horizon."""
    rows = [
        (scenario, "Pinghu", origin, str(year), target, q, start * np.exp(growth * h + sd * np.sqrt(h) * z))
        for h, year in enumerate(years, 1)
        for q, z in zip(QUANTILES, SPREAD, strict=True)
    ]
    return pd.DataFrame(rows, columns=["scenario", "location", "origin", "time", "target", "quantile", "value"])


@pytest.fixture
def make_quantiles():
    return quantiles


@pytest.fixture
def forecast():
    return pd.concat([quantiles("tech_sme_stock", 279, 0.15), quantiles("hnte_stock", 100, 0.25)])


@pytest.fixture
def baseline():
    return pd.concat([quantiles("tech_sme_stock", 279, 0.12, "base"), quantiles("hnte_stock", 100, 0.2, "base")])


@pytest.fixture
def effect(forecast, baseline):
    return forecast.assign(baseline="base", value=forecast["value"].to_numpy() - baseline["value"].to_numpy())


@pytest.fixture
def counts():
    rows = [("tech_sme_stock", "2014", 150.0), ("tech_sme_stock", "2015", np.nan), ("tech_sme_stock", "2016", 279.0)]
    return pd.DataFrame(rows, columns=["target", "time", "value"]).assign(location="Pinghu")


@pytest.fixture
def labels():
    return Labels("Pinghu", "平湖", "2017 policy package", "national rules only")


@pytest.fixture
def fan(forecast, counts, baseline):
    later = pd.DataFrame({"location": ["Pinghu"], "target": ["tech_sme_stock"], "time": ["2017"], "value": [358.0]})
    return Fan(forecast, counts, baseline, later, {"2017-07": "package"}, {"hnte_stock": "level assumed"})


@pytest.fixture
def drawn(monkeypatch):
    """The figures that charts save, in their order, instead of files."""
    figures = []

    def keep(figure, path):
        figure.canvas.draw()
        figures.append(figure)
        return path

    monkeypatch.setattr(canvas, "save", keep)
    return figures
