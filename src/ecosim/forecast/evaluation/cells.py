"""One piece of the evaluation: every chosen method at one origin for one place (or all), forecast and scored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecosim.forecast.evaluation.forecaster import (
    Ahead,
    Floats,
    History,
    NoForecast,
    Paths,
    Series,
    generator,
)
from ecosim.forecast.evaluation.marks import JOINT, LEVELS, PER_STEP, mark, quantiles
from ecosim.forecast.references.ensemble import quantile_median
from ecosim.forecast.references.shelf import ENSEMBLE, build
from ecosim.forecast.scores import naive_scale

PANEL = "*"  # in the place of a location: all of them
KEYS = ["model", "target", "location", "origin", "horizon", "score"]
COLUMNS = [*KEYS, "value", "monte_carlo_error", "note"]
QUANTILE, MISSING, WARNING = "quantile_", "missing", "warning"  # rows that are no scores


class Piece(NamedTuple):
    """What one worker is given. location: a place, or PANEL; truth: (horizons,) by wanted series."""

    location: str
    history: History
    truth: Mapping[Series, Floats]
    horizons: tuple[int, ...]
    models: tuple[str, ...]
    samples: int
    seed: int


def evaluate(piece: Piece) -> pd.DataFrame:
    """Forecasts and scores of a piece as one long table (COLUMNS): a pure function of the piece."""
    scope = "panel" if piece.location == PANEL else "place"
    forecasters = [each for each in build(piece.models) if each.scope == scope]
    ahead = Ahead(max(piece.horizons), piece.samples, piece.seed)
    wanted = sorted(piece.truth)
    results: dict[str, Mapping[Series, Paths | NoForecast]] = {
        each.name: each.fit(piece.history, wanted, ahead) for each in forecasters
    }
    if ENSEMBLE in piece.models and scope == "place":
        results[ENSEMBLE] = {series: _combine(results, series) for series in wanted}
    frames = [_table(piece, name, series, results[name][series]) for series in wanted for name in results]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def _combine(results: Mapping[str, Mapping[Series, Paths | NoForecast]], series: Series) -> Paths | NoForecast:
    found = {name: result[series] for name, result in results.items()}
    paths = {name: each.values for name, each in found.items() if isinstance(each, Paths)}
    try:
        return Paths(quantile_median(paths))
    except NoForecast as reason:
        return reason


def _table(piece: Piece, model: str, series: Series, found: Paths | NoForecast) -> pd.DataFrame:
    """Rows of one forecast: its 23 quantiles and scores by horizon, its warnings, or why it is missing."""
    horizons = np.array(piece.horizons)
    rows: list[tuple[int, str, float, float, str]] = []
    if isinstance(found, NoForecast):
        reason = str(found) or "no reason given"
        rows = [(int(horizon), MISSING, np.nan, np.nan, reason) for horizon in horizons]
    else:
        known, observed = piece.history.series[series], piece.truth[series]
        paths = found.values[:, horizons - 1]
        location, target = series
        luck = generator(piece.seed, "pit", location, target, piece.history.origin).random(int(horizons.max()))
        scale = naive_scale(known.values, known.season)
        cuts = quantiles(paths)
        for place, level in enumerate(LEVELS):
            name = f"{QUANTILE}{level:g}"
            rows += [(int(h), name, float(v), np.nan, "") for h, v in zip(horizons, cuts[:, place], strict=True)]
        marks = mark(observed, paths, scale, known.counted, luck[horizons - 1])
        for name in (*PER_STEP, JOINT):
            for h, value, error in zip(horizons, marks.values[name], marks.errors[name], strict=True):
                if np.isfinite(value):
                    rows.append((int(h), name, float(value), float(error), ""))
        rows += [(0, WARNING, np.nan, np.nan, text) for text in found.warnings]
    table = pd.DataFrame(rows, columns=["horizon", "score", "value", "monte_carlo_error", "note"])
    location, target = series
    table = table.assign(model=model, target=target, location=location, origin=piece.history.origin)
    return table[COLUMNS]


def pieces_of(locations: Sequence[str], models: Sequence[str]) -> list[str]:
    """The places of one origin's pieces: each location, and PANEL where a method fits all places at once."""
    scopes = {each.scope for each in build(tuple(models))}
    places = list(locations) if "place" in scopes or ENSEMBLE in models else []
    return [*places, PANEL] if "panel" in scopes else places
