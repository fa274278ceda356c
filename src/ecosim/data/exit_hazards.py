"""How likely a firm of a given age is to close within a year: China's register in words, US establishments in counts.

China: State Administration for Industry and Commerce (2013), domestic firms, cohorts 2000-2012, as summarized in the
press. United States: Bureau of Labor Statistics, Business Employment Dynamics, table 7, pooled over the cohorts
1994-2021; public domain.
"""

import pandas as pd

from ecosim.data import tables


def china() -> pd.DataFrame:
    """Yearly hazard from age_from to below age_to: `age_from, age_to, hazard, source, lower_bound, note, confidence`.

    Ages 3 to 6 are a lower bound ('at least 8 %'); what follows age 7 is not in the source. The 1.6 % of the founding
    year is contradicted by counts of firms cancelled in their year of registration (10 to 20 % of
    births).
    """
    table = tables.read_numbers("china_exit_hazards", "age_from", "age_to", "hazard")
    table["lower_bound"] = table["lower_bound"] == "yes"
    return table[["age_from", "age_to", "hazard", "source", "lower_bound", "note", "confidence"]]


def united_states() -> pd.DataFrame:
    """`age, at_risk, deaths, hazard, cohorts, mean_employment`: establishments that closed in their year of age.

    `age` 1 is the first year of life; `hazard` = deaths / at_risk; `mean_employment` is persons per survivor.
    """
    table = tables.read_numbers("us_exit_hazards", "age", "at_risk", "deaths", "cohorts", "mean_employment")
    table = table.astype({"age": "int64", "at_risk": "int64", "deaths": "int64", "cohorts": "int64"})
    table.insert(3, "hazard", table["deaths"] / table["at_risk"])
    return table
