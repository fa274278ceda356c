"""Members to tables: forecasts, quantiles and paired policy effects in one schema."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.periods import quarter_label
from ecosim.forecast.publish import Futures
from ecosim.forecast.reference import QUANTILES

Floats = NDArray[np.float64]


def times(first_year: int, years: int) -> list[str]:
    """'2017', '2018', ..."""
    return [str(first_year + k) for k in range(years)]


def quarter_times(origin: int, quarters: int) -> list[str]:
    """'2017-Q1', ... from the quarter after the origin (index) on."""
    return [quarter_label(origin + 1 + k) for k in range(quarters)]


def member_table(
    values: dict[str, Floats], labels: Sequence[str], scenario: str, location: str, origin: str
) -> pd.DataFrame:
    """Long table of members; values: by target, (members, times)."""
    frames = []
    for target, block in values.items():
        members, count = block.shape
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenario,
                    "location": location,
                    "origin": origin,
                    "time": np.tile(np.array(labels[:count], dtype=object), members),
                    "target": target,
                    "member": np.repeat(np.arange(members), count),
                    "value": block.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def quantile_table(
    values: dict[str, Floats], labels: Sequence[str], scenario: str, location: str, origin: str
) -> pd.DataFrame:
    """The 23 quantiles by target and time; values: by target, (members, times)."""
    frames = []
    for target, block in values.items():
        levels = np.quantile(block, QUANTILES, axis=0)  # (23, times)
        count = block.shape[1]
        frames.append(
            pd.DataFrame(
                {
                    "scenario": scenario,
                    "location": location,
                    "origin": origin,
                    "time": np.repeat(np.array(labels[:count], dtype=object), len(QUANTILES)),
                    "target": target,
                    "quantile": np.tile(QUANTILES, count),
                    "value": levels.T.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def effect(scenario: dict[str, Floats], baseline: dict[str, Floats]) -> dict[str, Floats]:
    """Paired policy effect: the same member under both, scenario less baseline."""
    return {target: scenario[target] - baseline[target] for target in scenario if target in baseline}


def tables(
    futures: Futures, first_year: int, origin_quarter: int, scenario: str, location: str, origin: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Quantile tables by year and by quarter."""
    years = max(block.shape[1] for block in futures.yearly.values())
    quarters = max(block.shape[1] for block in futures.quarterly.values())
    return (
        quantile_table(futures.yearly, times(first_year, years), scenario, location, origin),
        quantile_table(futures.quarterly, quarter_times(origin_quarter, quarters), scenario, location, origin),
    )
