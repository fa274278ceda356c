"""The tables of an update: the forecast after the counts, and all that a forecast is published with beside it."""

from typing import TYPE_CHECKING, Any

from ecosim.data.periods import parse

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.forecast.assimilation import Assimilated
    from ecosim.publication.recorded import Recorded

# What members rest on, which an update does not change. What instruments cost is not among it: the run booked that from
# its own origin on.
KEPT = ("basis", "coefficients", "diagnostics", "identification", "placebos", "policies")


def moved_settings(run: "Recorded", until: int) -> dict[str, Any]:
    """Settings of the forecast as it is after counts up to the end of a year."""
    from ecosim.publication.recorded import UNTIL

    return run.settings | {"origin": f"{until}-12", UNTIL: until}


def tables_of(run: "Recorded", found: "Assimilated", members: "pd.DataFrame", until: int) -> "dict[str, pd.DataFrame]":
    """What moved, by name of file; forecasts of the years after the last one that was used."""
    import pandas as pd

    from ecosim.forecast import assimilation

    origin, ours, baseline = f"{until}-12", run.scenario, str(run.settings["baseline"])
    before = members[members["time"].astype(str).str[:4].astype(int) > until]
    after = assimilation.moved_members(before, found, origin)
    yearly, quarterly = (after[after["frequency"] == name] for name in ("year", "quarter"))
    yearly_before = before[before["frequency"] == "year"]
    own = yearly[yearly["scenario"] == ours]
    differs = baseline != ours and bool((members["scenario"] == baseline).any())
    both = yearly if differs else pd.concat([own, own.assign(scenario=baseline)]) if baseline != ours else own
    effect = assimilation.paired(both, ours, baseline)
    tables = {
        "forecast": assimilation.quantile_table(own, origin),
        "baseline_forecast": assimilation.quantile_table(both[both["scenario"] == baseline], origin),
        "effect": assimilation.quantile_table(effect, origin).assign(baseline=baseline),
        "moved": assimilation.shifts(yearly_before[yearly_before["scenario"] == ours], own),
        "counts": assimilation.counts_table(found),
        "members": after,
    }
    if (quarterly["scenario"] == ours).any():
        tables["forecast_quarterly"] = assimilation.quantile_table(quarterly[quarterly["scenario"] == ours], origin)
    if differs:
        tables["effect_moved"] = assimilation.shifts(assimilation.paired(yearly_before, ours, baseline), effect)
    return tables


def beside(run: "Recorded", counts: "pd.DataFrame", until: int) -> "dict[str, pd.DataFrame]":
    """What stands beside a forecast that is published, by name of file.

    The place's counts up to the end of a year, declared gaps among them, and after it, and the forecasts to beat from
    there.
    counts: of all places.
    """
    import pandas as pd

    from ecosim.forecast import reference

    here = counts[counts["location"] == run.place].sort_values(["target", "time"])
    known = [parse(str(time)).end.year <= until for time in here["time"]]
    targets = dict.fromkeys(run.table("forecast")["target"])
    years = int(run.settings["horizon"]) - until
    frames = reference.both(counts, targets, run.place, f"{until}-12", years)
    references = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(reference.COLUMNS))
    return {
        "observed": here[known].reset_index(drop=True),
        "later": here[[not some for some in known]].dropna(subset="value").reset_index(drop=True),
        "references": references,
    }
