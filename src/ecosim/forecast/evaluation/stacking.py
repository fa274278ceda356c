"""ecosim_stacked: quantiles of all forecasts combined and recalibrated, as learned on earlier origins."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.forecast.evaluation.forecaster import Floats, Scale
from ecosim.forecast.evaluation.grid import Grid, truth_after
from ecosim.forecast.evaluation.marks import LEVELS
from ecosim.forecast.references.firm_model import FirmModel
from ecosim.forecast.references.shelf import ENSEMBLE

LEADER, PARTNER = FirmModel.name, ENSEMBLE
SHARE = 0.75  # prior weight of the firm model: of the US origins to 2008 0.7 to 0.8 was best at one year, more beyond
ORIGINS_OF_SHARE = 12.0  # that the prior weights are worth; chosen over 4 on the same origins
ORIGINS_OF_PRIOR = 4.0  # that the prior width of 1 is worth; set by hand
ORIGINS_OF_CALM = 12.0  # the same before intervals are narrowed: a decade without a crisis does not rule one out
LEAST_WIDTH, MOST_WIDTH = 0.85, 3.0  # of an interval over the uncalibrated one
NEEDED = 0.9  # share of the leader's cells that a method must have to get a weight
STEPS, RATE = 60, 0.5  # of the multiplicative updates
SPARSE = np.arange(0, len(LEVELS), 2)  # levels on which weights are learned
CENTER = len(LEVELS) // 2
SCALES: dict[str, Scale] = {scale.kind: scale for scale in (Scale("count"), Scale("log"), Scale("level"))}


class Deck(NamedTuple):
    """All forecasts of one horizon. NaN: no forecast, or not known.

    scales: (series, origins) kind of the scale of increments, which changes when a first value has no logarithm.
    quantiles: (models, series, origins, 23), each on the scale that its series had at its origin; known: (series,
    origins, origins) outcomes as published by each origin, the last axis, on the scale of that one; truth: (series,
    origins) the latest ones, in their unit; steps, latest: (origins,) numbers of the origins and of the last step that
    had been published by each; targets: (series,) index of each series' target.
    """

    models: tuple[str, ...]
    scales: NDArray[np.object_]
    quantiles: Floats
    truth: Floats
    known: Floats
    steps: NDArray[np.int64]
    latest: NDArray[np.int64]
    targets: NDArray[np.int64]
    horizon: int

    def known_by(self, at: int) -> NDArray[np.bool_]:
        """Origins whose figure at this horizon had been published by an origin."""
        return np.asarray(self.steps + self.horizon <= self.latest[at])

    def seen_from(self, at: int, quantiles: Floats) -> Floats:
        """Quantiles (..., series, origins, 23) of all origins, each on its own scale, on the scales of one origin."""
        other = self.scales != self.scales[:, [at]]
        if not other.any():
            return quantiles
        seen = quantiles.copy()
        for row, origin in np.argwhere(other):
            values = SCALES[self.scales[row, origin]].back(quantiles[..., row, origin, :])
            seen[..., row, origin, :] = _on(self.scales[row, at], values)
        return seen


def _on(kind: str, values: Floats) -> Floats:
    """Values on a scale; not finite where they have no logarithm there."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return SCALES[kind].of(values)


def combine(deck: Deck) -> tuple[Floats, Floats, Floats]:
    """Plain and recalibrated quantiles, both (series, origins, 23), and weights (origins, targets, models).

    Weights of the firm model and of the ensemble of the others, on the simplex: least pinball loss over all earlier
    cells of the horizon (each series over its own scale), by multiplicative updates; n earlier origins move them
    n / (n + 12) of the way from three quarters and a quarter, first for all targets together, then from there for each
    target. Weights of every method apart cost more by their errors than they gain. Then `recalibrate`.
    """
    _, series, origins, levels = deck.quantiles.shape
    kinds = int(deck.targets.max()) + 1
    plain = np.full((series, origins, levels), np.nan)
    weights = np.zeros((origins, kinds, len(deck.models)))
    warm: dict[int, Floats] = {}
    for at in range(origins):
        past = deck.known_by(at)
        allowed = _allowed(deck, past, at)
        start = _prior(deck.models, allowed)
        share = past.sum() / (past.sum() + ORIGINS_OF_SHARE)
        everywhere = np.arange(series)
        shared = start
        if past.any():
            warm[-1] = learn(deck, everywhere, at, warm.get(-1, start), allowed)
            shared = (1.0 - share) * start + share * warm[-1]
        for kind in range(kinds):
            rows = np.flatnonzero(deck.targets == kind)
            weights[at, kind] = shared
            if past.any() and kinds > 1:
                warm[kind] = learn(deck, rows, at, warm.get(kind, shared), allowed)
                weights[at, kind] = (1.0 - share) * shared + share * warm[kind]
            plain[rows, at] = mix(deck.quantiles[:, rows, at], weights[at, kind])
    leader = deck.models.index(LEADER)
    plain[np.isnan(deck.quantiles[leader, ..., 0])] = np.nan  # without the firm model it would bear a wrong name
    return plain, recalibrate(deck, plain), weights


def _allowed(deck: Deck, past: NDArray[np.bool_], at: int) -> NDArray[np.bool_]:
    """The firm model and the ensemble, or all others where there is none; of these, whoever has nearly all cells that
    the firm model has, so far and now."""
    there = np.isfinite(deck.quantiles[..., 0])[:, :, past | (np.arange(len(past)) == at)]
    wanted = there[deck.models.index(LEADER)]
    enough = (there & wanted).sum(axis=(1, 2)) >= NEEDED * wanted.sum()
    pair = np.isin(deck.models, (LEADER, PARTNER))
    return np.asarray(enough & pair if (enough & pair).sum() == 2 else enough)


def _prior(models: Sequence[str], allowed: NDArray[np.bool_]) -> Floats:
    """Three quarters for the firm model, the rest for the others that are allowed, all alike."""
    others = allowed & (np.array(models) != LEADER)
    prior = np.where(others, (1.0 - SHARE) / max(int(others.sum()), 1), 0.0)
    prior[models.index(LEADER)] = SHARE if others.any() else 1.0
    return prior


def mix(quantiles: Floats, weights: Floats) -> Floats:
    """Weighted mean of quantiles (models, cells, 23) -> (cells, 23); weights of what is missing go to the others."""
    there = np.isfinite(quantiles[..., 0])
    share = weights[:, None] * there
    total = share.sum(axis=0)
    mixed = np.einsum("mc,mcl->cl", share, np.where(there[..., None], quantiles, 0.0))
    some = total > 0
    return np.where(some[:, None], mixed / np.where(some, total, 1.0)[:, None], np.nan)


def learn(deck: Deck, rows: NDArray[np.int64], at: int, start: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Weights of least mean pinball loss on cells that an origin knew, (models,): exponentiated gradient, the mean of
    its path."""
    past = deck.known_by(at)
    quantiles = deck.seen_from(at, deck.quantiles)[np.ix_(allowed, rows, past, SPARSE)]
    truth = deck.known[..., at][np.ix_(rows, past)]
    there = np.isfinite(truth) & np.isfinite(quantiles[..., 0]).all(axis=0)
    if not there.any():
        return start
    unit = _units(quantiles, truth, there, deck.scales[rows, at] == "level")
    cells, y, levels = quantiles[:, there], truth[there], LEVELS[SPARSE]
    each = 1.0 / np.broadcast_to(unit[:, None], there.shape)[there]
    weights = np.maximum(start[allowed], 0.01)
    weights /= weights.sum()
    total = np.zeros_like(weights)
    for step in range(STEPS):
        below = y[:, None] < np.einsum("m,mcl->cl", weights, cells)
        slope = np.where(below, 1.0 - levels, -levels) * each[:, None]
        gradient = np.einsum("mcl,cl->m", cells, slope) / slope.size
        gradient -= gradient.min()
        weights = weights * np.exp(-RATE / np.sqrt(1.0 + step) * gradient / max(float(gradient.max()), 1e-12))
        weights /= weights.sum()
        total += weights
    out = np.zeros(len(deck.models))
    out[allowed] = total / STEPS
    return out


def _units(quantiles: Floats, truth: Floats, there: NDArray[np.bool_], level: NDArray[np.bool_]) -> Floats:
    """Scale of each series, (series,): mean absolute error of the median method's middle quantile, at least a tenth of
    that of all. The error of a series without logarithms (level) is compared with others' as a part of its size."""
    middle = np.median(quantiles[..., len(SPARSE) // 2], axis=0)
    error: Floats = np.where(there, np.abs(truth - middle), np.nan)
    some = there.max(axis=1)
    error[~some] = 1.0
    size = np.ones(len(error))
    for row in np.flatnonzero(level & some):
        size[row] = np.mean(np.abs(truth[row, there[row]]) + np.abs(middle[row, there[row]])) / 2.0 or 1.0
    found = np.nanmean(error, axis=1) / size
    return np.asarray(size * np.maximum(found, 0.1 * float(np.nanmean(error / size[:, None]))))


def recalibrate(deck: Deck, plain: Floats) -> Floats:
    """Widen each central interval by as much as would have held the named share of earlier outcomes at the horizon.

    Conformal: for a pair of levels the factor is that quantile of |y - median| over the half width on y's side, for
    each target and for all together. n earlier origins move it from 1, in logs, n / (n + 4) of the way where it widens
    and n / (n + 12) where it narrows; between 0.85 and 3. Lei et al. (2018) and Romano, Patterson and Candes (2019) had
    the idea (unverified); outcomes are not exchangeable here, so that nothing is guaranteed.
    """
    out = plain.copy()
    for at in range(plain.shape[1]):
        past = deck.known_by(at)
        count = float(past.sum())
        if not count:
            continue
        known, seen = deck.known[..., at], deck.seen_from(at, plain)
        everywhere = np.log(_factors(known[:, past], seen[:, past]))
        own_share = count / (count + ORIGINS_OF_PRIOR)
        for kind in range(int(deck.targets.max()) + 1):
            rows = deck.targets == kind
            own = np.log(_factors(known[np.ix_(rows, past)], seen[np.ix_(rows, past)]))
            logs = own_share * own + (1.0 - own_share) * everywhere
            width = np.exp(logs * count / (count + np.where(logs > 0, ORIGINS_OF_PRIOR, ORIGINS_OF_CALM)))
            width = np.clip(width, LEAST_WIDTH, MOST_WIDTH)
            middle = plain[rows, at, CENTER, None]
            out[rows, at] = np.sort(middle + (plain[rows, at] - middle) * width, axis=-1)
    return out


def _factors(truth: Floats, quantiles: Floats) -> Floats:
    """By level, (23,): what the distance from the median must be multiplied by; 1 where nothing is known."""
    there = np.isfinite(truth) & np.isfinite(quantiles[..., 0])
    factors = np.ones(len(LEVELS))
    if not there.any():
        return factors
    y, q = truth[there], quantiles[there]
    gap = y - q[:, CENTER]
    for low in range(CENTER):
        high = len(LEVELS) - 1 - low
        side = np.where(gap >= 0, q[:, high] - q[:, CENTER], q[:, CENTER] - q[:, low])
        ratio = np.abs(gap) / np.maximum(side, 1e-9)
        factors[[low, high]] = max(float(np.quantile(ratio, LEVELS[high] - LEVELS[low])), 0.1)
    return factors


def decks(
    forecasts: pd.DataFrame, truth: Mapping[tuple[str, str], Mapping[tuple[int, int], float]],
    scales: Mapping[tuple[str, str], Sequence[Scale]], models: Sequence[str], steps: Mapping[str, int],
    published: Mapping[int, Grid] | None = None,
) -> list[tuple[Deck, list[tuple[str, str]], list[str]]]:  # fmt: skip
    """One deck per horizon from the table of quantiles, with its series and origins.

    truth: by (location, target), then by (step of the origin, horizon); scales: of each series at each origin, in their
    order; published: the grid as it stood at the step of each origin, None where the truth is all that ever was
    published.
    """
    series = sorted(scales)
    kinds = np.array([[scale.kind for scale in scales[each]] for each in series], dtype=object)
    origins = sorted(steps, key=lambda origin: steps[origin])
    names = [name for name in models if name in set(forecasts["model"].astype(str))]
    named = sorted({target for _, target in series})
    found = []
    places = pd.MultiIndex.from_tuples(series)
    for horizon, rows in forecasts.groupby("horizon", sort=True):
        table = np.full((len(names), len(series), len(origins), len(LEVELS)), np.nan)
        where = places.get_indexer(
            pd.MultiIndex.from_arrays([rows["location"].astype(str), rows["target"].astype(str)])
        )
        table[
            pd.Index(names).get_indexer(pd.Index(rows["model"].astype(str))),
            where,
            pd.Index(origins).get_indexer(pd.Index(rows["origin"].astype(str))),
            np.searchsorted(LEVELS, rows["quantile"].to_numpy() - 1e-9),
        ] = rows["value"].to_numpy()
        numbers = np.array([steps[origin] for origin in origins])
        ahead = int(str(horizon))
        outcome = np.array([[truth[each].get((step, ahead), np.nan) for step in numbers] for each in series])
        for (row, column), kind in np.ndenumerate(kinds):
            table[:, row, column] = _on(str(kind), table[:, row, column])
        at_origins, latest = [outcome] * len(origins), numbers
        if published is not None:
            at_origins = [
                np.array([truth_after(published[step], each, numbers, ahead) for each in series]) for step in numbers
            ]
            latest = np.array([published[step].last for step in numbers])
        known = np.stack([_each_on(kinds[:, at], figures) for at, figures in enumerate(at_origins)], axis=-1)
        targets = np.array([named.index(target) for _, target in series])
        deck = Deck(tuple(names), kinds, table, outcome, known, numbers, latest, targets, ahead)
        found.append((deck, series, origins))
    return found


def _each_on(kinds: NDArray[np.object_], figures: Floats) -> Floats:
    """Figures (series, origins), each series on its scale."""
    return np.array([_on(kind, row) for kind, row in zip(kinds, figures, strict=True)])
