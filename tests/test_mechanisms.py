"""Every row of the table of mechanisms works: switched off, it moves its observable as the table says beforehand."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ecosim.behaviors.rules import FirmRules
from ecosim.door.build import build_region
from ecosim.door.compose import compose
from ecosim.forecast.playground import ecosystem
from ecosim.model.ecosystem import OBSERVED, EcosystemModel
from ecosim.policies import shelf

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "mechanisms.md"
COLUMNS = ("id", "chinese", "english", "file", "switch", "observable", "direction", "test")
SYSTEMS = {"A": 9, "B": 9, "C": 10, "D": 13, "F": 4, "G": 8, "H": 2}  # of the article, by group: 55
MEASUREMENT = {"A8", "D13", "G8", "H1"}  # they name or measure; no firm meets them
QUARTERS, MEMBERS, FIRMS = 24, 24, 2600  # to the end of 2022, half of Pinghu's firms


def table() -> list[SimpleNamespace]:
    """The rows of docs/mechanisms.md."""
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == len(COLUMNS) and re.fullmatch(r"[A-H]\d+", cells[0]):
            rows.append(SimpleNamespace(**dict(zip(COLUMNS, cells, strict=True))))
    return rows


def code(cell: str) -> tuple[str, ...]:
    """What stands in backticks."""
    return tuple(re.findall(r"`([^`]+)`", cell))


ROWS = table()
SWITCHED = [row for row in ROWS if row.id not in MEASUREMENT]


@cache
def package() -> tuple[Any, dict[str, Any]]:
    settings = compose(["+scenario=pinghu_2017"]).settings
    return build_region(settings.region), settings.policies


@cache
def eve(member: int) -> EcosystemModel:
    """Firms on the eve of the package, after nine years under the rules of the time."""
    region, policies = package()
    return ecosystem(rng=member, firms=FIRMS, region=region, policies=policies)


def run(member: int, switches: tuple[str, ...] = ()) -> dict[str, float]:
    """Sum over the quarters of every series, and of what each instrument paid, with some mechanisms off.

    A switch is `~policies.<row>` (the row is removed) or `behaviors.<rule>.<coefficient>.mean=<value>`.
    """
    ready = eve(member)
    region, rows = package()
    removed = {text.removeprefix("~policies.") for text in switches if text.startswith("~")}
    assert removed <= set(rows), f"no such rows: {removed - set(rows)}"
    behaviors = ready.rules.behaviors  # type: ignore[attr-defined]
    for text in switches:
        if text.startswith("behaviors."):
            name, _, value = text.removeprefix("behaviors.").partition("=")
            rule, field, _ = name.split(".")
            behaviors = behaviors._replace(**{rule: getattr(behaviors, rule)._replace(**{field: float(value)})})
    kept = shelf.build({name: row for name, row in rows.items() if name not in removed})
    model = ready.fork(rules=FirmRules(behaviors, region), policies={name: row.policy for name, row in kept.items()})
    for _ in range(QUARTERS):
        model.step()
    totals = dict(zip(OBSERVED, np.sum(model.history, axis=0), strict=True))
    for (name, _), fen in model.ledger.outlay.items():
        totals[f"outlay:{name}"] = totals.get(f"outlay:{name}", 0.0) + fen
    totals["outlay"] = float(sum(model.ledger.outlay.values()))
    return totals


@cache
def with_everything(member: int) -> dict[str, float]:
    return run(member)


def test_the_table_holds_each_system_of_the_article_once():
    wanted = [f"{group}{number}" for group, last in SYSTEMS.items() for number in range(1, last + 1)]
    assert [row.id for row in ROWS] == wanted
    assert len(wanted) == 55


def test_rows_that_only_measure_say_why_they_have_no_direction():
    for row in ROWS:
        assert bool(code(row.switch)) == (row.id not in MEASUREMENT), row.id
        assert row.direction.startswith(("fewer", "more") if row.id not in MEASUREMENT else "none:"), row.id


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_files_and_tests_of_a_row_exist(row):
    for name in (*code(row.file), *code(row.test)):
        path, _, function = name.partition("::")
        assert (ROOT / path).is_file(), name
        assert not function or f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), name


@pytest.mark.slow
@pytest.mark.parametrize("row", SWITCHED, ids=lambda row: row.id)
def test_switched_off_it_moves_its_observable_as_stated(row):
    """Paired runs with common luck: the mean difference over members has the stated sign, beyond its error."""
    (observable,) = code(row.observable)[:1]
    changes = []
    for member in range(MEMBERS):
        full, without = with_everything(member), run(member, code(row.switch))
        assert observable in full, f"{observable} is no observable"
        changes.append(without.get(observable, 0.0) - full[observable])
    sign = -1 if row.direction.startswith("fewer") else 1
    mean, error = np.mean(changes), np.std(changes, ddof=1) / np.sqrt(MEMBERS)
    assert sign * mean > 1.645 * error, f"{observable}: {mean:+.4g} ({error:.2g}) with {row.switch} off"
