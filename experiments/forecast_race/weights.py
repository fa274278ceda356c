"""How the weights of the stack were chosen: ways to weigh, on early origins of a finished backtest of the US states.

python experiments/forecast_race/weights.py outputs/backtest/<time> [--last 2008] [--write]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosim.data import us_states
from ecosim.forecast.evaluation import stacking
from ecosim.forecast.evaluation.forecaster import Floats, Scale
from ecosim.forecast.evaluation.marks import LEVELS
from ecosim.forecast.evaluation.panels import BEST_SO_FAR, arrange, with_best_so_far
from ecosim.forecast.references.shelf import ENSEMBLE, NAMES, OURS
from ecosim.forecast.scores import wis

README = Path(__file__).parent / "README.md"
NEVER = 1e12  # origins that a prior is worth which nothing moves
COUNTED = Scale("count")
WAYS: dict[str, dict[str, Any]] = {
    "model and all methods apart, half at first, n/(n + 4)": {"PARTNER": "", "SHARE": 0.5, "ORIGINS_OF_SHARE": 4.0},
    "model and all methods apart, half at first, n/(n + 12)": {"PARTNER": "", "SHARE": 0.5},
    "model and ensemble, half at first, n/(n + 12)": {"SHARE": 0.5},
    "model and ensemble, three quarters at first, n/(n + 4)": {"ORIGINS_OF_SHARE": 4.0},
    "**model and ensemble, three quarters at first, n/(n + 12)**": {},
    "half and half, nothing learned": {"SHARE": 0.5, "ORIGINS_OF_SHARE": NEVER},
    "three quarters and a quarter, nothing learned": {"ORIGINS_OF_SHARE": NEVER},
    "the model alone": {"SHARE": 1.0, "ORIGINS_OF_SHARE": NEVER},
}


def weigh(way: dict[str, Any], deck: stacking.Deck) -> Floats:
    """WIS of a way to weigh, without recalibration, (series, origins)."""
    usual = {name: getattr(stacking, name) for name in way}
    try:
        for name, value in way.items():
            setattr(stacking, name, value)
        plain, _, _ = stacking.combine(deck)
    finally:
        for name, value in usual.items():
            setattr(stacking, name, value)
    there = np.isfinite(deck.truth) & np.isfinite(plain[..., 0])
    found = np.full(deck.truth.shape, np.nan)
    found[there] = wis(deck.truth[there], COUNTED.back(plain[there]), LEVELS)
    return found


def compare(folder: Path, last: str) -> str:
    """Relative WIS of every way by horizon: the best simple forecast so far is 1; geometric mean over series."""
    forecasts = pd.read_parquet(folder / "forecasts.parquet")
    forecasts = forecasts[(forecasts["origin"].astype(str) <= last) & ~forecasts["model"].isin(OURS[1:])]
    scores = pd.read_csv(folder / "scores.csv", dtype={"origin": str})
    scores = scores[(scores["score"] == "wis") & (scores["origin"] <= last) & ~scores["model"].isin(OURS[1:])]
    steps = {origin: int(origin) for origin in sorted(scores["origin"].unique())}
    models = [name for name in NAMES if name in set(scores["model"])]
    panels = arrange(scores, models, steps)
    candidates = [name for name in panels.models if name not in (ENSEMBLE, *OURS)]
    panels = with_best_so_far(panels, "last_value", candidates)
    counts = us_states.load()
    counts = counts.set_index(["location", "target", counts["time"].astype(str).str[:4].astype(int)])["value"]
    series = sorted(
        {(str(place), str(target)) for place, target in zip(scores["location"], scores["target"], strict=True)}
    )
    truth = {
        each: {
            (step, horizon): float(counts.get((*each, step + horizon), np.nan))
            for step in steps.values()
            for horizon in panels.horizons
        }
        for each in series
    }
    decks = stacking.decks(forecasts, truth, dict.fromkeys(series, [COUNTED] * len(steps)), models, steps)
    best = {
        deck.horizon: np.stack([
            panels.values["wis", target, deck.horizon][panels.models.index(BEST_SO_FAR)][panels.locations.index(place)]
            for place, target in series
        ])
        for deck, _, _ in decks
        if deck.horizon in panels.horizons
    }  # fmt: skip
    origins = f"origins {min(steps)} to {max(steps)}"
    lines = [f"| {origins} | " + " | ".join(f"{horizon} y" for horizon in best) + " |", "|---" * (len(best) + 1) + "|"]
    for name, way in WAYS.items():
        cells = []
        for deck, _, _ in decks:
            if deck.horizon in best:
                mine = weigh(way, deck)
                both = np.isfinite(mine) & np.isfinite(best[deck.horizon])
                sums = [np.where(both, each, 0.0).sum(axis=1) for each in (mine, best[deck.horizon])]
                cells.append(f"{np.exp(np.log(sums[0] / sums[1]).mean()):.3f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table; with --write put it into the README."""
    parser = argparse.ArgumentParser(description="ways to weigh, on early origins")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--last", default="2008", help="last origin that is looked at")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    text = compare(chosen.folder, chosen.last)
    sys.stdout.write(text + "\n")
    if chosen.write:
        begin, end = "<!-- weights: begin -->", "<!-- weights: end -->"
        before, rest = README.read_text(encoding="utf-8").split(begin)
        README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
