"""The table of findings of a sweep over policy families, from the newest run of each scenario in outputs/.

Run as `python experiments/policy_families/summarize.py`; `--write` renews the figures in this folder's README.
Runs of one sweep share seed and luck, so scenarios are compared future by future.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecosim.data.errors import UserError
from ecosim.door.library import Library
from ecosim.figures.labels import Labels, number

RULES, WHOLE = "pinghu_2016_rules", "pinghu_2017"
PAIR = ("talent_first", "subsidy_first")
LEFT_OUT = "pinghu_without_"
TARGETS = ("hnte_stock", "tech_sme_stock", "inventions_applied")
README = Path(__file__).parent / "README.md"
MARKS = re.compile(r"(?<=<!-- figures: begin -->\n).*?(?=<!-- figures: end -->)", re.DOTALL)
WORDS = Labels("Pinghu")


class SummaryError(UserError, ValueError):
    """Runs that are missing or were not made together."""


def newest(outputs: Path, scenario: str) -> Path:
    """The newest finished forecast of a scenario, not a decomposition. Raises SummaryError where there is none."""
    finished = (path.parent for path in (outputs / scenario).glob("*/costs.csv"))
    runs = sorted(folder for folder in finished if not (folder / "decomposition.csv").is_file())
    if not runs:
        raise SummaryError(f"{outputs} has no run of {scenario}; run the sweep of {README.parent.name}/README.md first")
    return runs[-1]


def futures(folder: Path, scenario: str) -> pd.DataFrame:
    """Yearly values, rows (target, member), of the last year."""
    table = pd.read_parquet(folder / "members.parquet")
    rows = table[(table["scenario"] == scenario) & (table["frequency"] == "year")]
    last = rows[rows["time"] == rows["time"].max()]
    return last.set_index(["target", "member"])[["value"]]


def outlay(folder: Path) -> float:
    """Median outlay of the package of a run to its horizon, million CNY."""
    costs = pd.read_csv(folder / "costs.csv", dtype={"year": str})
    return float(costs.loc[(costs["year"] == "all") & (costs["instrument"] == "package"), "outlay"].iloc[0]) / 100


def difference(one: pd.DataFrame, other: pd.DataFrame, target: str) -> str:
    """Median and 90 % interval of paired differences. Raises SummaryError where the runs have other members."""
    mine, theirs = one.loc[target]["value"], other.loc[target]["value"]
    if not mine.index.equals(theirs.index):
        raise SummaryError("the runs have different members; run all scenarios in one sweep")
    low, middle, high = np.quantile(mine - theirs, [0.05, 0.5, 0.95])
    label = WORDS.of(target)
    texts = [number(value, label, signed=True) for value in (middle, low, high)]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def table(outputs: Path) -> str:
    """The findings as Markdown."""
    scenarios = [name for name in Library().options("scenario") if name.startswith(LEFT_OUT)]
    folders = {name: newest(outputs, name) for name in (RULES, WHOLE, *scenarios, *PAIR)}
    found = {name: futures(folder, name) for name, folder in folders.items()}
    targets = [target for target in TARGETS if target in found[WHOLE].index.get_level_values(0)]
    names = [WORDS.of(target).title.lower() for target in targets]
    head = "| scenario | outlay, million CNY | " + " | ".join(names) + " |\n|" + "---|" * (len(targets) + 2)

    def row(name: str, shown: str, other: str) -> str:
        cells = [difference(found[name], found[other], target) for target in targets]
        return f"| {shown} | {outlay(folders[name]):,.0f} | " + " | ".join(cells) + " |"

    blocks = [
        f"In the last year, less `{RULES}`, median and 90 % interval of paired futures:",
        "\n".join([head, *(row(name, f"`{name}`", RULES) for name in (WHOLE, *PAIR))]),
        f"Each line of work left out, less `{WHOLE}`:",
        "\n".join([head, *(row(name, f"`{name}`", WHOLE) for name in scenarios)]),
        "Equal cost:",
        "\n".join([head, row(PAIR[0], f"`{PAIR[0]}` less `{PAIR[1]}`", PAIR[1])]),
    ]
    return "\n\n".join(blocks) + "\n"


def main(arguments: Sequence[str] | None = None) -> str:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("outputs", nargs="?", type=Path, default=Path("outputs"))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    text = table(given.outputs)
    print(text)  # noqa: T201
    if given.write:
        README.write_text(MARKS.sub(lambda _: f"\n{text}\n", README.read_text(encoding="utf-8")), encoding="utf-8")
    return text


if __name__ == "__main__":
    main()
