"""The register of stylised facts: what each says, the band in which the model should lie, and where it is from."""

import csv
from pathlib import Path
from typing import NamedTuple

INFINITY = float("inf")
VALIDATION, CALIBRATION, REPORTED = "validation", "calibration check", "reported"


class Fact(NamedTuple):
    """One measure of a stylised fact; a fact fails where one of its measures does.

    kind: `calibration check` where a coefficient was set with the fact in view or is the fact itself, `validation`
    where nothing was, `reported` where a value is told without a target. basis: what the model has from the fact.
    """

    fact: str  # M1 to M16
    measure: str  # key of the measured value
    name: str
    lower: float
    upper: float
    kind: str
    basis: str
    source: str
    why: str  # the reason found, said where it fails

    @property
    def target(self) -> str:
        """The band in words."""
        low, high = f"{self.lower:.3g}", f"{self.upper:.3g}"
        if self.kind == REPORTED:
            return ""
        if self.upper == INFINITY:
            return f"above {low}"
        return f"below {high}" if self.lower == -INFINITY else f"{low} to {high}"


def read() -> tuple[Fact, ...]:
    """The rows of register.csv; an empty edge of a band is none."""
    with Path(__file__).with_name("register.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Fact(
                **{key: text for key, text in row.items() if key not in ("lower", "upper")},
                lower=float(row["lower"] or -INFINITY),
                upper=float(row["upper"] or INFINITY),
            )
            for row in csv.DictReader(file)
        )


FACTS = read()
