"""What variation a table leaves to each slope, and the verdict where it leaves none."""

from typing import NamedTuple

import numpy as np

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.effects import Codes, Floats, within
from ecosim.calibration.fitting.equation import Equation

NOT_IDENTIFIED = "not identified by these data"
LEAST_SHARE = 0.01  # of a term's variance within units that must be apart from the time effect; set by hand
NONE = 1e-10  # share of a variance that is rounding and nothing else


class Variation(NamedTuple):
    """The variation of one slope, as shares. verdict: empty where these data identify it."""

    term: str
    in_effects: float  # share of the variance left within the effects other than time
    in_time: float  # share of that left beside the time effect
    beside_others: float  # share of that left beside the other terms
    fitted: bool  # False where the slope cannot be computed at all
    verdict: str


def identify(equation: Equation, design: Design) -> list[Variation]:
    """The variation of every slope, in order.

    A policy must vary beside the time effect even if the equation has none: whatever else moved with time is told
    apart from it by nothing but assumption.
    """
    time_effect = [
        codes for codes, name in zip(design.effects, design.effect_names, strict=True) if _is_time(equation, name)
    ]
    others = tuple(
        c for c, name in zip(design.effects, design.effect_names, strict=True) if not _is_time(equation, name)
    )
    fixed = within(design.slopes, design.effects)
    independent = _in_turn(fixed, design.slopes)
    found = []
    for place, name in enumerate(design.names):
        column = design.slopes[:, [place]]
        times = time_effect or (_times(design) if name in equation.policies else [])
        total, inside = _spread(within(column, ()), column), _spread(within(column, others), column)
        beside = _spread(within(column, (*others, *times)), column) if times else inside
        alone = _alone(fixed, place) if _spread(fixed[:, [place]], column) > 0.0 else 0.0
        shares = (_share(inside, total), _share(beside, inside), alone)
        words = _verdict(equation, design, total, shares)
        found.append(Variation(name, *shares, fitted=independent[place], verdict=words))
    return found


def _is_time(equation: Equation, effect: str) -> bool:
    return effect == equation.time


def _times(design: Design) -> list[Codes]:
    if design.times is None:
        return []
    return [np.unique(design.times, return_inverse=True)[1].astype(np.int64)]


def _spread(column: Floats, raw: Floats) -> float:
    """Sum of squares, 0 where it is rounding of the raw values."""
    squares = float((column**2).sum())
    return squares if squares > NONE * float((raw**2).sum()) else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0


def _alone(columns: Floats, place: int) -> float:
    """Share of a column's sum of squares that the other columns do not give."""
    own, rest = columns[:, place], np.delete(columns, place, axis=1)
    if not rest.shape[1]:
        return 1.0
    scale = np.sqrt((rest**2).sum(axis=0))
    rest = rest[:, scale > 0.0] / scale[scale > 0.0]
    left = own - rest @ np.linalg.lstsq(rest, own, rcond=1e-12)[0]
    return float(left @ left / (own @ own))


def _in_turn(columns: Floats, raw: Floats) -> list[bool]:
    """Which columns add anything to those before them."""
    basis: list[Floats] = []
    found = []
    for column, own in zip(columns.T, raw.T, strict=True):
        left = column.copy()
        for _ in range(2):  # twice, against rounding
            for direction in basis:
                left -= direction * (direction @ left)
        size = float(left @ left)
        new = size > NONE * float(column @ column) and float(column @ column) > NONE * float(own @ own)
        if new:
            basis.append(left / np.sqrt(size))
        found.append(new)
    return found


def _verdict(equation: Equation, design: Design, total: float, shares: tuple[float, float, float]) -> str:
    in_effects, in_time, beside = shares
    if total == 0.0:
        return f"{NOT_IDENTIFIED}: it never varies"
    if in_effects == 0.0:
        names = [name for name in design.effect_names if not _is_time(equation, name)]
        return f"{NOT_IDENTIFIED}: it does not vary within {' and '.join(names)}"
    if in_time < LEAST_SHARE:
        return f"{NOT_IDENTIFIED}: {in_time:.1%} of its variation is apart from the common path over {equation.time}"
    if beside < NONE * 100:
        return f"{NOT_IDENTIFIED}: the other terms together say the same"
    return ""
