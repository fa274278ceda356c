"""What tests of several floors share: a small region, coefficients at their means, the rules in force."""

import signal
from pathlib import Path

import pytest
import yaml

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import from_table
from ecosim.data.periods import quarter_index
from ecosim.forecast import kernels
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.luck import Key
from ecosim.model.population import synthesize
from ecosim.model.region import Region, Zone
from ecosim.policies import shelf

CONFIGS = Path(__file__).parents[1] / "configs"


def pytest_configure(config):
    """Ctrl-C works, and several processes of tests find the model compiled, which each would compile for itself.

    A shell lets commands in its background ignore Ctrl-C, and so would all that the tests start and stop by it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        kernels.compile_missing(lambda done, total: None)


def read_rows(name):
    rows = yaml.safe_load((CONFIGS / name).read_text(encoding="utf-8"))
    rows.pop("defaults", None)
    return rows


@pytest.fixture(scope="session")
def center():
    """Coefficients of every rule at the mean of their priors."""
    priors = read_rows("behaviors/literature.yaml")
    return Behaviors(**{name: from_table(name, kind, priors[name]).center for name, kind in SHELF.items()})


@pytest.fixture(scope="session")
def quick(center):
    """Coefficients under which much happens in few quarters: many perform R&D, know the programs and are certified."""
    return center._replace(
        awareness=center.awareness._replace(innovation=1.0),
        participation=center.participation._replace(start=-2.5),
        innovation=center.innovation._replace(level=-3.0),
        certification=center.certification._replace(tech_sme=-1.0, high_tech=0.5, abstain=0.05, renewal=0.5),
        exit=center.exit._replace(young=-3.0, mature=-3.0),
        hiring=center.hiring._replace(wage=6.0),
    )


@pytest.fixture(scope="session")
def national_rows():
    return read_rows("policies/national_rules.yaml")


@pytest.fixture(scope="session")
def national(national_rows):
    return {name: row.policy for name, row in shelf.build(national_rows).items()}


@pytest.fixture(scope="session")
def package_rows():
    """Rows of Pinghu's package of 2017, without the national rules; its towns are those of the small region."""
    rows = read_rows("policies/pinghu_2017.yaml")
    rows["town_service_centers"]["opens"] = {"town": "2017-06", "park": "2018-03"}
    return rows


@pytest.fixture(scope="session")
def small_region():
    return Region(
        name="Smallville",
        level="county",
        sectors={"advanced_equipment": 0.4, "electronics": 0.3, "garments": 0.3},
        ownership={"private": 0.7, "state": 0.1, "foreign": 0.2},
        zones={"town": Zone(share=0.6), "park": Zone(share=0.4)},
    )


@pytest.fixture(scope="session")
def make_model(small_region, center, national):
    """Build a small model: make_model(firms=300, member=0, quarter='2016-12', behaviors=..., policies=..., ...)."""

    def make(firms=300, member=0, quarter="2016-12", behaviors=center, policies=national, region=small_region, **more):
        key = Key(11, member)
        table = firms if not isinstance(firms, int) else synthesize(region, firms, key)
        return EcosystemModel(
            region,
            table,
            FirmRules(behaviors, region),
            policies=policies,
            key=key,
            quarter=quarter_index(quarter),
            **{"people": 500, **more},
        )

    return make


@pytest.fixture(scope="session")
def run():
    """Step a model some quarters and return its series by name, each (quarters,)."""

    def steps(model, quarters):
        for _ in range(quarters):
            model.step()
        columns = zip(*model.history[-quarters:], strict=True)
        return dict(zip(model.observed_names, columns, strict=True))

    return steps
