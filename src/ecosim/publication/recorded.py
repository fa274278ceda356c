"""A run as it was recorded: its settings, its provenance and its tables, read from the folder of its files."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ecosim.data.errors import UserError
from ecosim.data.periods import origin_date

SUM = "regions"  # the study whose forecast is of several places together
UPDATE = "update"  # the study that moves the forecast of another run
FORECASTS = ("forecast", "decompose", SUM, UPDATE)  # studies whose runs hold a forecast
MOVED = "updated_run.yaml"  # in the folder of an update: settings of the forecast as it is now
UNTIL = "updated_to"  # of these, the last year whose counts moved it
TEXTS = ("scenario", "location", "origin", "time", "target", "baseline", "unit", "as_of", "source", "frequency")


class RecordError(UserError, ValueError):
    """A run whose record lacks something, cannot be read or is of another kind."""


@dataclass(frozen=True)
class Tables:
    """The tables of a recorded forecast, by the names of a fresh one's; None where a table was not recorded."""

    forecast: pd.DataFrame
    baseline_forecast: pd.DataFrame
    effect: pd.DataFrame
    observed: pd.DataFrame
    later: pd.DataFrame
    scores: pd.DataFrame | None
    references: pd.DataFrame | None
    basis: pd.DataFrame
    coefficients: pd.DataFrame | None
    diagnostics: pd.DataFrame | None
    placebos: pd.DataFrame | None
    identification: pd.DataFrame | None
    policy_table: pd.DataFrame | None
    ledger: pd.DataFrame | None
    costs: pd.DataFrame | None
    missions: pd.DataFrame | None
    take_up: pd.DataFrame | None
    decomposition: pd.DataFrame | None
    hindcast: pd.DataFrame | None
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Recorded:
    """One run. folder: where its files stand; run: MLflow's id, or the name of the folder where it has none."""

    folder: Path
    run: str

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The settings in full (config.yaml); of an update those of the forecast that it moved. Raises RecordError."""
        name = MOVED if self.has(MOVED) else "config.yaml"
        try:
            tree = yaml.safe_load(self._text(name))
        except yaml.YAMLError as error:
            raise RecordError(f"{self.folder / name}: cannot be read ({error})") from None
        if not isinstance(tree, dict):
            raise RecordError(f"{self.folder / name}: holds no settings; name another run")
        return tree

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Command, hashes, versions, machine and time (provenance.json). Raises RecordError."""
        try:
            return dict(json.loads(self._text("provenance.json")))
        except ValueError as error:
            raise RecordError(f"{self.folder / 'provenance.json'}: cannot be read ({error})") from None

    @property
    def study(self) -> str:
        """Name of the study that made the run."""
        return UPDATE if self.has(MOVED) else self._first_study

    @property
    def _first_study(self) -> str:
        """The same, of an update that of the forecast that it moved."""
        study = self.settings.get("study")
        return str(study.get("name", "")) if isinstance(study, dict) else ""

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.settings.get("scenario", ""))

    @property
    def title(self) -> str:
        """What the scenario assumes, in a few words."""
        words, until = str(self.settings.get("title") or self.scenario.replace("_", " ")), self.settings.get(UNTIL)
        return words if until is None else f"{words}, updated by counts to {until}"

    @property
    def from_posterior(self) -> bool:
        """Whether members drew parameters from the posterior of a calibration."""
        return bool(self.settings.get("posterior"))

    @property
    def updated(self) -> bool:
        """Whether counts after the origin moved the members."""
        return self.settings.get(UNTIL) is not None

    @property
    def place(self) -> str:
        """Name of the place that was forecast, or of the sum of several."""
        return str(self._names[0] or "")

    @property
    def place_local(self) -> str:
        """The same in its own language, empty where it has none."""
        return str(self._names[1] or "")

    @property
    def _names(self) -> tuple[Any, Any]:
        study, region = self.settings.get("study") or {}, self.settings["region"]
        if self._first_study == SUM:
            return study.get("called"), study.get("called_zh")
        return region.get("name"), region.get("name_zh")

    @property
    def origin(self) -> str:
        """The last month that was known, '2016-12'."""
        return str(self.settings["origin"])

    @property
    def origin_date(self) -> str:
        """The last day that was known, '2016-12-31'."""
        return origin_date(self.origin).isoformat()

    @property
    def made(self) -> str:
        """The day on which the run was made, '2026-11-25'."""
        return str(self.provenance["made"])[:10]

    @property
    def short(self) -> str:
        """The first eight characters of the run's id, or the whole name of its folder."""
        return self.run[:8] if len(self.run) == 32 else self.run

    def require_forecast(self, what: str) -> "Recorded":
        """The run itself where it holds a forecast. what: the study that wants it. Raises RecordError."""
        if self.study not in FORECASTS:
            raise RecordError(
                f"run {self.run} is of study={self.study or 'unknown'}; study={what} takes runs of "
                f"{' or '.join(f'study={name}' for name in FORECASTS)}"
            )
        if self.study == UPDATE and not self.has(MOVED):
            raise RecordError(
                f"run {self.run} is an update by ecosim {self.provenance.get('ecosim')}, which recorded no {MOVED}; "
                "make the update again"
            )
        if not (self.folder / "forecast.csv").is_file():
            raise RecordError(f"run {self.run} has no forecast.csv in {self.folder}; it did not finish, name another")
        return self

    def has(self, name: str) -> bool:
        """Whether a file of the name was recorded."""
        return (self.folder / name).is_file()

    def table(self, name: str) -> pd.DataFrame:
        """The table in <name>.csv, texts as texts. Raises RecordError where it was not recorded."""
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            raise RecordError(f"run {self.run} recorded no {name}.csv (looked in {self.folder})")
        head = pd.read_csv(path, nrows=0).columns
        kinds: dict[str, Any] = {column: str for column in TEXTS if column in head}
        table = pd.read_csv(path, dtype=kinds, keep_default_na=True)
        texts = [column for column in kinds if column in table]
        return table.assign(**{column: table[column].fillna("") for column in texts})

    def table_or_none(self, name: str) -> pd.DataFrame | None:
        """The same; None where it was not recorded or has no row."""
        table = self.table(name) if self.has(f"{name}.csv") else None
        return table if table is not None and len(table) else None

    def tables(self) -> Tables:
        """What a page about the run shows. Raises RecordError where a table is missing that every run has."""
        later = self.table_or_none("later")
        observed = self.table("observed")
        optional = ("coefficients", "diagnostics", "placebos", "identification", "ledger", "costs", "missions",
                    "take_up", "decomposition", "hindcast", "scores", "references")  # fmt: skip
        return Tables(
            forecast=self.table("forecast"),
            baseline_forecast=self.table("baseline_forecast"),
            effect=self.table("effect"),
            observed=observed,
            later=observed.iloc[:0] if later is None else later,
            basis=self.table("basis"),
            policy_table=self.table_or_none("policies"),
            statements=tuple(self.statements()),
            **{name: self.table_or_none(name) for name in optional},
        )

    def members(self) -> pd.DataFrame:
        """Every member of scenario and baseline, by year: scenario, location, origin, time, target, member, value."""
        path = self.folder / "members.parquet"
        if not path.is_file():
            raise RecordError(f"run {self.run} recorded no members.parquet (looked in {self.folder})")
        table = pd.read_parquet(path)
        return table[table["frequency"] == "year"].drop(columns="frequency").reset_index(drop=True)

    def statements(self) -> list[str]:
        """The sentences that every reader should see, the most important first."""
        return self._text("statements.txt").splitlines() if self.has("statements.txt") else []

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RecordError(f"{self.folder}: lacks {name}, so it is no folder of a run") from None
