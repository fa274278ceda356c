"""Yearly log growth of a target in many places: shrunk drift, a common shock, local shocks and measurement noise."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.hindsight import COMMON_DF, COMMON_SD, LOCAL_T_DF, look_back
from ecosim.calibration.increments import base_year, log_levels, moments
from ecosim.data.panel import CountsError, known_at

Floats = NDArray[np.float64]

SHARED_LOADING = 0.5  # correlation 0.25 between the common shocks of two targets; an assumption
DRIFT_BETWEEN_FLOOR = 0.03  # least sd of drift, log points a year, for a place outside the panel; an assumption


@dataclass(frozen=True)
class Growth:
    """Predictive distribution of the log growth of one target, from the origin's last complete year on.

    Arrays over places are (P,), arrays over years ahead are (H,); beyond H the last value holds. Log points a year.
    """

    target: str
    base_year: int  # year 1 of a path is base_year + 1
    locations: tuple[str, ...]
    drift: Floats  # (P,) before damping
    drift_sd: Floats  # (P,)
    local_scale: Floats  # (P,) sd of a yearly local shock
    common_scale: Floats  # (H,) scale of the t of a yearly common shock
    common_df: float
    measurement_sd: float  # of one measured level
    damping: Floats  # (H,) share of the drift that is kept
    scale: Floats  # (H,) widening learned from earlier origins (kappa)
    origins: NDArray[np.int64]  # (H,) number of earlier origins behind damping and scale
    years: tuple[int, ...]  # years whose increments were used
    pooled_drift: float  # for a place outside the panel
    pooled_drift_sd: float
    pooled_local_scale: float
    borrowed_from: str  # the target whose panel was fitted; differs from target where that has none
    basis: str  # what the growth rests on, in words

    def draw(self, location: str, members: int, years: int, seed: int) -> Floats:
        """Cumulative log growth, (members, years): sum of drift, common and local shocks and measurement.

        Member m has the same path whatever the number of members or years.
        """
        return (
            self.drift_paths(location, members, years, seed)
            + self.common_shocks(members, years, seed)
            + self.local_shocks(location, members, years, seed)
            + self.measurement(location, members, years, seed)
        )

    def spread(self, location: str, step: int) -> tuple[float, float]:
        """Center and sd of the log growth over `step` years."""
        drift, drift_sd, local = self.place(location)
        row = min(step, len(self.damping)) - 1
        damping = self.damping[row]
        freedom = self.common_df / max(self.common_df - 2.0, 0.5)
        common = self.common_scale[row] ** 2 * freedom * step * (1.0 + damping**2 * step / len(self.years))
        other = step * local**2 + (damping * step * drift_sd) ** 2 + 2.0 * self.measurement_sd**2
        return float(damping * step * drift), float(self.scale[row] * np.sqrt(common + other))

    def spreads(self, location: str, years: int) -> tuple[Floats, Floats]:
        """Center and sd of the log growth over one year, two and so on, (years,) each."""
        found = np.array([self.spread(location, step) for step in range(1, years + 1)]).reshape(years, 2)
        return found[:, 0], found[:, 1]

    def drift_paths(self, location: str, members: int, years: int, seed: int) -> Floats:
        """Cumulative damped drift with its uncertainty, (members, years); an unknown place has the pooled drift."""
        drift, sd, _ = self.place(location)
        steps = np.arange(1, years + 1)
        normal = _generator(seed, "drift", self.target, location).standard_normal(members)
        damping = self._ahead(self.damping, years) * steps
        return damping * drift + self._ahead(self.scale, years) * damping * sd * normal[:, None]

    def damped(self, drifts: Floats, years: int) -> Floats:
        """Cumulative damped drift, (members, years), of given yearly drifts, (members,)."""
        return self._ahead(self.damping, years) * np.arange(1, years + 1) * drifts[:, None]

    def common_shocks(self, members: int, years: int, seed: int) -> Floats:
        """Cumulative common shock, (members, years): the same for all places, correlated between targets.

        One scale per member (so that yearly shocks are jointly t), and the uncertainty of the panel's mean drift.
        """
        spread = _generator(seed, "common scale", self.target).chisquare(self.common_df, members)
        error = _generator(seed, "common drift", self.target).standard_normal(members)[:, None]
        own, shared = np.sqrt(1.0 - SHARED_LOADING**2), SHARED_LOADING
        yearly = np.column_stack(
            [
                own * _generator(seed, "common", self.target, self.base_year + step).standard_normal(members)
                + shared * _generator(seed, "common to all targets", self.base_year + step).standard_normal(members)
                for step in range(1, years + 1)
            ]
        )
        drifting = self._ahead(self.damping, years) * np.arange(1, years + 1) * error / np.sqrt(len(self.years))
        width = self._ahead(self.scale, years) * self._ahead(self.common_scale, years)
        return width * np.sqrt(self.common_df / spread)[:, None] * (np.cumsum(yearly, axis=1) + drifting)

    def local_shocks(self, location: str, members: int, years: int, seed: int) -> Floats:
        """Cumulative local shock of one place, (members, years); yearly shocks are t with 5 degrees of freedom."""
        _, _, local = self.place(location)
        unit = np.sqrt((LOCAL_T_DF - 2.0) / LOCAL_T_DF)
        yearly = np.column_stack(
            [
                _generator(seed, "local", self.target, location, self.base_year + step).standard_t(LOCAL_T_DF, members)
                for step in range(1, years + 1)
            ]
        )
        return self._ahead(self.scale, years) * local * unit * np.cumsum(yearly, axis=1)

    def measurement(self, location: str, members: int, years: int, seed: int) -> Floats:
        """Noise of the year's figure less the noise of the last observed one, (members, years); does not cumulate."""
        noise = [
            _generator(seed, "measured", self.target, location, self.base_year + step).standard_normal(members)
            for step in range(years + 1)
        ]
        difference = np.column_stack(noise[1:]) - noise[0][:, None]
        return self._ahead(self.scale, years) * self.measurement_sd * difference

    def place(self, location: str) -> tuple[float, float, float]:
        """Drift, its sd and the local scale of a place."""
        if location in self.locations:
            row = self.locations.index(location)
            return float(self.drift[row]), float(self.drift_sd[row]), float(self.local_scale[row])
        return self.pooled_drift, self.pooled_drift_sd, self.pooled_local_scale

    def drift_error(self, location: str) -> float:
        """Sd of a place's drift, that of the mean of all places in it."""
        return float(np.hypot(self.place(location)[1], self.mean_error))

    @property
    def mean_error(self) -> float:
        """Sd of the mean drift of all places, from the common shocks of the years that tell it."""
        return float(self.common_scale[0] / np.sqrt(len(self.years)))

    def _ahead(self, values: Floats, years: int) -> Floats:
        """Values by horizon, (years,); the last one holds beyond the horizon that was fitted."""
        return values[np.minimum(np.arange(years), len(values) - 1)]


def fit_growth(
    counts: pd.DataFrame,
    target: str,
    origin: str,
    locations: Iterable[str] | None = None,
    horizon: int = 8,
    common_sd: float = COMMON_SD,
) -> Growth:
    """Fit growth to the yearly figures known at the origin, pooled over places.

    locations: the panel; without it every place with two successive years, but not the nation. Two-year increments
    over a gap (high-tech firms lack 2017) and increments into a declared break are left out. common_sd: prior sd of the
    common shock, log points a year.
    Raises CountsError where the target has no yearly increment at the origin.
    """
    if horizon < 1:
        raise CountsError(f"{target}: horizon is {horizon}; it must be at least one year")
    levels = log_levels(known_at(counts, origin), target, locations, base_year(origin))
    known = moments(levels, target)
    past = look_back(levels, target, horizon, common_sd)
    squared = [known.common_variance(damping, COMMON_DF, common_sd) for damping in past.damping]
    return Growth(
        target=target,
        base_year=base_year(origin),
        locations=known.locations,
        drift=known.drift,
        drift_sd=known.drift_sd,
        local_scale=np.sqrt(known.local_variance),
        common_scale=np.sqrt(squared),
        common_df=COMMON_DF + len(known.years) - 1,
        measurement_sd=float(np.sqrt(known.noise_variance)),
        damping=past.damping,
        scale=past.scale,
        origins=past.origins,
        years=known.years,
        pooled_drift=known.drift_mean,
        pooled_drift_sd=max(known.drift_between, DRIFT_BETWEEN_FLOOR),
        pooled_local_scale=float(np.sqrt(known.pooled_local_variance)),
        borrowed_from=target,
        basis=f"{target} of {len(known.locations)} places, growth of {len(known.years)} years up to {known.years[-1]}",
    )


def _generator(seed: int, *names: str | int) -> np.random.Generator:
    """A stream of its own for each name; its first n draws do not depend on how many are taken."""
    text = "\x1f".join(str(name) for name in (seed, *names))
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key))
