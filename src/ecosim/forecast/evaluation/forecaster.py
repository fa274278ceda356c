"""What a forecaster is given at an origin, what it gives back, and how its luck is named."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Series = tuple[str, str]  # location, target
LARGEST = 1e15  # no count and no sum of money comes near it; keeps an explosive path finite


SAME = 1e-13  # relative difference that rounding leaves between a figure and the exponential of its logarithm


class NoForecast(Exception):
    """A forecast that cannot be made; its message is the reason that the table of missing forecasts gives."""


@dataclass(frozen=True)
class Scale:
    """The scale on which increments are taken: ln(y + 1/2) of counts, ln y of positive values, y of all others."""

    kind: Literal["count", "log", "level"]

    def of(self, values: Floats) -> Floats:
        """Values (any shape) on the scale."""
        if self.kind == "level":
            return np.asarray(values, dtype=float)
        return np.log(values + 0.5) if self.kind == "count" else np.log(values)

    def back(self, scaled: Floats) -> Floats:
        """Scaled values as the unit has them; counts are whole: y is every z with ln y <= z < ln(y + 1)."""
        if self.kind == "level":
            return np.clip(scaled, -LARGEST, LARGEST)
        values = np.exp(np.minimum(scaled, np.log(LARGEST)))
        return np.floor(values) if self.kind == "count" else values


@dataclass(frozen=True)
class Known:
    """One series as it was known at an origin. Steps are those of the data: years, quarters or months."""

    values: Floats  # (T,) from the first known value to the last one; NaN where a period inside is not known
    lag: int  # steps from the last known value to the origin
    counted: bool  # whether the unit is a count
    season: int  # steps in a cycle; 1: none
    kind: str  # stock, flow, level, or '' where ecosim does not know the target

    @cached_property
    def scale(self) -> Scale:
        """The scale of its increments."""
        if self.counted:
            return Scale("count")
        return Scale("log" if np.nanmin(self.values) > 0 else "level")

    @cached_property
    def scaled(self) -> Floats:
        """The values on that scale, (T,)."""
        return self.scale.of(self.values)

    @cached_property
    def filled(self) -> Floats:
        """The scaled values with gaps filled on a straight line, (T,), for methods that need every step."""
        steps = np.arange(len(self.scaled))
        known = np.isfinite(self.scaled)
        return np.interp(steps, steps[known], self.scaled[known])

    def exact(self, paths: Floats) -> Floats:
        """Paths (any shape) on which a known figure that returns is that very figure: exp(ln y) may miss y by a bit.

        So a forecast of no change has no error where nothing changes, and its interval holds what it stands on.
        """
        if self.scale.kind != "log":
            return paths
        figures = np.unique(self.values[np.isfinite(self.values)])
        at = np.clip(np.searchsorted(figures, paths), 1, max(len(figures) - 1, 1))
        low, high = figures[at - 1], figures[np.minimum(at, len(figures) - 1)]
        nearest = np.where(np.abs(paths - low) <= np.abs(high - paths), low, high)
        return np.where(np.abs(paths - nearest) <= SAME * nearest, nearest, paths)

    def increments(self, lag: int = 1) -> Floats:
        """Scaled differences over `lag` steps, without those at a gap."""
        steps = self.scaled[lag:] - self.scaled[:-lag]
        return steps[np.isfinite(steps)]


@dataclass(frozen=True)
class History:
    """All that was known at an origin.

    origin: the period whose end is the origin, '2012' or '2012-Q3'. counts: the rows in the counts schema.
    series: the same by location and target, for those with enough values.
    """

    origin: str
    counts: pd.DataFrame
    series: Mapping[Series, Known]

    def beside(self, location: str, target: str) -> dict[str, Known]:
        """The other targets of a place."""
        return {other: known for (place, other), known in self.series.items() if place == location and other != target}


@dataclass(frozen=True)
class Ahead:
    """How far and how often: steps after the origin, sample paths, and the run's seed."""

    steps: int
    samples: int
    seed: int


@dataclass
class Paths:
    """Sample paths of one series: (samples, steps), the first step is the one after the origin."""

    values: Floats
    warnings: tuple[str, ...] = field(default=())


class Forecaster(Protocol):
    """A method that is re-estimated at every origin.

    scope: 'place' where the series of one place are enough, so that places can be forecast apart; 'panel' where
    it fits all places at once. needs_others: it combines the forecasts of the other methods.
    """

    @property
    def name(self) -> str:
        """As in the tables."""
        ...

    @property
    def scope(self) -> Literal["place", "panel"]:
        """Whether one fit is for a place or for all."""
        ...

    def fit(self, history: History, wanted: Sequence[Series], ahead: Ahead) -> Mapping[Series, Paths | NoForecast]:
        """Paths of every wanted series from what was known at the origin, or why there are none."""
        ...


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A stream of its own for each name: the same luck whatever else is forecast, on every worker."""
    text = "\x1f".join(str(name) for name in (seed, *names))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))
