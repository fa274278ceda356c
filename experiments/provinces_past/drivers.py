"""Which coefficients the members of a run differ by where one count of all places together ends high or low.

Run as `python experiments/provinces_past/drivers.py outputs/provinces_2022/<time> hnte_certifications`: correlation,
over members, of each coefficient with the log of the count in the last year, as the mean of its places' deviations.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from ecosim.forecast.ensemble import draw_behaviors
from ecosim.forecast.job import read_estimates

SHOWN = 8


def last_year(folder: Path, target: str) -> pd.Series:
    """Deviation of each member from the median, log points, mean over places."""
    deviations = []
    for path in sorted(folder.glob("places/*/members.parquet")):
        rows = pd.read_parquet(path)
        rows = rows[(rows["target"] == target) & (rows["frequency"] == "year")]
        rows = rows[(rows["scenario"] == rows["scenario"].iloc[0]) & (rows["time"] == rows["time"].max())]
        logs = np.log(rows.set_index("member")["value"] + 0.5).sort_index()
        deviations.append(logs - logs.median())
    return sum(deviations) / len(deviations)


def main(folder: Path, target: str) -> None:
    """Tell the strongest correlations."""
    settings = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    estimates, seed = read_estimates(settings["behaviors"]), int(settings["seed"])
    ends = last_year(folder, target)
    rows = []
    for member in ends.index:
        drawn = draw_behaviors(estimates, seed, int(member))
        rows.append({
            f"{rule}.{name}": value
            for rule, coefficients in drawn._asdict().items()
            for name, value in coefficients._asdict().items()
            if isinstance(value, float)
        })  # fmt: skip
    table = pd.DataFrame(rows, index=ends.index)
    table = table.loc[:, table.std() > 1e-12]
    found = table.corrwith(ends).sort_values(key=abs, ascending=False)
    low, high = ends.quantile(0.05), ends.quantile(0.95)
    sys.stdout.write(
        f"{target}, last year, {len(ends)} members: 90 % interval of the shared part {low:.2f} to {high:+.2f}\n"
        f"{found.head(SHOWN).round(2).to_string()}\n"
        f"notch.worth {found['notch.worth']:.2f}; chance alone: below {1.96 / np.sqrt(len(ends)):.2f} in 19 of 20 of "
        f"{len(found)} coefficients\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
