"""Everything the report page is made of: tables and texts, each of them optional but the forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ecosim.figures.labels import Labels


@dataclass(frozen=True)
class ReportContext:
    """One run, ready to be read. A section whose table is None, or whose text is empty, is left out of the page."""

    labels: Labels
    """Names of the place, the scenario, the baseline and the targets."""
    forecast: pd.DataFrame
    """Yearly quantiles (scenario, location, origin, time, target, quantile, value), one scenario, place and origin."""
    targets: tuple[str, ...]
    """The targets to tell, the headline one first."""
    observed: pd.DataFrame | None = None
    """Counts known at the origin (location, target, time, value): where the headline starts from."""
    effect: pd.DataFrame | None = None
    """Quantiles of scenario minus baseline, paired by member."""
    baseline: pd.DataFrame | None = None
    """Quantiles under the baseline: what the effect in percent refers to."""
    hindcast: pd.DataFrame | None = None
    """Past forecasts beside the counts, one row each: method (the model first), target, time, truth, median, low, high
    (90 % interval) and, where scored, wis (weighted interval score, lower is better). `hindcast_table` makes it."""
    scores: pd.DataFrame | None = None
    """Counts published since, held against the forecast and its references: the columns of `hindcast`."""
    basis: pd.DataFrame | None = None
    """What levels rest on: target, level, basis ('observed', 'inherited', 'posterior', 'assumption'), time, source."""
    coefficients: pd.DataFrame | None = None
    """equation, term, estimate, std_error, source and any further columns."""
    diagnostics: pd.DataFrame | None = None
    """equation, statistic, value, note."""
    placebo: pd.DataFrame | None = None
    """Leads beside lags: equation, sample, timing ('lag', 'lead'), beside, estimate, std_error, n, flag."""
    identification: pd.DataFrame | None = None
    """What the data tell: parameter, prior_sd, posterior_sd, contraction, verdict, basis."""
    policies: pd.DataFrame | None = None
    """Instruments in force, one row each: the columns of policies.csv."""
    outlays: pd.DataFrame | None = None
    """Money by instrument and year: the columns of costs.csv, or of ledger.csv where no sums were recorded."""
    overspent: tuple[str, ...] = ()
    """What to say beside them of amounts beyond a budget."""
    missions: pd.DataFrame | None = None
    """Missions by year: mission, label, label_zh, deadline, year, share_reached, first_median, _lower and _upper."""
    decomposition: pd.DataFrame | None = None
    """What each line of work adds: the columns of decomposition.csv."""
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Names of the lines of work in English and Chinese."""
    assumptions: tuple[str, ...] = ()
    """What stands in neither counts nor literature, one sentence each."""
    assumed: pd.DataFrame | None = None
    """Every number that is an assumption, with its range and its source; any columns."""
    not_identified: tuple[str, ...] = ()
    """What these data cannot tell, one sentence each."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """A remark for a target: 'level assumed: read the growth'."""
    charts: Mapping[str, Path] = field(default_factory=dict)
    """PNG files by name: 'fan', 'effect', 'take_up', 'hindcast'; 'fan_narrow' and so on for phones."""
    headline: tuple[str, ...] = ()
    """Sentences to stand before those that are made from the tables."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Config hash, data hash, seed, versions, command ...: in the order of reading."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Files beside the page by what they are: {'The model (ODD)': 'ODD.md'}."""
    citation: str = ""
    """How to cite the run."""
