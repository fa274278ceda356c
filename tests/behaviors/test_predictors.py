"""Every linear predictor is linear in its coefficients, and the same on numbers and on arrays."""

import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

import ecosim.behaviors

OFFSETS = {"log_intensity": {"log_grant": 0.0}}  # terms that enter with coefficient 1


def predictors():
    """(name, compiled predictor, class of its coefficients) of every behavior."""
    for module in pkgutil.iter_modules(ecosim.behaviors.__path__):
        parts = vars(importlib.import_module(f"ecosim.behaviors.{module.name}"))
        kinds = [part for part in parts.values() if isinstance(part, type) and hasattr(part, "_fields")]
        for name, part in parts.items():
            if not isinstance(part, Dispatcher) or part.py_func.__module__ != f"ecosim.behaviors.{module.name}":
                continue
            arguments = list(inspect.signature(part.py_func).parameters)
            if "inear predictor" not in (part.py_func.__doc__ or "") or "firms" in arguments:
                continue
            used = set(re.findall(r"\bc\.(\w+)", inspect.getsource(part.py_func)))
            (kind,) = [kind for kind in kinds if used <= set(kind._fields)]
            yield pytest.param(part, kind, sorted(used, key=kind._fields.index), id=f"{module.name}.{name}")


FOUND = list(predictors())


def columns_of(predictor, rows):
    names = list(inspect.signature(predictor.py_func).parameters)[1:]
    luck = np.random.default_rng(len(names))
    offsets = OFFSETS.get(predictor.py_func.__name__, {})
    return [np.full(rows, offsets[name]) if name in offsets else luck.normal(size=rows) for name in names]


def design_matrix(predictor, kind, used, columns):
    """A column for each coefficient: the predictor where that one is 1 and the others are 0."""
    zero = kind(*(0.0 for _ in kind._fields))
    return np.column_stack([predictor(zero._replace(**{name: 1.0}), *columns) for name in used])


def test_every_rule_shows_its_predictor():
    names = {parameter.id for parameter in FOUND}
    assert {
        "exit.log_hazard", "growth.mean_growth", "research.log_start", "research.log_stop", "research.log_intensity",
        "innovation.log_rate", "productivity.mean_change", "awareness.hazard", "certification.log_hazard",
        "finance.log_odds", "entry.log_rate",
    } <= names  # fmt: skip


@pytest.mark.parametrize(("predictor", "kind", "used"), FOUND)
def test_a_predictor_is_linear_in_its_coefficients(predictor, kind, used):
    columns = columns_of(predictor, 7)
    matrix = design_matrix(predictor, kind, used, columns)
    luck = np.random.default_rng(3)
    for _ in range(3):
        values = dict(zip(used, luck.normal(size=len(used)), strict=True))
        others = {name: 99.0 for name in kind._fields if name not in used}  # of no influence on it
        got = predictor(kind(**{**values, **others}), *columns)
        assert np.allclose(got, matrix @ np.array(list(values.values())), rtol=0, atol=1e-12)
    assert np.linalg.matrix_rank(matrix) == min(len(used), 7)


@pytest.mark.parametrize(("predictor", "kind", "used"), FOUND)
def test_a_predictor_is_the_same_on_numbers_and_on_arrays(predictor, kind, used):
    columns = columns_of(predictor, 7)
    c = kind(*np.random.default_rng(4).normal(size=len(kind._fields)).tolist())
    together = predictor(c, *columns)
    one_by_one = [predictor(c, *(float(column[i]) for column in columns)) for i in range(7)]
    assert together.shape == (7,)
    assert together.tolist() == one_by_one
