"""What the data behind a forecast tell of each of its parameters: from its regressions, or from a calibration."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecosim.calibration.estimate import Estimate
from ecosim.calibration.indirect import Matching
from ecosim.calibration.inherit import CLOSE_SD
from ecosim.calibration.simulation.identification import NOT_IDENTIFIED, verdict
from ecosim.forecast.drawn import AT_ORIGIN, Drawn

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook

COLUMNS = ("parameter", "prior_sd", "posterior_sd", "contraction", "verdict", "basis")
REGRESSIONS, SIMULATION, POSTERIOR = "regressions", "calibration by simulation", "posterior that members are drawn from"
FEW_DRAWS = "effective draws: no contraction below is reliable"  # a calibration's own warning, before all the rest
SHOWN = 8  # names in a sentence


@dataclass(frozen=True)
class Calibrated:
    """A finished calibration of the same counts, equations, region, rules and origin: its table and sentences."""

    identification: pd.DataFrame
    statements: tuple[str, ...]
    where: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences that must come before everything that it tells."""
        return tuple(text for text in self.statements if FEW_DRAWS in text)


def table(
    priors: dict[str, Estimate], matching: Matching, outlook: "Outlook", calibrated: Calibrated | None
) -> pd.DataFrame:
    """COLUMNS: a row for each coefficient that has a spread, each level and each growth; the calibrated ones first.

    Levels: prior is what a share of a related place would say; growth: prior is the spread between places, and the
    error of their mean is in both. Where a calibration by simulation knows a parameter its row stands in place of the
    regressions'.
    """
    place, drawn = outlook.world.region.name, outlook.world.drawn
    rows: list[tuple[str, float, float]] = []
    for target, level in outlook.anchor.levels.items():
        sd = drawn.moments(AT_ORIGIN + target)[1] if drawn and AT_ORIGIN + target in drawn.names else level.log_sd
        rows.append((f"level: {target}", max(CLOSE_SD, level.log_sd), sd))
    for target, growth in outlook.anchor.growth.items():
        before = float(np.hypot(max(growth.pooled_drift_sd, growth.place(place)[1]), growth.mean_error))
        rows.append((f"growth: {target}", before, growth.drift_error(place)))
    for name, prior in priors.items():
        for k, term in enumerate(prior.behavior._fields):  # type: ignore[attr-defined]
            sd = float(np.sqrt(prior.covariance[k, k]))
            if sd > 0:
                rows.append((f"{name}.{term}", sd, _after(matching, f"{name}.{term}", sd)))
    own = pd.DataFrame(rows, columns=list(COLUMNS[:3]))
    own = own[own["prior_sd"] > 0]
    own["contraction"] = 1.0 - own["posterior_sd"] / own["prior_sd"]
    own["verdict"] = [verdict(float(share)) for share in own["contraction"]]
    own["basis"] = REGRESSIONS
    if calibrated is None:
        return own.reset_index(drop=True)
    taken = () if drawn is None else drawn.names
    own.loc[own["parameter"].str.removeprefix("level: ").isin([n.removeprefix(AT_ORIGIN) for n in taken]), "basis"] = (
        POSTERIOR
    )
    told = calibrated.identification
    told = told.assign(basis=np.where(told["parameter"].isin(taken), POSTERIOR, SIMULATION))[list(COLUMNS)]
    return pd.concat([told, own[~own["parameter"].isin(told["parameter"])]], ignore_index=True)


def _after(matching: Matching, name: str, sd: float) -> float:
    """Standard deviation after the counts of the provinces were matched; the prior's where they were not."""
    found = matching.found
    return found.sd if found is not None and found.coefficient == name else sd


def sentences(found: pd.DataFrame, calibrated: Calibrated | None, posterior: Drawn | None = None) -> list[str]:
    """How much of what the forecast rests on its data tell, and what says so; what a calibration owns up to first.

    posterior: what members are drawn from, if anything; the warnings of the calibration then stand beside what is
    drawn, and not here.
    """
    open_ = found.loc[found["verdict"] == NOT_IDENTIFIED, "parameter"].tolist()
    told = found.loc[found["verdict"] != NOT_IDENTIFIED, "parameter"].tolist()
    known = f"the data tell something of {', '.join(told[:SHOWN])}" if told else "the data tell of none"
    if len(told) > SHOWN:
        known += f" and {len(told) - SHOWN} more"
    if calibrated is None:
        return [
            f"{len(open_)} of {len(found)} parameters are {NOT_IDENTIFIED} and keep their priors; {known}. This is "
            "from the regressions alone; study=calibrate of the same scenario and origin holds simulations against the "
            "place's own counts."
        ]
    first = (
        f"{len(open_)} of {len(found)} parameters are {NOT_IDENTIFIED}; {known}. From the calibration by simulation "
    )
    where = f"{first}in {calibrated.where}, and from the regressions for what it did not free."
    if posterior is None:
        return [*calibrated.statements, f"{where} The forecast itself draws from the priors."]
    return [*(text for text in calibrated.statements if text not in calibrated.warnings), where]
