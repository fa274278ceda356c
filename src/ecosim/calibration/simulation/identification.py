"""What the data tell of each parameter, which directions they leave free, and which further column would help most."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecosim.calibration.simulation.adjust import Posterior, regress
from ecosim.calibration.simulation.priors import Floats, Prior
from ecosim.calibration.simulation.sampler import spread

NOT_IDENTIFIED = "not identified by these data"
LEAST_CONTRACTION = 0.20
INSEPARABLE = (
    0.50  # correlation in the posterior, independent in the prior, from which two are said not to be told apart
)
SHOWN_LOADING = 0.30  # of a direction's largest ones
MOST_SHOWN = 3
COLUMNS = ("parameter", "prior_sd", "posterior_sd", "contraction", "verdict")


@dataclass(frozen=True)
class Identified:
    """Four tables.

    parameters: COLUMNS and prior_mean, posterior_mean, lower, upper (90 %), kind, source;
    directions: direction, sd_ratio (posterior over prior; 1 is free), status, parameters (with loadings);
    pairs: parameter, other, correlation; columns: column, mean_contraction (over all parameters once it is counted),
    gain, most_helped, its contraction before and after.
    """

    parameters: pd.DataFrame
    directions: pd.DataFrame
    pairs: pd.DataFrame
    columns: pd.DataFrame


def verdict(contraction: float) -> str:
    """What may be said of a parameter by how much narrower than its prior it is."""
    return NOT_IDENTIFIED if not contraction >= LEAST_CONTRACTION else f"the data narrow the prior by {contraction:.0%}"


def identify(
    prior: Prior,
    posterior: Posterior,
    particles: Posterior,
    moments: Floats,
    names: tuple[str, ...],
    used: tuple[bool, ...],
) -> Identified:
    """Prior against posterior.

    posterior: after adjustment; particles: before it, the same simulations as moments (n, k), named by names (k,);
    used: which of them were observed. The others are columns that could be counted.
    """
    return Identified(
        parameters(prior, posterior),
        directions(prior, posterior),
        pairs(prior, posterior),
        further_columns(prior, particles, moments, names, used),
    )


def parameters(prior: Prior, posterior: Posterior) -> pd.DataFrame:
    """Mean, sd and 90 % interval of each parameter in its own units, before and after."""
    values = prior.from_standard(posterior.z)
    mean = posterior.weights @ values
    sd = np.sqrt(posterior.weights @ np.square(values - mean) / max(1.0 - 1.0 / posterior.effective, 1e-9))
    low, high = prior.from_standard(posterior.quantile(np.array([0.05, 0.95])))
    contraction = 1.0 - sd / prior.sd
    return pd.DataFrame({
        "parameter": prior.names,
        "prior_sd": prior.sd,
        "posterior_sd": sd,
        "contraction": contraction,
        "verdict": [verdict(float(share)) for share in contraction],
        "prior_mean": prior.mean,
        "posterior_mean": mean,
        "lower": low,
        "upper": high,
        "kind": [parameter.kind for parameter in prior.parameters],
        "source": [parameter.source for parameter in prior.parameters],
    })  # fmt: skip


def directions(prior: Prior, posterior: Posterior) -> pd.DataFrame:
    """Eigenvectors of the posterior relative to the prior, the best known first.

    On the standard scale the prior is the unit sphere, so an eigenvalue is the posterior variance of a direction over
    the prior's. A sample of n effective draws of a free prior shows eigenvalues down to (1 - sqrt(d / n))^2
    (Marchenko and Pastur 1967, unverified); only directions below that, and below 0.8, are called known.
    """
    values, vectors = np.linalg.eigh(posterior.covariance)
    size = len(prior.names)
    known = min(1.0 - LEAST_CONTRACTION, 1.0 - np.sqrt(size / max(posterior.effective, size + 1.0)))
    rows = []
    for number, (value, vector) in enumerate(zip(values, vectors.T, strict=True), start=1):
        ratio = float(np.sqrt(max(value, 0.0)))
        rows.append((number, ratio, "known" if ratio < known else "free", combination(prior.names, vector)))
    return pd.DataFrame(rows, columns=["direction", "sd_ratio", "status", "parameters"])


def combination(names: tuple[str, ...], vector: Floats) -> str:
    """A direction in words: its largest loadings, the first positive."""
    order = np.argsort(-np.abs(vector), kind="stable")
    signed = vector * np.sign(vector[order[0]])
    shown = [k for k in order[:MOST_SHOWN] if abs(signed[k]) >= SHOWN_LOADING] or [order[0]]
    words = f"{signed[shown[0]]:.2f} {names[shown[0]]}"
    for k in shown[1:]:
        words += f" {'+' if signed[k] > 0 else '-'} {abs(signed[k]):.2f} {names[k]}"
    return words


def pairs(prior: Prior, posterior: Posterior) -> pd.DataFrame:
    """Pairs that these data know only together: strongly correlated in the posterior, independent in the prior."""
    sd = np.sqrt(np.diag(posterior.covariance)).clip(1e-12)
    correlation = posterior.covariance / np.outer(sd, sd)
    rows = [
        (prior.names[a], prior.names[b], float(correlation[a, b]))
        for a in range(len(prior.names))
        for b in range(a)
        if abs(correlation[a, b]) >= INSEPARABLE
    ]
    rows.sort(key=lambda row: -abs(row[2]))
    return pd.DataFrame(rows, columns=["parameter", "other", "correlation"])


def further_columns(
    prior: Prior, particles: Posterior, moments: Floats, names: tuple[str, ...], used: tuple[bool, ...]
) -> pd.DataFrame:
    """How much each column that is not counted would narrow the posterior, most helpful first.

    The regression adjustment of the particles (Beaumont, Zhang and Balding 2002) is done once more with the column
    among the moments; what is left of the spread is the posterior's if it were counted. It does not depend on the value
    that would be counted, and is corrected for the number of regressors.
    """
    columns = ["column", "mean_contraction", "gain", "most_helped", "contraction_before", "contraction_after"]
    if len(moments) <= sum(used) + 4:
        return pd.DataFrame(columns=columns)
    scaled = (moments - particles.weights @ moments) / spread(moments)
    mask = np.array(used, dtype=bool)
    before = _left(particles, scaled[:, mask])
    rows = []
    for k in np.flatnonzero(~mask):
        if moments[:, k].std() == 0:
            continue
        after = _left(particles, np.column_stack([scaled[:, mask], scaled[:, k]]))
        helped = int(np.argmax(before - after))
        shares = (1.0 - before[helped], 1.0 - after[helped])
        gain = float(np.mean(before - after))
        rows.append((names[k], float(np.mean(1.0 - after)), gain, prior.names[helped], *map(float, shares)))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def _left(particles: Posterior, regressors: Floats) -> Floats:
    """Standard deviation that a regression on moments leaves of each parameter, on the standard scale, (d,)."""
    slopes = regress(regressors, particles.z, particles.weights)[1:]
    rest = Posterior(particles.z - regressors @ slopes, particles.weights)
    freedom = max(particles.effective - regressors.shape[1] - 1.0, 1.0) / max(particles.effective - 1.0, 1.0)
    left: Floats = np.sqrt(np.diag(rest.covariance) / freedom)
    return left


def sentences(found: Identified) -> tuple[str, ...]:
    """The report in words, the most important first."""
    table = found.parameters
    open_ = table.loc[table["verdict"] == NOT_IDENTIFIED, "parameter"].tolist()
    told = table[table["verdict"] != NOT_IDENTIFIED].sort_values("contraction", ascending=False)
    words = []
    if open_:
        words.append(f"{len(open_)} of {len(table)} parameters are {NOT_IDENTIFIED}: {', '.join(open_)}.")
    if len(told):
        listed = ", ".join(f"{row.parameter} by {row.contraction:.0%}" for row in told.itertuples())
        words.append(f"The data narrow {listed}.")
    free = int((found.directions["status"] == "free").sum())
    if len(found.directions):
        words.append(f"Of {len(found.directions)} directions the data leave {free} as free as the prior has them.")
    words += [
        f"{row.parameter} and {row.other} cannot be told apart (correlation {row.correlation:.2f})."
        for row in found.pairs.head(MOST_SHOWN).itertuples()
    ]
    best = found.columns.head(1)
    if len(best) and float(best["gain"].iloc[0]) > 0.0:
        row = best.iloc[0]
        words.append(
            f"The column that would help most is {row['column']}: it would narrow {row['most_helped']} by "
            f"{row['contraction_after']:.0%} instead of {max(row['contraction_before'], 0.0):.0%}."
        )
    return tuple(words)
