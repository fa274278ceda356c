"""The reference model: one small firm model that every implementation writes in its own way, with the same equations.

A quarter, for a firm with employees L, sales per worker A, R&D capital K, in a cell (sector x zone):

1. it closes with probability 1 - exp(-exp(x)), x = EXIT + EXIT_AGE ln(1 + age / 4) + EXIT_SIZE (ln L - 2.3);
2. ln A rises by TREND + SHOCK z;
3. an R&D performer spends R = exp(INTENSITY + AMBITION a + PRICE ln(user cost)) L A / 4, where the policy (a
   deduction of the quarter) enters the user cost (1 - t (1 + deduction)) / (1 - t), t = TAX or TAX_CERTIFIED;
4. K becomes (1 - WEAR) K + R;
5. it files n patents, geometric with mean exp(PATENTS + KNOWLEDGE ln K + SPILLOVER S), with S = ln(1 + K of its cell /
   1000) at the end of the last quarter;
6. it is certified with probability 1 - exp(-exp(x)), x = CERTIFY + RATIO ln(R / sales / 3 %) + PATENTED ln(1 + held),
   if it performs R&D and holds a patent; it loses the certificate with probability LAPSE;
7. ln L changes by MEAN + b v, v Laplace, b = SPREAD exp(-SLOPE (ln L - 3)) / 2, and stays above 0;
8. it starts R&D with probability START, or stops with STOP;
9. survivors found Poisson(SPAWN) firms in their cell.

Standard normals are drawn as logistics of unit variance, so that all need one logarithm. Ten series a quarter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SECTORS, ZONES = 20, 50
CELLS = SECTORS * ZONES
EXIT, EXIT_AGE, EXIT_SIZE = -3.6, -0.25, -0.16
TREND, SHOCK = 0.004, 0.04
INTENSITY, AMBITION, PRICE = -3.75, 0.85, -1.14
TAX, TAX_CERTIFIED = 0.25, 0.15
WEAR = 0.0398
PATENTS, KNOWLEDGE, SPILLOVER = -4.55, 0.55, 0.05
CERTIFY, RATIO, PATENTED, LAPSE = -4.0, 0.4, 0.2, 0.02
MEAN, SPREAD, SLOPE = 0.0075, 0.25, 0.17
START, STOP = 0.0055, 0.012
SPAWN = 0.0205
NEWBORN_SIZE, NEWBORN_SPREAD = 1.9, 0.8
NEWBORN_PRODUCTIVITY, NEWBORN_PRODUCTIVITY_SPREAD = 4.08, 0.35
NEWBORN_PERFORMS = 0.1
LOGISTIC = 0.5513288954217921  # scale of a logistic of unit variance
POLICY_QUARTER = 10  # the deduction rises then
SERIES = (
    "firms", "employment", "sales", "research", "knowledge", "performers", "patents", "certified", "births", "deaths",
)  # fmt: skip


class Start(NamedTuple):
    """The firms at the beginning, (firms,) each."""

    cell: NDArray[np.int32]
    age: NDArray[np.int32]
    log_employees: NDArray[np.float64]
    log_productivity: NDArray[np.float64]
    knowledge: NDArray[np.float64]
    ambition: NDArray[np.float64]
    performs: NDArray[np.int8]


def deduction(quarter: int) -> float:
    """R&D deducted from profit beyond its cost: the policy of the reference model."""
    return 1.0 if quarter >= POLICY_QUARTER else 0.5


def log_user_cost(quarter: int) -> tuple[float, float]:
    """ln of the price of R&D without and with a certificate."""
    return tuple(  # type: ignore[return-value]
        float(np.log((1.0 - tax * (1.0 + deduction(quarter))) / (1.0 - tax))) for tax in (TAX, TAX_CERTIFIED)
    )


def begin(firms: int, seed: int) -> Start:
    """The same first firms for every implementation."""
    rng = np.random.default_rng(seed)
    performs = (rng.random(firms) < 0.3).astype(np.int8)
    log_employees = np.maximum(2.5 + 1.1 * rng.standard_normal(firms), 0.0)
    log_productivity = 4.2 + 0.6 * rng.standard_normal(firms)
    return Start(
        cell=rng.integers(CELLS, size=firms).astype(np.int32),
        age=rng.exponential(36.0, firms).astype(np.int32),
        log_employees=log_employees,
        log_productivity=log_productivity,
        knowledge=performs * 0.3 * np.exp(log_employees + log_productivity - 3.0),
        ambition=rng.standard_normal(firms),
        performs=performs,
    )
