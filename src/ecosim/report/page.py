"""Writes the report: one HTML file with everything in it, no script, readable on a phone and on paper."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pandas as pd

from ecosim.data.digits import plain
from ecosim.data.periods import parse, quarter_index
from ecosim.data.writing import write_whole
from ecosim.figures.labels import Labels, amount, number
from ecosim.figures.quantiles import MEDIAN, at, by_time, interval, of_place
from ecosim.report.context import ReportContext
from ecosim.report.decomposition import tell
from ecosim.report.instruments import costs, listed
from ecosim.report.words import (
    Start,
    effect_sentence,
    headline,
    instruments,
    last_count,
    percent,
    placebo_sentences,
    share_of_futures,
    verdict,
)

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "page.html.j2"
NOT_COUNTED = ("assumption", "posterior")  # basis of levels from which a forecast starts and which nobody counted
IDENTIFIED_FROM = 0.20  # contraction below which a parameter is not identified


def write_report(path: Path, context: ReportContext) -> Path:
    """Writes the page of a run and returns its path.

    Every text is escaped: a place called '<script>' is shown, never run. Raises ValueError where the forecast holds
    several scenarios, places or origins or lacks a quantile, and FileNotFoundError where a chart is not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    page = environment().get_template(TEMPLATE).render(_content(context))
    write_whole(path, lambda part: part.write_text(page, encoding="utf-8"))
    return path


def environment() -> "Environment":
    """Where the templates of pages are, with every text escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _content(context: ReportContext) -> dict[str, Any]:
    """What the template shows: texts, and tables as rows of texts."""
    labels, origin = context.labels, str(context.forecast["origin"].iloc[0])
    told = [target for target in context.targets if (context.forecast["target"] == target).any()]
    sentences = [_headline(context, target) for target in told]
    judgments = [verdict(table, labels) for table in (context.hindcast, context.scores) if _has(table)]
    effects = (
        [effect_sentence(context.effect, context.baseline, t, labels) for t in told] if _has(context.effect) else []
    )
    placebo = context.placebo if _has(context.placebo) else None
    return {
        "labels": labels,
        "origin": origin,
        "headline": context.headline,
        "sentences": sentences,
        "verdict": " ".join(judged for _, judged in judgments),
        "worse": any(worse for worse, _ in judgments),
        "years": _years(context, told),
        "effects": [sentence for sentence in effects if sentence],
        "instruments": instruments(labels),
        "lines": tell(context.decomposition, told, labels, context.groups) if _has(context.decomposition) else None,
        "hindcast": _hindcast(context.hindcast, labels) if _has(context.hindcast) else None,
        "scores": _hindcast(context.scores, labels) if _has(context.scores) else None,
        "basis": _basis(context.basis, labels) if _has(context.basis) else None,
        "leads": placebo_sentences(placebo, labels) if placebo is not None else [],
        "assumptions": context.assumptions,
        "not_identified": context.not_identified,
        "provenance": dict(context.provenance),
        "citation": context.citation,
        "links": dict(context.links),
        "assumed": _plain(context.assumed),
        "charts": {name: inline(chart) for name, chart in context.charts.items()},
        **{name: _plain(getattr(context, name)) for name in ("coefficients", "diagnostics")},
        "policies": listed(context.policies) if _has(context.policies) else None,
        "outlays": costs(context.outlays, context.policies) if _has(context.outlays) else None,
        "overspent": context.overspent,
        "placebo": _plain(placebo),
        "identification": _identification(context.identification) if _has(context.identification) else None,
        "missions": _missions(context.missions, origin) if _has(context.missions) else None,
    }


def _identification(table: pd.DataFrame) -> dict[str, Any]:
    """Parameters that the data narrow, in words and as rows, and all others as rows."""
    known = table["contraction"] >= IDENTIFIED_FROM
    ordered = table[known].sort_values("contraction", ascending=False, kind="stable")

    def rows(some: pd.DataFrame) -> list[tuple[str, ...]]:
        return [
            (
                str(row["parameter"]).replace("_", " "),
                _text(float(row["prior_sd"])),
                _text(float(row["posterior_sd"])),
                f"{round(100 * max(float(row['contraction']), 0.0))} %",
                str(row["verdict"]),
                str(row["basis"]),
            )
            for row in some.to_dict("records")
        ]

    return {"known": rows(ordered), "open": rows(table[~known]), "basis": str(table["basis"].iloc[0])}


def _missions(table: pd.DataFrame, origin: str) -> dict[str, Any]:
    """One row for each mission: its name, deadline, the share of futures that reach it by year, and when it comes."""
    known = quarter_index(origin)

    def when(quarter: Any) -> str:
        if not _text(quarter):
            return "later"
        return "at the origin" if quarter_index(str(quarter)) <= known else str(quarter)

    years = sorted(int(year) for year in table["year"].unique())
    rows = []
    for _, group in table.groupby("mission", sort=False):
        first = group.iloc[0]
        shares = {int(year): float(share) for year, share in zip(group["year"], group["share_reached"], strict=True)}
        low, middle, high = (when(first[f"first_{name}"]) for name in ("lower", "median", "upper"))
        rows.append({
            "name": f"{first['label']} {first['label_zh']}".strip(),
            "deadline": str(first["deadline"]),
            "shares": [share_of_futures(shares[year]) if year in shares else "" for year in years],
            "first": middle,
            "between": f"{low} to {high}" if low != high else "",
        })  # fmt: skip
    return {"years": years, "rows": rows}


def _headline(context: ReportContext, target: str) -> tuple[str, str]:
    """The sentence of a target: from its last count, or from the level that the basis table names.

    Where that level is later and no count, the forecast starts from it, and the count stands before it.
    """
    counted = None
    if context.observed is not None:
        counted = last_count(of_place(context.observed, context.forecast), target)
    note, level = context.notes.get(target, ""), _level(context.basis, target)
    start, before = counted or level, None
    if counted and level and level.basis in NOT_COUNTED and parse(level.time).end >= parse(counted.time).end:
        start, before = level, counted
    return headline(context.forecast, start, target, context.labels, note, before)


def _level(basis: pd.DataFrame | None, target: str) -> Start | None:
    """The level of a target in the basis table."""
    for row in [] if basis is None else basis.to_dict("records"):
        if row["target"] == target and pd.notna(row["level"]):
            return Start(_text(row.get("time")), float(row["level"]), str(row["basis"]))
    return None


def _has(table: pd.DataFrame | None) -> TypeGuard[pd.DataFrame]:
    return table is not None and len(table) > 0


def inline(chart: Path) -> str:
    """A PNG as an address that holds all of it."""
    return "data:image/png;base64," + base64.b64encode(Path(chart).read_bytes()).decode("ascii")


def _years(context: ReportContext, targets: list[str]) -> dict[str, Any]:
    """Rows the times, columns the targets, cells the median and its 90 % interval."""
    low, high = interval(0.9)
    spreads = {target: by_time(context.forecast, target, (MEDIAN, low, high)) for target in targets}
    times = sorted({str(time) for spread in spreads.values() for time in spread.index})

    def cell(target: str, time: str) -> tuple[str, str]:
        spread, label = spreads[target], context.labels.of(target)
        if time not in spread.index:
            return "–", ""
        row = at(spread, time)
        return number(row[MEDIAN], label), f"{number(row[low], label)} to {number(row[high], label)}"

    return {
        "columns": [
            (
                context.labels.of(t).title,
                context.labels.of(t).chinese,
                context.labels.measured(t),
                context.notes.get(t, ""),
            )
            for t in targets
        ],
        "rows": [(time, [cell(target, time) for target in targets]) for time in times],
    }


def _hindcast(table: pd.DataFrame, labels: Labels) -> list[dict[str, Any]]:
    """One row for each method, target and time, as texts; the count and whether the interval held it."""
    rows: list[dict[str, Any]] = []
    scored = "wis" in table.columns
    for row in table.to_dict("records"):
        label = labels.of(str(row["target"]))
        rows.append({
            "target": labels.title(str(row["target"])),
            "time": str(row["time"]),
            "method": str(row["method"]),
            "truth": number(row["truth"], label),
            "median": number(row["median"], label),
            "interval": f"{number(row['low'], label)} to {number(row['high'], label)}",
            "held": "yes" if row["low"] <= row["truth"] <= row["high"] else "no",
            "error": percent(row["median"] / row["truth"] - 1) if row["truth"] else "–",
            "span": 0,  # rows that target, time and count stand beside; set on the first of them
            "wis": plain(row["wis"]) if scored and row["wis"] == row["wis"] else "",
        })  # fmt: skip
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for told in rows:
        groups.setdefault((told["target"], told["time"]), []).append(told)
    for group in groups.values():
        group[0]["span"] = len(group)
    return [told for group in groups.values() for told in group]


def _basis(table: pd.DataFrame, labels: Labels) -> list[dict[str, str]]:
    return [
        {
            "target": labels.title(str(row["target"])),
            "level": amount(float(row["level"]), labels.of(str(row["target"]))),
            "basis": str(row["basis"]),
            "time": _text(row.get("time")),
            "words": words,
            "source": source,
        }
        for row in table.to_dict("records")
        for words, source in [_apart(_text(row.get("source")))]
    ]


def _apart(text: str) -> tuple[str, str]:
    """'words [source; source]' as words and sources, each part of them once."""
    if not text.endswith("]") or " [" not in text:
        return text, ""
    words, _, source = text[:-1].partition(" [")
    return words, "; ".join(dict.fromkeys(source.split("; ")))


def _plain(table: pd.DataFrame | None) -> dict[str, Any] | None:
    """Any table as texts: columns with whether they hold numbers, and rows; None where there is nothing to show."""
    if table is None or not len(table):
        return None
    numeric = [pd.api.types.is_numeric_dtype(table[column]) for column in table.columns]
    names = [str(column).replace("_", " ") for column in table.columns]
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False, name=None)]
    return {"columns": list(zip(names, numeric, strict=True)), "rows": rows, "numeric": numeric}


def _text(value: Any) -> str:
    """A cell of any table; numbers with four significant digits, nothing for a missing one."""
    if value is None or (not isinstance(value, (str, Mapping, list, tuple)) and pd.isna(value)):
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−") if isinstance(value, float) else str(value)
