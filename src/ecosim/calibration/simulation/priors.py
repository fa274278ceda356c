"""Parameters with their priors, and the scale on which every prior is a standard normal."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import truncnorm

from ecosim.data.errors import UserError
from ecosim.model.luck import generator_of

Floats = NDArray[np.float64]
EDGE = 1e-12  # probability beyond which a quantile is not asked for


class PriorError(UserError, ValueError):
    """A prior that cannot be used."""


@dataclass(frozen=True)
class Parameter:
    """A normal prior, truncated to [least, most], and where it comes from (kind: counts, literature, assumption)."""

    name: str
    mean: float
    sd: float
    least: float = -np.inf
    most: float = np.inf
    kind: str = "assumption"
    source: str = ""


@dataclass(frozen=True)
class Prior:
    """Independent priors of d parameters.

    Everything is computed on the standard scale z, where each prior is N(0, 1): z is the normal quantile of a
    parameter's prior probability, so bounds are never left and no unit matters.
    """

    parameters: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        names = [parameter.name for parameter in self.parameters]
        for parameter in self.parameters:
            if not (np.isfinite(parameter.mean) and np.isfinite(parameter.sd) and parameter.sd > 0):
                raise PriorError(
                    f"{parameter.name}: a free parameter needs a finite mean and a standard deviation above 0, not "
                    f"{parameter.mean} and {parameter.sd}; leave it out or give it a range"
                )
            if not parameter.least < parameter.most:
                raise PriorError(f"{parameter.name}: no room between {parameter.least} and {parameter.most}")
            if names.count(parameter.name) > 1:
                raise PriorError(f"{parameter.name} is named twice; name each parameter once")

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def sd(self) -> Floats:
        """Standard deviation of each prior after truncation, (d,)."""
        return np.array([truncnorm.std(*self._bounds[:, k], scale=p.sd) for k, p in enumerate(self.parameters)])

    @cached_property
    def mean(self) -> Floats:
        """Mean of each prior after truncation, (d,)."""
        return np.array(
            [truncnorm.mean(*self._bounds[:, k], loc=p.mean, scale=p.sd) for k, p in enumerate(self.parameters)]
        )

    @cached_property
    def _bounds(self) -> Floats:
        """Truncation in standard deviations from the mean, (2, d)."""
        lower = [(p.least - p.mean) / p.sd for p in self.parameters]
        upper = [(p.most - p.mean) / p.sd for p in self.parameters]
        return np.array([lower, upper])

    def from_standard(self, z: Floats) -> Floats:
        """Parameters in their own units, (..., d), from the standard scale."""
        below, above = ndtr(self._bounds)
        chance = np.clip(below + ndtr(z) * (above - below), EDGE, 1.0 - EDGE)
        loc, scale = (np.array([getattr(p, name) for p in self.parameters]) for name in ("mean", "sd"))
        least, most = (np.array([getattr(p, name) for p in self.parameters]) for name in ("least", "most"))
        values: Floats = np.clip(loc + scale * ndtri(chance), least, most)
        return values

    def to_standard(self, values: Floats) -> Floats:
        """The standard scale, (..., d), from parameters in their own units."""
        below, above = ndtr(self._bounds)
        loc, scale = (np.array([getattr(p, name) for p in self.parameters]) for name in ("mean", "sd"))
        chance = (ndtr((values - loc) / scale) - below) / (above - below)
        z: Floats = ndtri(np.clip(chance, EDGE, 1.0 - EDGE))
        return z

    def draw(self, seed: int, numbers: NDArray[np.int64]) -> Floats:
        """Draws on the standard scale, (n, d): draw i depends on the seed and its own number alone."""
        size = len(self.parameters)
        draws = [generator_of(seed, int(number)).standard_normal(size)
                 for number in numbers]  # fmt: skip
        return np.array(draws).reshape(len(numbers), size)
