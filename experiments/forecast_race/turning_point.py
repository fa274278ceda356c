"""A turning point that cohorts know of: firms certified in a boom renew three years later, and then there are few.

    python experiments/forecast_race/turning_point.py [--write]

Synthetic regions are run with the agent-based model; every forecaster then sees their yearly certifications alone.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosim.data.targets import kind_of
from ecosim.figures import canvas
from ecosim.forecast.evaluation.forecaster import Ahead, History, Known, Paths
from ecosim.forecast.playground import carried, ecosystem
from ecosim.forecast.references.ensemble import quantile_median
from ecosim.forecast.references.shelf import ENSEMBLE, build
from ecosim.model.conditions import neutral
from ecosim.model.firms import NEW_HIGH_TECH, RENEWED

FOLDER = Path(__file__).parent
TARGET = "hnte_certifications"
REGIONS, FIRMS = 8, 6_000  # each region; a firm is one agent
FIRST, YEARS = 2009, 13
BOOM = (2015, 2016)  # years in which the hazard of a first certification is lifted
LIFT = 1.5  # log points
USUAL_HAZARD = -3.0  # log, a year: so low that most firms that could apply have not
TURN = 2020  # the cohort of 2017 comes up for renewal, the first after the boom
MODELS = (
    "last_value", "drift", "historical_mean", "ar1", "ets", "arima", "local_linear_trend", "nb_trend", "pooled",
    ENSEMBLE, "ecosim",
)  # fmt: skip
COLUMNS = ["model", "years_ahead", "change", "says_fall", "probability", "mape"]
MARKS = ("<!-- turning point: begin -->", "<!-- turning point: end -->")


def make_region(seed: int, firms: int = FIRMS) -> np.ndarray:
    """Certificates announced in each year, renewals included, (YEARS,), of one region with a boom."""
    rows = carried("behaviors/literature.yaml")
    usual = {**rows["certification"]["high_tech"], "mean": USUAL_HAZARD}
    rows = {**rows, "certification": {**rows["certification"], "high_tech": usual}}
    model = ecosystem(rng=seed, firms=firms, start=f"{FIRST - 1}-12", behaviors=rows)
    path = neutral(4 * YEARS)
    for year in BOOM:
        path.high_tech[4 * (year - FIRST) : 4 * (year - FIRST) + 4] = LIFT
    model.conditions = path
    announced = np.zeros(YEARS)
    for quarter in range(4 * YEARS):
        model.step()
        columns, top = model.firms.columns, model.firms.top
        given = (columns.event[:top] & (NEW_HIGH_TECH | RENEWED)) != 0
        announced[quarter // 4] += int((given & (columns.alive[:top] == 1)).sum())
    return announced


def make_counts(regions: int = REGIONS, firms: int = FIRMS) -> pd.DataFrame:
    """Certifications of synthetic regions in the counts schema."""
    rows = [
        (f"region {seed}", TARGET, str(FIRST + year), value, "count", "", "synthetic")
        for seed in range(1, regions + 1)
        for year, value in enumerate(make_region(seed, firms))
    ]
    return pd.DataFrame(rows, columns=["location", "target", "time", "value", "unit", "as_of", "source"])


def known_at(counts: pd.DataFrame, origin: int) -> History:
    """What is known at the end of a year."""
    rows = counts[counts["time"].astype(int) <= origin]
    series = {
        (str(place), TARGET): Known(group["value"].to_numpy(dtype=float), 0, True, 1, kind_of(TARGET))
        for place, group in rows.groupby("location")
    }
    return History(str(origin), rows, series)


def forecast(counts: pd.DataFrame, origin: int, steps: int, samples: int = 1000) -> dict[str, dict[str, np.ndarray]]:
    """Sample paths (samples, steps) by model and region."""
    history = known_at(counts, origin)
    wanted = sorted(history.series)
    found: dict[str, dict[str, np.ndarray]] = {}
    for each in build([name for name in MODELS if name != ENSEMBLE]):
        given = each.fit(history, wanted, Ahead(steps, samples, 1))
        found[each.name] = {place: paths.values for (place, _), paths in given.items() if isinstance(paths, Paths)}
    places = {place for place, _ in wanted}
    singles = [name for name in found if name not in ("pooled", "ecosim")]
    found[ENSEMBLE] = {
        place: quantile_median({name: found[name][place] for name in singles if place in found[name]})
        for place in places
    }
    return found


def compare(counts: pd.DataFrame) -> pd.DataFrame:
    """What every model says one and two years before the turn of the year TURN (COLUMNS).

    change: median forecast over the last known figure, summed over regions, less one, %; says_fall: share of regions
    whose median lies at least a tenth below the last figure; probability: mean chance of a fall by a tenth or more; all
    in %. The row 'counted' is what happened.
    """
    table = counts.assign(year=counts["time"].astype(int)).pivot(index="location", columns="year", values="value")
    rows: list[tuple[Any, ...]] = []
    for ahead in (1, 2):
        origin = TURN - ahead
        last, truth = table[origin], table[TURN]
        fell = 100 * float((truth < 0.9 * last).mean())
        rows.append(("counted", ahead, 100 * (truth.sum() / last.sum() - 1), fell, fell, 0.0))
        for model, paths in forecast(counts, origin, ahead).items():
            middle = pd.Series({place: float(np.median(values[:, -1])) for place, values in paths.items()})
            below = {place: float((values[:, -1] < 0.9 * last[place]).mean()) for place, values in paths.items()}
            known, later = last[middle.index], truth[middle.index]
            rows.append(
                (model, ahead, 100 * (middle.sum() / known.sum() - 1), 100 * float((middle < 0.9 * known).mean()),
                 100 * float(np.mean(list(below.values()))), 100 * float((middle / later - 1).abs().mean()))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(counts: pd.DataFrame, path: Path) -> Path:
    """Certifications of all regions, and the paths of ecosim and of two trends from one and two years before."""
    total = counts.groupby(counts["time"].astype(int))["value"].sum()
    styles = {"ecosim": (canvas.BLUE, 2.0), "drift": (canvas.ORANGE, 1.3), ENSEMBLE: (canvas.GREEN, 1.3)}
    title = "After a boom, cohorts know of the fall that trends do not see"
    subtitle = (
        f"certificates announced in {counts['location'].nunique()} synthetic regions (agent-based model), boom in "
        f"{BOOM[0]}\u2013{BOOM[1]}; medians of forecasts from two and from one year before {TURN}, summed over regions"
    )
    figure, panels = canvas.sheet(title, subtitle, 2, 2, foot=0.28, each=2.5)
    handles: dict[str, Any] = {}
    for axes, ahead in zip(panels, (2, 1), strict=True):
        origin = TURN - ahead
        known = total.loc[:origin]
        (handles["counted"],) = axes.plot(known.index, known.to_numpy(), color=canvas.INK, linewidth=1.6)
        later = total.loc[origin:]
        axes.plot(later.index, later.to_numpy(), color=canvas.INK, linewidth=1.0, linestyle=":")
        paths = forecast(counts, origin, FIRST + YEARS - 1 - origin)
        for model, (color, width) in styles.items():
            middle = np.sum([np.median(values, axis=0) for values in paths[model].values()], axis=0)
            years = np.arange(origin, origin + len(middle) + 1)
            (handles[model],) = axes.plot(
                years, [known.iloc[-1], *middle], color=color, linewidth=width, marker="o", ms=3
            )
        axes.axvline(origin, color=canvas.PALE, linewidth=0.8, zorder=0)
        axes.set_ylim(0, None)
        canvas.years(axes)
        canvas.head(axes, f"Known up to {origin}", "certificates a year")
    words = {
        "counted": "counted (dotted: afterwards)",
        "ecosim": "ecosim",
        "drift": "drift",
        ENSEMBLE: "ensemble of trends",
    }
    canvas.legend(figure, [(handles[name], text) for name, text in words.items()], 4)
    return canvas.save(figure, path)


def markdown(table: pd.DataFrame) -> str:
    """The table as it stands in the README."""
    wide = table.set_index(["model", "years_ahead"]).unstack("years_ahead")
    order = ["counted", "ecosim", *[name for name in MODELS if name != "ecosim"]]
    lines = [
        "| | 2 years before: change, % | regions said to fall, % | chance of a fall, % | error, % "
        "| 1 year before: change, % | regions said to fall, % | chance of a fall, % | error, % |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in order:
        if name in wide.index:
            cells = [wide.loc[name, (column, ahead)] for ahead in (2, 1) for column in COLUMNS[2:]]
            lines.append(f"| `{name}` | " + " | ".join(f"{value:.0f}" for value in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Make the regions, compare, draw; with --write into the README between its marks."""
    parser = argparse.ArgumentParser(description="turning point after a boom of certifications")
    parser.add_argument("--write", action="store_true", help="write table and chart beside this file")
    chosen = parser.parse_args()
    counts = make_counts()
    text = markdown(compare(counts))
    sys.stdout.write(text + "\n")
    if chosen.write:
        draw(counts, FOLDER / "turning_point.png")
        readme = FOLDER / "README.md"
        before, rest = readme.read_text(encoding="utf-8").split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        readme.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
