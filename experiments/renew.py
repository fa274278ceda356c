"""Renews the figures of the pages of two experiments from the newest run of each in outputs/.

Run as `python experiments/renew.py` after `python -m ecosim +scenario=pinghu_2017` and `+scenario=zhejiang_2022`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ecosim.data.errors import UserError

HERE = Path(__file__).parent
MARKS = re.compile(r"(?<=<!-- figures: begin -->\n).*?(?=<!-- figures: end -->)", re.DOTALL)
NAMES = {
    "tech_sme_stock": "tech-SMEs, end of the year",
    "tech_sme_new": "new tech-SMEs in the year",
    "hnte_stock_ratio_2y": "high-tech enterprises over those of two years before",
    "hnte_foreign_stock": "foreign-invested high-tech enterprises",
    "hnte_stock_index": "high-tech enterprises, 2016 = 100",
    "hnte_stock": "high-tech enterprises",
    "hnte_certifications": "certifications in the year",
    "hightech_firms": "high-tech manufacturing firms",
    "patents_granted": "patents granted",
}


def newest(scenario: str) -> Path:
    """The newest finished forecast of a scenario, not a decomposition. Raises UserError where there is none."""
    finished = (path.parent for path in Path("outputs", scenario).glob("*/report.html"))
    runs = sorted(folder for folder in finished if not (folder / "decomposition.csv").is_file())
    if not runs:
        raise UserError(f"outputs/{scenario} holds no finished run; first: python -m ecosim +scenario={scenario}")
    return runs[-1]


def number(value: float) -> str:
    """Three digits where small, whole with commas where large."""
    return f"{value:,.0f}" if abs(value) >= 50 else f"{value:.3g}"


def quantiles(table: pd.DataFrame, target: str, year: int) -> tuple[float, float, float]:
    """Median, 5 % and 95 % quantile of a target in a year."""
    cells = table[(table["target"] == target) & (table["time"].astype(str) == str(year))]
    value = cells.set_index("quantile")["value"]
    return value[0.5], value[0.05], value[0.95]


def version(folder: Path) -> str:
    """The line that says what made the figures."""
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return f"(ecosim {told['ecosim']}, settings {told['config_hash'][:12]}, counts {told['data_hash'][:12]}.)"


def pinghu(folder: Path) -> Iterator[str]:
    """Lines of the page on Pinghu."""
    scores = pd.read_csv(folder / "scores.csv").set_index("target")
    yield "| count | time | counted | median | 90 % interval | inside |\n|---|---|---|---|---|---|"
    for target in ("tech_sme_stock", "tech_sme_new", "hnte_stock_ratio_2y", "hnte_foreign_stock"):
        row = scores.loc[target]
        span = f"{number(row['lower'])} to {number(row['upper'])}"
        inside = "yes" if row["inside_90"] else "**no**"
        counts = f"{number(row['observed'])} | {number(row['median'])}"
        yield f"| {NAMES[target]} | {row['time']} | {counts} | {span} | {inside} |"
    stock = scores.loc["tech_sme_stock"]
    width = (stock["upper"] - stock["lower"]) / stock["median"]
    yield f"\nThe interval of tech-SMEs is {width:.0%} of its median wide. Forecast, and what the package adds:"
    yield "\n| count | year | median | 90 % interval | effect, median | 90 % interval |\n|---|---|---|---|---|---|"
    forecast, effect = (pd.read_csv(folder / name) for name in ("forecast.csv", "effect.csv"))
    for target in ("tech_sme_stock", "hnte_stock_index", "hnte_stock"):
        for year in (2020, 2025):
            cells = []
            for table in (forecast, effect):
                median, low, high = quantiles(table, target, year)
                cells += [number(median), f"{number(low)} to {number(high)}"]
            label = NAMES[target] + (" (assumed level)" if target == "hnte_stock" else "")
            yield f"| {label} | {year} | " + " | ".join(cells) + " |"
    yield f"\n{version(folder)}"


def zhejiang(folder: Path) -> Iterator[str]:
    """Lines of the page on Zhejiang."""
    targets = ("hnte_certifications", "hnte_stock", "hightech_firms", "patents_granted")
    forecast, hindcast = pd.read_csv(folder / "forecast.csv"), pd.read_csv(folder / "hindcast.csv")
    yield "| count | year | median | 90 % interval |\n|---|---|---|---|"
    for target in targets:
        for year in (2023, 2024, 2026, 2030):
            median, low, high = quantiles(forecast, target, year)
            yield f"| {NAMES[target]} | {year} | {number(median)} | {number(low)} to {number(high)} |"
    yield "\nForecast of 2022 from 2021-12:"
    yield "\n| count | counted | model | median | 90 % interval |\n|---|---|---|---|---|"
    for target in targets:
        for model in ("ecosim", "random_walk", "drift"):
            cells = hindcast[hindcast["model"] == model]
            median, low, high = quantiles(cells, target, 2022)
            counted = number(cells.loc[cells["target"] == target, "observed"].iloc[0])
            words = f"{model.replace('_', ' ')} | {number(median)} | {number(low)} to {number(high)}"
            yield f"| {NAMES[target]} | {counted} | {words} |"
    lines = (folder / "statements.txt").read_text(encoding="utf-8").splitlines()
    verdict = next(line for line in lines if line.startswith("Hindcast of"))
    yield f'\nVerdict that the run prints: "{verdict}"\n\n{version(folder)}'


def main() -> int:
    """Renew both pages."""
    for name, lines in (("pinghu_2017", pinghu), ("zhejiang_2022", zhejiang)):
        page = HERE / name / "README.md"
        figures = "\n".join(lines(newest(name))) + "\n"
        page.write_text(MARKS.sub(lambda _, text=figures: text, page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"renew.py: {error}")
