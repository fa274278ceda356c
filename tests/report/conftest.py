"""A run with every table that a report can show."""

import numpy as np
import pandas as pd
import pytest

from ecosim.figures import Labels
from ecosim.report import ReportContext

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def table(target, values_by_time, scenario="pinghu_2017"):
    """Quantiles around given medians: 0.8, 0.9, 1, 1.1 and 1.2 times the median."""
    rows = [
        (scenario, "Pinghu", "2016-12", time, target, q, median * factor)
        for time, median in values_by_time.items()
        for q, factor in zip(QUANTILES, (0.8, 0.9, 1.0, 1.1, 1.2), strict=True)
    ]
    return pd.DataFrame(rows, columns=["scenario", "location", "origin", "time", "target", "quantile", "value"])


def placebo(lag, lead, flag="fails: both years' spending predicts"):
    """Last year's and next year's spending, each alone on the rows that have both."""
    row = {"equation": "hnte_certifications", "sample": "common", "beside": "alone", "n": 124, "flag": flag}
    return pd.DataFrame(
        [
            row | {"timing": "lag", "estimate": lag, "std_error": 0.19},
            row | {"timing": "lead", "estimate": lead, "std_error": 0.15},
        ]
    )


@pytest.fixture
def make_placebo():
    return placebo


@pytest.fixture
def make_table():
    return table


@pytest.fixture
def forecast():
    return pd.concat(
        [
            table("tech_sme_stock", {"2017": 350.0, "2018": 1514.0}),
            table("rd_expenditure", {"2017": 14.25, "2018": 15.5}),
        ]
    )


@pytest.fixture
def counts():
    rows = [("tech_sme_stock", "2015", 180.0), ("tech_sme_stock", "2016", 279.0), ("tech_sme_stock", "2014", np.nan)]
    return pd.DataFrame(rows, columns=["target", "time", "value"]).assign(location="Pinghu")


@pytest.fixture
def months():
    """Patents granted by month, 1,512 in 2016; two months of 2017 make no year."""
    times = [*(f"2016-{month:02}" for month in range(1, 13)), "2017-01", "2017-02"]
    values = [*(104.0 + 4 * month for month in range(12)), 160.0, 170.0]
    return pd.DataFrame({"location": "Pinghu", "target": "patents_granted", "time": times, "value": values})


@pytest.fixture
def hindcast():
    rows = [
        ("ecosim", "hnte_stock", "2016", 100.0, 104.0, 90.0, 120.0),
        ("random walk", "hnte_stock", "2016", 100.0, 80.0, 60.0, 99.0),
        ("drift", "hnte_stock", "2016", 100.0, 110.0, 90.0, 130.0),
    ]
    return pd.DataFrame(rows, columns=["method", "target", "time", "truth", "median", "low", "high"])


@pytest.fixture
def context(tmp_path, forecast, counts, hindcast):
    chart = tmp_path / "fan.png"
    chart.write_bytes(b"\x89PNG picture")
    some = pd.DataFrame({"equation": ["exit"], "term": ["log_age"], "estimate": [-0.512345], "source": ["register"]})
    return ReportContext(
        labels=Labels("Pinghu", "平湖", "2017 policy package", "national rules only"),
        forecast=forecast,
        targets=("tech_sme_stock", "rd_expenditure"),
        observed=counts,
        effect=table("tech_sme_stock", {"2018": 50.0}),
        baseline=table("tech_sme_stock", {"2018": 1000.0}),
        hindcast=hindcast,
        basis=pd.DataFrame(
            {"target": ["hnte_stock"], "level": [100.0], "basis": ["assumption"], "time": ["2016"], "source": ["R&D"]}
        ),
        coefficients=some,
        diagnostics=pd.DataFrame({"equation": ["exit"], "statistic": ["alpha"], "value": [0.038], "note": [""]}),
        placebo=placebo(0.46, 0.38),
        policies=pd.DataFrame({"instrument": ["award"], "label": ["Award"], "label_zh": ["奖励"], "family": ["award"],
                               "numbers": ["amount: 20 from 2017-Q3"], "in_baseline": [False],
                               "source": ["assumption"]}),
        outlays=pd.DataFrame({"instrument": ["award"], "year": [2017], "outlay": [1200.0], "outlay_lower": [900.0],
                              "outlay_upper": [1500.0], "tax_expenditure": [0.0], "recipients": [60.0],
                              "refused": [0.0]}),
        assumptions=("Award sizes are those of neighbors.",),
        not_identified=("Which instrument did it.",),
        charts={"fan": chart},
        provenance={"command": "python -m ecosim +scenario=pinghu_2017", "seed": "42"},
        citation="The ecosim developers (2026).",
    )  # fmt: skip
