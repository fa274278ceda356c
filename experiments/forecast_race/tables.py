"""Tables of a finished backtest for the README of this experiment.

python experiments/forecast_race/tables.py outputs/backtest/<time> [--write us_states]

With --write the tables stand in README.md and the run's two charts beside it.
"""

import argparse
import json
import shlex
import shutil
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
LEFT_OUT = ("workers=", "execution.workers=", "resume=", "study.resume=")  # of a command: its tables stay the same
NEAR = 1.05  # relative WIS up to which the model alone is as good as its opponent
CELLS, HONEST, SURE = 300, (0.86, 0.94), 0.01  # asked of coverage: cells of a target, share inside, p-value
CHARTS = {"skill.png": "", "calibration.png": "_calibration"}  # of the run, with what their names end in here


def reached(skill: pd.DataFrame, summary: pd.DataFrame, tests: pd.DataFrame) -> str:
    """What the race is about, by horizon: relative WIS with its tests, honest intervals, and the model alone.

    Relative WIS: geometric mean over targets and places, with its bootstrap interval; p-values: origins as clusters.
    """
    examined = OURS[1] if (summary["model"] == OURS[1]).any() else OURS[0]
    whole = skill[(skill["score"] == "wis") & (skill["target"] == "all")]
    single = skill[(skill["score"] == "wis") & (skill["target"] != "all") & (skill["relative_to"] == BEST)]
    key = (summary["model"] == examined) & (summary["score"] == "coverage_90") & (summary["target"] == "all")
    lines = [
        f"| years | `{examined}` over best so far | p | over the random walk | p | in its 90 %, % | p | cells "
        f"| origins | targets with `ecosim` at most {NEAR} |",
        "|---" * 10 + "|",
    ]
    for step in sorted(set(whole["horizon"]) & set(SHOWN)):
        against = [
            f"{ratio(whole, examined, step, to)} | {chance(tests, examined, step, 'diebold_mariano', to)}"
            for to in (BEST, WALK)
        ]
        held = summary[key & (summary["horizon"] == step)].iloc[0]
        alone = single[(single["model"] == OURS[0]) & (single["horizon"] == step)]
        near = ", ".join(alone.loc[alone["value"] <= NEAR, "target"]) or "none"
        lines.append(
            f"| {step} | {against[0]} | {against[1]} | {100 * held['mean']:.0f} "
            f"| {chance(tests, examined, step, 'coverage')} | {held['cells']} | {held['origins']} "
            f"| {(alone['value'] <= NEAR).sum()} of {len(alone)}: {near} |"
        )
    return "\n".join(lines)


def asked(skill: pd.DataFrame, summary: pd.DataFrame, tests: pd.DataFrame) -> str:
    """What was to be reached and whether it was: relative WIS, coverage of the 90 % interval, the model alone."""
    examined = OURS[1] if (summary["model"] == OURS[1]).any() else OURS[0]
    wis = skill[(skill["score"] == "wis") & skill["horizon"].isin(SHOWN)]
    mine = wis[(wis["model"] == examined) & (wis["target"] == "all")]
    lines = [f"| asked of `{examined}` | found |", "|---|---|"]
    for to, words, goals in (
        (
            BEST,
            "over best so far at most 0.95 at one year, 0.90 at three and more",
            {1: 0.95, 3: 0.90, 4: 0.90, 5: 0.90},
        ),
        (WALK, "over the random walk at most 0.85", dict.fromkeys(SHOWN, 0.85)),
    ):
        rows = mine[(mine["relative_to"] == to) & mine["horizon"].isin(list(goals))]
        pairs = zip(rows["horizon"].astype(int), rows["value"].astype(float), strict=True)
        found = [f"{step} y {'**reached**' if value <= goals[step] else 'not'} ({value:.3f})" for step, value in pairs]
        lines.append(f"| {words} | {'; '.join(found)} |")
    held = summary[(summary["model"] == examined) & (summary["score"] == "coverage_90") & (summary["target"] != "all")]
    held = held[held["horizon"].isin(SHOWN) & (held["cells"] >= CELLS)]
    found = []
    for target, step, share in zip(held["target"], held["horizon"].astype(int), held["mean"], strict=True):
        p_value = chance(tests, examined, step, "coverage", target=str(target))
        good = HONEST[0] <= share <= HONEST[1] and not (p_value[0].isdigit() and float(p_value) < SURE)
        found.append(f"{target} {step} y {'**reached**' if good else 'not'} ({100 * share:.1f} %, p {p_value})")
    none = f"no target and horizon has {CELLS} cells"
    lines.append(
        f"| 90 % coverage 0.86-0.94 by target with {CELLS} cells, p at least {SURE} | {'; '.join(found) or none} |"
    )
    alone = wis[(wis["model"] == OURS[0]) & (wis["target"] != "all") & (wis["relative_to"] == BEST)]
    found = []
    for step, rows in alone.groupby("horizon"):
        near = int((rows["value"] <= NEAR).sum())
        found.append(f"{step} y {'**reached**' if 2 * near >= len(rows) else 'not'} ({near} of {len(rows)})")
    lines.append(f"| `ecosim` alone at most {NEAR} on half of the targets | {'; '.join(found)} |")
    return "\n".join(lines)


def chance(tests: pd.DataFrame, model: str, step: int, test: str, to: str | None = None, target: str = "all") -> str:
    """'0.04', the p-value of a test of a model; of coverage that of its 90 % interval."""
    rows = tests[(tests["model"] == model) & (tests["horizon"] == step) & (tests["test"] == test)]
    rows = rows[rows["target"] == target]
    rows = rows[rows["score"] == "coverage_90"] if to is None else rows[rows["relative_to"] == to]
    found = rows["p_value"].dropna()
    return f"{found.iloc[0]:.2f}" if len(found) else "too few origins"


def pooled(summary: pd.DataFrame) -> str:
    """Coverage of the 90 % interval by target, all horizons together, with cells and origins."""
    examined = OURS[1] if (summary["model"] == OURS[1]).any() else OURS[0]
    rows = summary[(summary["model"] == examined) & (summary["score"] == "coverage_90") & (summary["target"] != "all")]
    lines = [f"| `{examined}`, all horizons together | in its 90 %, % | cells | origins |", "|---|---|---|---|"]
    for target, mine in rows.groupby("target"):
        share = 100 * float((mine["mean"] * mine["cells"]).sum() / mine["cells"].sum())
        lines.append(f"| {target} | {share:.0f} | {mine['cells'].sum()} | {mine['origins'].max()} |")
    return "\n".join(lines)


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
        sure = chance(tests, examined, int(step), "coverage", target=str(target))
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


def read(folder: Path, name: str) -> str:
    """The command of a run, its origins and all its tables. name: of the block in README.md."""
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    words = [word for word in provenance["overrides"] if not word.startswith(LEFT_OUT)]
    command = f"    python -m ecosim {shlex.join(words)}".replace("'", "")
    again = f"    python experiments/forecast_race/tables.py outputs/backtest/<time> --write {name}"
    skill, summary, tests = (pd.read_csv(folder / f"{name}.csv") for name in ("skill", "summary", "tests"))
    scores = pd.read_csv(folder / "scores.csv", dtype={"origin": str})
    origins = sorted(scores["origin"].unique())
    made = f"{len(origins)} origins: {', '.join(origins)}. Made with ecosim {provenance['ecosim']}."
    parts = [f"{command}\n{again}", made, asked(skill, summary, tests), reached(skill, summary, tests)]
    parts += [overall(skill, summary)]
    parts += [by_target(skill, summary, tests), pooled(summary)]
    if CERTIFICATES in set(scores["target"]):
        parts.append(certificates(scores))
    return "\n\n".join(parts)


def main() -> None:
    """Print the tables; with --write NAME put them between the marks of that name in README.md, with charts."""
    parser = argparse.ArgumentParser(description="tables of a finished backtest")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", metavar="NAME", help="us_states, all_origins or provinces")
    chosen = parser.parse_args()
    text = read(chosen.folder, chosen.write or "<name>")
    sys.stdout.write(text + "\n")
    if chosen.write:
        readme = FOLDER / "README.md"
        begin, end = f"<!-- {chosen.write}: begin -->", f"<!-- {chosen.write}: end -->"
        before, rest = readme.read_text(encoding="utf-8").split(begin)
        readme.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")
        for name, more in CHARTS.items():
            picture = f"{chosen.write}{more}.png"
            if (chosen.folder / name).is_file() and f"({picture})" in before + rest:
                shutil.copyfile(chosen.folder / name, FOLDER / picture)


if __name__ == "__main__":
    main()
