"""Growth of firms: the shape of its distribution, how its spread falls with size, and what productivity explains."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
BINS = 12


class Subbotin(NamedTuple):
    """Density exp(-|x - location|**shape / (shape scale**shape)) / (2 scale shape**(1/shape) Gamma(1 + 1/shape))."""

    shape: float  # 1 is Laplace, 2 Gaussian
    scale: float
    location: float


def subbotin(growth: Floats) -> Subbotin:
    """Maximum likelihood of the three parameters. growth (n,).

    Subbotin (1923); Bottazzi and Secchi (2006), "Explaining the distribution of firm growth rates",
    doi:10.2307/25046243 (unverified). For a given shape and location the scale is known in closed form.
    """
    size = growth.size

    def profile(shape: float, location: float) -> float:
        scale = np.mean(np.abs(growth - location) ** shape) ** (1.0 / shape)
        return float(
            size * (np.log(2.0 * scale) + np.log(shape) / shape + special.gammaln(1.0 + 1.0 / shape) + 1.0 / shape)
        )

    location, shape = float(np.median(growth)), 1.0
    for _ in range(20):
        last = shape
        shape = float(
            optimize.minimize_scalar(lambda b, m=location: profile(b, m), bounds=(0.2, 5.0), method="bounded").x
        )
        width = growth.std() / np.sqrt(size) * 10.0
        location = float(
            optimize.minimize_scalar(
                lambda m, b=shape: profile(b, m), bounds=(location - width, location + width), method="bounded"
            ).x
        )
        if abs(shape - last) < 1e-5:
            break
    scale = float(np.mean(np.abs(growth - location) ** shape) ** (1.0 / shape))
    return Subbotin(shape, scale, location)


def size_variance_slope(log_sizes: Floats, growth: Floats, bins: int = BINS) -> float:
    """Slope of ln(standard deviation of growth) on mean ln size over equal-count bins of size. (n,) each.

    Stanley et al. (1996), doi:10.1038/379804a0.
    """
    order = np.argsort(log_sizes, kind="stable")
    groups = np.array_split(order, bins)
    center = np.array([log_sizes[rows].mean() for rows in groups])
    spread = np.array([np.log(growth[rows].std()) for rows in groups])
    return float(np.polyfit(center, spread, 1)[0])


def rescaled(log_sizes: Floats, growth: Floats, bins: int = BINS) -> Floats:
    """Growth less its mean and over its standard deviation, both as lines in ln size: the shape alone is left."""
    order = np.argsort(log_sizes, kind="stable")
    groups = np.array_split(order, bins)
    center = np.array([log_sizes[rows].mean() for rows in groups])
    mean = np.polyval(np.polyfit(center, [growth[rows].mean() for rows in groups], 1), log_sizes)
    spread = np.polyval(np.polyfit(center, [np.log(growth[rows].std()) for rows in groups], 1), log_sizes)
    return np.asarray((growth - mean) * np.exp(-spread))


def explained_share(growth: Floats, causes: Floats) -> float:
    """Share of the variance of growth that a linear fit on causes (n, k) explains: R squared, adjusted."""
    design = np.column_stack([np.ones(growth.size), causes])
    fitted = design @ np.linalg.lstsq(design, growth, rcond=None)[0]
    freedom = growth.size - design.shape[1]
    return float(1.0 - ((growth - fitted) ** 2).sum() / freedom / growth.var(ddof=1))
