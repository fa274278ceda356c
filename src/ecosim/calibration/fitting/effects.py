"""Fixed effects: as dummies, or taken out of every column by means within groups."""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]  # group of each row, 0 .. groups - 1
CLOSE = 1e-11  # of the largest value: a group mean below it is zero
MOST_ROUNDS = 10_000


def within(columns: Floats, effects: tuple[Codes, ...]) -> Floats:
    """Columns (n, k) less the effects of all groups; without effects less their means. Alternating projections."""
    effects = effects or (np.zeros(len(columns), np.int64),)
    out = np.array(columns, dtype=float)
    scale = np.abs(out).max(axis=0, initial=0.0) * CLOSE
    sizes = [np.bincount(codes).astype(float) for codes in effects]
    for _ in range(MOST_ROUNDS):
        moved = np.zeros(out.shape[1])
        for codes, size in zip(effects, sizes, strict=True):
            means = np.stack([np.bincount(codes, column) / size for column in out.T], axis=1) if out.size else out[:0]
            if out.size:
                out -= means[codes]
                moved = np.maximum(moved, np.abs(means).max(axis=0))
        if len(effects) == 1 or (moved <= scale).all():
            break
    return out


def dummies(effects: tuple[Codes, ...]) -> Floats:
    """Columns (n, levels) that span all effects: every level of the first, all but one of the others, none twice."""
    parts = []
    for place, codes in enumerate(effects):
        part = np.zeros((len(codes), int(codes.max()) + 1))
        part[np.arange(len(codes)), codes] = 1.0
        parts.append(part if place == 0 else part[:, 1:])
    whole = np.concatenate(parts, axis=1)
    return whole[:, independent(whole)] if len(effects) > 1 else whole


def independent(columns: Floats) -> list[int]:
    """Columns of a set that are no sum of others, in order."""
    if not columns.shape[1]:
        return []
    gram = columns.T @ columns
    _, upper, pivots = linalg.qr(gram, pivoting=True, mode="economic")
    diagonal = np.abs(np.diag(upper))
    return sorted(int(place) for place in pivots[diagonal > 1e-10 * diagonal[0]])


def levels(effects: tuple[Codes, ...]) -> int:
    """Parameters that the effects use up, the constant among them."""
    if not effects:
        return 1
    return sum(int(codes.max()) + 1 for codes in effects) - (len(effects) - 1)


def nested(inner: Codes, outer: Codes) -> bool:
    """Whether every group of `inner` lies within one group of `outer`."""
    return len(np.unique(np.stack([inner, outer], axis=1), axis=0)) == int(inner.max()) + 1
