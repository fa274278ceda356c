"""An estimate carries its uncertainty and where it comes from; the ensemble draws from all of them alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.data.errors import UserError, nearest

KINDS = ("counts", "literature", "assumption")


class EstimateError(UserError, ValueError):
    """A table of coefficients that cannot be used."""


@dataclass(frozen=True)
class Estimate:
    """Coefficients of one rule: mean (k,), covariance (k, k), and for each the kind and text of its source.

    `least` and `most` (k,) truncate draws to where a coefficient makes sense.
    """

    behavior: type
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    least: NDArray[np.float64]
    most: NDArray[np.float64]

    def draw(self, generator: np.random.Generator) -> Any:
        """One draw of the behavior's coefficients, a NamedTuple."""
        root = np.linalg.cholesky(self.covariance + np.diag(np.full(self.mean.size, 1e-18)))
        values = np.clip(self.mean + root @ generator.standard_normal(self.mean.size), self.least, self.most)
        return self.behavior(*(float(value) for value in values))

    @property
    def center(self) -> Any:
        """The behavior at its mean coefficients."""
        return self.behavior(*(float(value) for value in self.mean))


def from_table(name: str, behavior: type, rows: dict[str, dict[str, Any]]) -> Estimate:
    """An estimate from configuration: {coefficient: {mean, sd, source, [least, most]}}, independent of each other.

    A source starts with 'counts:', 'literature:' or 'assumption:'. Raises EstimateError naming what is missing,
    unknown or impossible.
    """
    fields = behavior._fields  # type: ignore[attr-defined]
    for given in rows:
        if given not in fields:
            raise EstimateError(f"behaviors.{name}.{given}: no such coefficient; {nearest(given, fields)}")
    columns: dict[str, list[Any]] = {key: [] for key in ("mean", "sd", "kind", "source", "least", "most")}
    for field in fields:
        if field not in rows:
            raise EstimateError(f"behaviors.{name}: coefficient {field!r} is missing; give it mean, sd and source")
        _read(f"behaviors.{name}.{field}", rows[field], columns)
    return Estimate(
        behavior,
        np.array(columns["mean"]),
        np.diag(np.square(columns["sd"])),
        tuple(columns["kind"]),
        tuple(columns["source"]),
        np.array(columns["least"]),
        np.array(columns["most"]),
    )


def _read(where: str, given: Any, columns: dict[str, list[Any]]) -> None:
    if not isinstance(given, Mapping):
        raise EstimateError(f"{where}: {given!r} replaces its mean, sd and source; write {where}.mean={given}")
    row = dict(given)
    allowed = ("mean", "sd", "source", "least", "most")
    for key in row:
        if key not in allowed:
            raise EstimateError(f"{where}.{key}: unknown; {nearest(key, allowed)}")
    for key in ("mean", "sd", "source"):
        if key not in row:
            raise EstimateError(f"{where}: {key!r} is missing")
    for key in ("mean", "sd", "least", "most"):
        value = row.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise EstimateError(f"{where}.{key}: {value!r} is no finite number")
    if row["sd"] < 0:
        raise EstimateError(f"{where}.sd: {row['sd']} is negative")
    kind = str(row["source"]).split(":")[0]
    if kind not in KINDS:
        raise EstimateError(f"{where}.source: {row['source']!r} starts with none of {', '.join(KINDS)} and a colon")
    least, most = float(row.get("least", -np.inf)), float(row.get("most", np.inf))
    if not least <= row["mean"] <= most:
        raise EstimateError(f"{where}: mean {row['mean']} lies outside [{least}, {most}]")
    for key, value in (
        ("mean", float(row["mean"])),
        ("sd", float(row["sd"])),
        ("kind", kind),
        ("source", str(row["source"])),
        ("least", least),
        ("most", most),
    ):
        columns[key].append(value)
