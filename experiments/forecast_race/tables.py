"""Tables of a finished backtest for the README of this experiment.

python experiments/forecast_race/tables.py outputs/backtest/<time> [--write us_states]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
OURS = ("ecosim", "ecosim_stacked", "ecosim_stacked_plain")
BEST, WALK = "best_so_far", "last_value"
CERTIFICATES = "hnte_certifications"
DRAWS, LEVEL = 2_000, 0.90
ENOUGH = 0.5  # of the cells that a method must have to be listed
SHOWN = (1, 2, 3, 5)  # horizons


def overall(skill: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Relative WIS of all targets by horizon, against the fair opponent and the random walk; then coverage."""
    rows = skill[(skill["score"] == "wis") & (skill["target"] == "all")]
    horizons = [step for step in sorted(rows["horizon"].unique()) if step in SHOWN]
    first = rows[(rows["relative_to"] == WALK) & (rows["horizon"] == horizons[0])].set_index("model")
    wide = first[first["cells"] >= ENOUGH * first["cells"].max()]["value"].sort_values().index
    few = [name for name in first.index if name not in wide]
    models = [*(name for name in OURS if name in first.index), *(name for name in wide if name not in OURS), WALK]
    covered = summary[(summary["score"] == "coverage_90") & (summary["target"] == "all")]
    parts = []
    for to, words in ((BEST, "over best so far"), (WALK, "over the random walk")):
        lines = [
            f"| {words} | " + " | ".join(f"{step} y" for step in horizons) + " |",
            "|---" * (len(horizons) + 1) + "|",
        ]
        lines += [
            f"| `{model}` | " + " | ".join(ratio(rows, model, step, to) for step in horizons) + " |"
            for model in models
            if model != to
        ]
        parts.append("\n".join(lines))
    lines = ["| in its 90 % interval, % (origins) | " + " | ".join(f"{step} y" for step in horizons) + " |"]
    lines.append("|---" * (len(horizons) + 1) + "|")
    for model in models:
        cells = []
        for step in horizons:
            found = covered[(covered["model"] == model) & (covered["horizon"] == step)]
            cells.append(f"{100 * found['mean'].iloc[0]:.0f} ({found['origins'].iloc[0]})" if len(found) else "")
        if any(cells):
            lines.append(f"| `{model}` | " + " | ".join(cells) + " |")
    parts.append("\n".join(lines))
    if few:
        parts.append(f"With fewer than half of the cells, and so not listed: {', '.join(few)}.")
    return "\n\n".join(parts)


def ratio(rows: pd.DataFrame, model: str, step: int, to: str) -> str:
    """'0.86 (0.80-0.95)'; empty where fewer than half of the cells are there."""
    found = rows[(rows["model"] == model) & (rows["horizon"] == step) & (rows["relative_to"] == to)]
    most = rows[(rows["horizon"] == step) & (rows["relative_to"] == to)]["cells"].max()
    if not len(found) or found["cells"].iloc[0] < ENOUGH * most:
        return ""
    row = found.iloc[0]
    return f"{row['value']:.2f} ({row['lower']:.2f}-{row['upper']:.2f})"


def by_target(skill: pd.DataFrame, summary: pd.DataFrame, tests: pd.DataFrame) -> str:
    """The model and its combination against the fair opponent, target by target, with coverage and its test.

    Coverage is that of the combination, of the model where it was not combined.
    """
    examined = OURS[1] if (summary["model"] == OURS[1]).any() else OURS[0]
    rows = skill[(skill["score"] == "wis") & (skill["relative_to"] == BEST) & (skill["target"] != "all")]
    rows = rows[rows["horizon"].isin(SHOWN)]
    held = f"`{examined}` in its 90 %, %"
    lines = [f"| target | years | `ecosim` | `ecosim_stacked` | {held} | cells | origins | p of coverage |"]
    lines.append("|---" * 8 + "|")
    for (target, step), _ in rows.groupby(["target", "horizon"]):
        mine = rows[rows["target"] == target]
        key = (summary["model"] == examined) & (summary["score"] == "coverage_90")
        found = summary[key & (summary["target"] == target) & (summary["horizon"] == step)].iloc[0]
        test = tests[
            (tests["model"] == examined) & (tests["score"] == "coverage_90") & (tests["target"] == target)
            & (tests["horizon"] == step)
        ]["p_value"]  # fmt: skip
        sure = f"{test.iloc[0]:.2f}" if len(test) and np.isfinite(test.iloc[0]) else "too few origins"
        cells = [ratio(mine, name, step, BEST) for name in OURS[:2]]
        lines.append(
            f"| {target} | {step} | {cells[0]} | {cells[1]} | {100 * found['mean']:.0f} | {found['cells']} "
            f"| {found['origins']} | {sure} |"
        )
    return "\n".join(lines)


def certificates(scores: pd.DataFrame) -> str:
    """Mean absolute percentage errors of certifications a year ahead, with a bootstrap over provinces."""
    rows = scores[(scores["target"] == CERTIFICATES) & (scores["score"] == "mape") & (scores["horizon"] == 1)]
    origins = sorted(rows["origin"].unique(), reverse=True)
    lines = ["| | " + " | ".join(f"{int(each) + 1} from {each}, %" for each in origins) + " |"]
    lines.append("|---" * (len(origins) + 1) + "|")
    table = rows.pivot_table(index="model", columns=["origin", "location"], values="value", observed=True)
    order = table[origins[0]].mean(axis=1).sort_values().index
    luck = np.random.default_rng(1)
    places = table[origins[0]].columns
    drawn = luck.integers(0, len(places), (DRAWS, len(places)))
    for model in order:
        cells = []
        for origin in origins:
            values = table.loc[model, origin].reindex(places).to_numpy()
            if np.isnan(values).any():
                cells.append("")
                continue
            low, high = np.quantile(values[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            cells.append(f"{values.mean():.1f} ({low:.1f}-{high:.1f})")
        lines.append(f"| `{model}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def read(folder: Path) -> str:
    """All tables of a run."""
    skill, summary, tests = (pd.read_csv(folder / f"{name}.csv") for name in ("skill", "summary", "tests"))
    parts = [overall(skill, summary), by_target(skill, summary, tests)]
    scores = pd.read_csv(folder / "scores.csv", dtype={"origin": str})
    if CERTIFICATES in set(scores["target"]):
        parts.append(certificates(scores))
    return "\n\n".join(parts)


def main() -> None:
    """Print the tables; with --write NAME put them between the marks of that name in the README."""
    parser = argparse.ArgumentParser(description="tables of a finished backtest")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", metavar="NAME", help="us_states, all_origins or provinces")
    chosen = parser.parse_args()
    text = read(chosen.folder)
    sys.stdout.write(text + "\n")
    if chosen.write:
        readme = FOLDER / "README.md"
        begin, end = f"<!-- {chosen.write}: begin -->", f"<!-- {chosen.write}: end -->"
        before, rest = readme.read_text(encoding="utf-8").split(begin)
        readme.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
