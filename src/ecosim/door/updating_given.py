"""Which rows of the table that study=update was given say something of the run, and which match nothing."""

from typing import TYPE_CHECKING

from ecosim.data.naming import some
from ecosim.data.parts import in_quarters
from ecosim.data.periods import parse, quarter_index, quarter_label

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.publication.recorded import Recorded

SHOWN = 5  # names in a sentence
MOST_TARGETS = 30  # in a refusal


def left_out(run: "Recorded", given: "pd.DataFrame", members: "pd.DataFrame", until: int, named: str) -> str:
    """A sentence on the rows that cannot be used, empty where every row can.

    given: counts as loaded from the table `named`; members: of the run's scenario. Raises NothingNew where no row can.
    """
    from ecosim.forecast.assimilation import NothingNew

    targets = sorted(members["target"].astype(str).unique())
    cells = set(zip(members["target"].astype(str), members["time"].astype(str), strict=True))
    summed = in_quarters(given[given["location"] == run.place])
    whole = set(zip(summed["target"].astype(str), summed["time"].astype(str).map(_time_of), strict=True))
    why: dict[str, list[str]] = {}
    for row in given.to_dict("records"):
        place, target, time = str(row["location"]), str(row["target"]), str(row["time"])
        if place != run.place:
            why.setdefault("of other places", []).append(place)
        elif target not in targets:
            why.setdefault("of what the run does not forecast", []).append(target)
        elif not _ahead(time, run.origin, until) or (target, _time_of(time)) not in cells:
            why.setdefault(f"of times that the run does not forecast up to {until}", []).append(time)
        elif (target, _time_of(time)) not in whole:
            why.setdefault("of quarters that lack a month", []).append(f"{target} {time}")
        elif row["value"] != row["value"]:
            why.setdefault("without a value", []).append(f"{target} {time}")
    count = sum(len(names) for names in why.values())
    if not count:
        return ""
    reasons = "; ".join(f"{len(names)} {what} ({some(dict.fromkeys(names), SHOWN)})" for what, names in why.items())
    if count < len(given):
        verb = "says" if count == 1 else "say"
        return f"{count} of {len(given)} rows of {named} {verb} nothing of this run and were not used: {reasons}."
    raise NothingNew(
        f"{named}: {'its one row says nothing' if count == 1 else f'none of its {count} rows says anything'} of run "
        f"{run.short}: {reasons}. The run is of {run.place} from {run.origin} and forecasts "
        f"{some(targets, MOST_TARGETS)}; name its place and targets, or leave data.path "
        "out to use the counts that came with the run's own"
    )


def _ahead(time: str, origin: str, until: int) -> bool:
    return quarter_index(time) > quarter_index(origin) and parse(time).end.year <= until


def is_about(message: str, run: "Recorded", given: "pd.DataFrame") -> bool:
    """Whether a message that begins with target and time, 'hnte_stock 2018: ...', is about a given row."""
    rows = given[given["location"] == run.place]
    cells = zip(rows["target"].astype(str), rows["time"].astype(str).map(_time_of), strict=True)
    return any(message.startswith(f"{target} {time}: ") for target, time in cells)


def _time_of(time: str) -> str:
    """A time as members have it: years as they are, parts of a year as quarters."""
    return time if parse(time).frequency == "year" else quarter_label(quarter_index(time))
