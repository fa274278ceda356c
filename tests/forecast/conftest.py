"""One small place for the tests of the forecast: a county of 1,200 firms in Zhejiang with counts of its own."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.behaviors.decisions import SHELF
from ecosim.calibration.estimate import from_table
from ecosim.data import china
from ecosim.data.panel import COLUMNS
from ecosim.forecast import job as job_module
from ecosim.forecast.ensemble import Run, World
from ecosim.forecast.future import look_ahead
from ecosim.forecast.job import Clock, Job, Result
from ecosim.forecast.start import Ladder
from ecosim.model.ecosystem import OBSERVED
from ecosim.model.region import Region
from ecosim.policies import shelf

CONFIGS = Path(__file__).parents[2] / "configs"
SMALL = "Smallville"
COUNTED = (  # what is known of the county, and what is published after 2016
    ("gdp", "2016", 90.0, "100m CNY"),
    ("tech_sme_stock", "2016", 48, "count"),
    ("tech_sme_new", "2016", 10, "count"),
    ("hnte_stock", "2016", 14, "count"),
    ("patents_granted", "2016", 300, "count"),
    ("firms", "2016", 1300, "count"),
    ("births", "2016", 90, "count"),
    ("tech_sme_stock", "2017", 57, "count"),
    ("tech_sme_new", "2017", 12, "count"),
    ("hnte_stock", "2018", 24, "count"),
    ("hnte_foreign_stock", "2018-07", 3, "count"),
)
PLACES = ("Pinghu", "Jiaxing", "Zhejiang", "Jiangsu", "Anhui", "Hubei")


def silent(stage, done, total):
    """Progress that nobody sees."""


def read_rows(name):
    rows = yaml.safe_load((CONFIGS / name).read_text(encoding="utf-8"))
    rows.pop("defaults", None)
    return rows


@pytest.fixture(scope="session")
def all_counts():
    return china.load()


@pytest.fixture(scope="session")
def few_counts(all_counts):
    """Some provinces, Jiaxing, Pinghu, and the small county."""
    own = pd.DataFrame(COUNTED, columns=["target", "time", "value", "unit"])
    own = own.assign(location=SMALL, as_of="", source="made up")
    kept = all_counts[all_counts["location"].isin(PLACES)]
    return pd.concat([kept, own[list(COLUMNS)]], ignore_index=True)


@pytest.fixture(scope="session")
def package_rows():
    """Rows of Pinghu's package of 2017, without the national rules; the small county has Pinghu's towns."""
    return read_rows("policies/pinghu_2017.yaml")


@pytest.fixture(scope="session")
def priors():
    return read_rows("behaviors/literature.yaml")


@pytest.fixture(scope="session")
def estimates(priors):
    return {name: from_table(name, kind, priors[name]) for name, kind in SHELF.items()}


@pytest.fixture(scope="session")
def pinghu():
    """The region as it is carried; make_region changes single fields of it."""
    return Region(**read_rows("region/pinghu.yaml"))


@pytest.fixture(scope="session")
def make_region():
    def make(template="pinghu", **changes):
        return Region(**{**read_rows(f"region/{template}.yaml"), **changes})

    return make


@pytest.fixture(scope="session")
def make_job(make_region, few_counts, priors):
    """A small job, make_job(members=..., origin=...); by default the small county from 2016-12 to 2018."""
    national = read_rows("policies/national_rules.yaml")
    package = read_rows("policies/pinghu_2017.yaml")

    county = make_region(name=SMALL, inside=["Zhejiang"], firms=1200)

    def make(region=county, package=package, **changes):
        settings = {
            "scenario": "package",
            "region": region,
            "origin": "2016-12",
            "horizon": 2018,
            "members": 6,
            "seed": 2017,
            "workers": 1,
            "policies": shelf.build({**national, **package}, national),
            "baseline": "national_rules",
            "baseline_policies": shelf.build(national, national),
            "counts": few_counts,
            "behaviors": priors,
            "delivery_sd": 0.5,
        }
        return Job(**{**settings, **changes})

    return make


@pytest.fixture(scope="session")
def look(estimates):
    """Both ensembles of a job, without the panel regressions and tables around them."""

    def ahead(job):
        return look_ahead(job, estimates, job.origin, job.horizon, job.members, silent, Clock())

    return ahead


@pytest.fixture(scope="session")
def small_run(make_job):
    """What one small run on one worker gives, and the futures behind it: (result, outlook)."""
    seen = []

    def ahead(*arguments):
        seen.append(look_ahead(*arguments))
        return seen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_module, "look_ahead", ahead)
        result = job_module.run(make_job(), silent)
    return result, seen[0]


@pytest.fixture(scope="session")
def small_result(small_run):
    return small_run[0]


@pytest.fixture(scope="session")
def small_outlook(small_run):
    return small_run[1]


@pytest.fixture(scope="session")
def tables_of():
    """The tables of a result by name."""

    def tables(result):
        named = {field.name: getattr(result, field.name) for field in fields(Result)}
        return {name: value for name, value in named.items() if isinstance(value, pd.DataFrame)}

    return tables


@pytest.fixture(scope="session")
def make_world(pinghu):
    """A world in which nothing is drawn: levels are known, one firm is one agent."""

    def make(origin, base_year, quarters, ladder=None, **changes):
        known = Ladder(tech_sme_stock=300.0, tech_sme_flow=60.0, cohorts=(50.0, 30.0, 20.0), expired=10.0)
        settings = {
            "region": pinghu,
            "weight": 1,
            "templates": (),
            "estimates": {},
            "ladder": ladder or known,
            "level_sd": (0.0, 0.0),
            "flow_sd": 0.0,
            "flow_of_stock": False,
            "renewals": (0.8,) * 8,
            "baseline": {},
            "origin": origin,
            "base_year": base_year,
            "quarters": quarters,
            "seed": 5,
            "luck": 5,
            "delivery_sd": 0.0,
        }
        return World(**{**settings, **changes})

    return make


@pytest.fixture(scope="session")
def make_run():
    """A member's run from series by name, others are zero; before: the value of each quarter up to the origin."""

    def make(quarters, before=0.0, start=0.0, **series):
        block = np.zeros((quarters, len(OBSERVED)))
        for name, values in series.items():
            block[:, OBSERVED.index(name)] = values
        return Run(np.full((4, len(OBSERVED)), before), np.full(len(OBSERVED), start), block, {}, {}, {})

    return make
