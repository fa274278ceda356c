"""How closing depends on age: a complementary log-log fit to grouped US counts, and the published Chinese hazards."""

import numpy as np
import pandas as pd
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from ecosim.data import exit_hazards

US_LAST_YEAR = 2021  # the US table pools the cohorts 1994-2021
US_SOURCE = "US Bureau of Labor Statistics, Business Employment Dynamics, table 7, pooled; binomial GLM, cloglog link"
CHINA_KNOWN_FROM = 2013  # year in which the register's survival report was published


def fit_exit(table: pd.DataFrame) -> pd.DataFrame:
    """Yearly closing hazard h(age) = 1 - exp(-exp(intercept + log_age * ln age)) from deaths among those at risk.

    table: `age, at_risk, deaths`, age 1 = first year of life, so that ln age = ln(1 + completed years). Returns the
    coefficient table `equation, term, estimate, std_error, source, dispersion` ; standard errors are inflated by the
    Pearson dispersion, because with millions at risk every deviation from the line is many binomial errors wide.
    """
    at_risk = table["at_risk"].to_numpy(dtype=float)
    share = table["deaths"].to_numpy(dtype=float) / at_risk
    design = pd.DataFrame({"intercept": 1.0, "log_age": np.log(table["age"].to_numpy(dtype=float))})
    family = families.Binomial(link=families.links.CLogLog())
    # weights, not two columns of counts: only then does the Pearson scale know how many were at risk
    result = GLM(share, design.to_numpy(), family=family, var_weights=at_risk).fit(scale="X2")
    return pd.DataFrame(
        {
            "equation": "exit by age, US",
            "term": list(design.columns),
            "estimate": result.params,
            "std_error": result.bse,
            "source": US_SOURCE,
            "dispersion": float(result.scale),
        }
    )


def chinese_hazards() -> pd.DataFrame:
    """The published yearly hazards of Chinese firms by age as coefficient rows; no standard error is published."""
    hazards = exit_hazards.china()
    ages = [f"hazard at age {first:g}-{last:g}" for first, last in zip(hazards.age_from, hazards.age_to, strict=True)]
    return pd.DataFrame(
        {
            "equation": "exit by age, China (published)",
            "term": ages,
            "estimate": hazards["hazard"].to_numpy(dtype=float),
            "std_error": np.nan,
            "source": hazards["source"].to_numpy(),
        }
    )
