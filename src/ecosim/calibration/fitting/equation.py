"""An equation as plain data: what a user writes in Python or in a YAML file."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from itertools import pairwise
from typing import Any, NamedTuple

from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.terms import Term, columns, looks_along_time, parse
from ecosim.data.errors import nearest


class Family(NamedTuple):
    """What a family of equations takes. effects: how fixed effects enter, '' where they cannot."""

    words: str
    outcome: str  # count, share, number, rank, sales or series
    effects: str = "dummies"
    offset: bool = False
    needs_terms: bool = True


FAMILIES: dict[str, Family] = {
    "poisson": Family("Poisson", "count", offset=True),
    "conditional_poisson": Family("Poisson given each group's total", "count", "conditioned", offset=True),
    "nb2": Family("NB2", "count", offset=True),
    "zero_inflated_poisson": Family("zero-inflated Poisson", "count", offset=True),
    "zero_inflated_nb2": Family("zero-inflated NB2", "count", offset=True),
    "hazard": Family("binomial, complementary log-log", "share", offset=True),
    "ordered_logit": Family("ordered logit", "rank"),
    "linear": Family("least squares", "number", "within"),
    "bass": Family("Bass diffusion, nonlinear least squares", "sales", "", needs_terms=False),
    "autoregression": Family("AR(1) of the common factor", "series", "", needs_terms=False),
    "unobserved_components": Family("local linear trend of the common factor", "series", "", needs_terms=False),
}
ERRORS = ("robust", "classical")
SMALL_SAMPLE = {
    "clusters_and_terms": "G/(G-1) (n-1)/(n-k)",  # statsmodels, R's vcovCL for lm, Stata's regress
    "clusters": "G/(G-1)",  # R's vcovCL for glm, Stata's poisson
    "none": "1",
}


@dataclass(frozen=True)
class Equation:
    """One equation: outcome, terms and how they are fitted. Texts are in the language of `terms`.

    terms: those with slopes. offset enters with coefficient 1, as does the log of exposure. trials: firms at risk, for
    a hazard whose outcome counts events. zero_terms: terms, besides a constant, of the extra zeros of a zero-inflated
    family. policies: those of the terms that a government sets; each gets a lead placebo. unit, time: columns along
    which lags look. clusters: column within which errors go together; without it every row stands alone. level: of the
    intervals.
    Raises EquationError where the parts do not fit together.
    """

    name: str
    outcome: str
    terms: tuple[str, ...] = ()
    family: str = "poisson"
    fixed_effects: tuple[str, ...] = ()
    clusters: str = ""
    offset: str = ""
    exposure: str = ""
    trials: str = ""
    zero_terms: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    unit: str = "location"
    time: str = "year"
    errors: str = "robust"
    small_sample: str = "clusters_and_terms"
    level: float = 0.90
    source: str = ""
    parsed: dict[str, Term] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        """Read every text and check that the parts fit together."""
        try:
            self._check()
            texts = (
                self.outcome,
                *self.terms,
                *self.zero_terms,
                *filter(None, (self.offset, self.exposure, self.trials)),
            )
            object.__setattr__(self, "parsed", {text: parse(text) for text in texts})
        except EquationError as error:
            raise EquationError(f"equation {self.name}: {error}") from None

    @property
    def form(self) -> Family:
        """What the family takes."""
        return FAMILIES[self.family]

    @property
    def along_time(self) -> bool:
        """Whether units and times are needed."""
        return any(looks_along_time(term) for term in self.parsed.values())

    def columns(self) -> set[str]:
        """Every column that the equation needs, but for unit and time."""
        needed = {name for term in self.parsed.values() for name in columns(term)}
        return needed | {*self.fixed_effects} | ({self.clusters} - {""})

    def _check(self) -> None:
        if self.family not in FAMILIES:
            raise EquationError(f"no family {self.family!r}; {nearest(self.family, FAMILIES)}")
        if not self.outcome:
            raise EquationError("outcome is empty; name a column")
        form = self.form
        _choice("errors", self.errors, ERRORS)
        _choice("small_sample", self.small_sample, SMALL_SAMPLE)
        if not 0.5 <= self.level < 1.0:
            raise EquationError(f"level={self.level:g} is no share from 0.5 to 1; 0.90 gives 90 % intervals")
        if form.needs_terms and not self.terms:
            raise EquationError(f"family {self.family} has no terms; give at least one")
        for name, given, wanted in (
            ("terms", self.terms, form.needs_terms),
            ("offset", self.offset, form.offset),
            ("exposure", self.exposure, form.offset),
            ("fixed_effects", self.fixed_effects, bool(form.effects)),
            ("trials", self.trials, self.family == "hazard"),
            ("zero_terms", self.zero_terms, self.family.startswith("zero_inflated")),
        ):
            if given and not wanted:
                raise EquationError(f"family {self.family} takes no {name}; leave it out")
        if self.family == "conditional_poisson" and not self.fixed_effects:
            raise EquationError("family conditional_poisson needs fixed_effects: the first is conditioned on")
        if self.errors == "classical" and self.clusters:
            raise EquationError("classical errors have no clusters; leave out one of errors and clusters")
        if strangers := [text for text in self.policies if text not in self.terms]:
            raise EquationError(f"policies holds {strangers[0]!r}, no term; {nearest(strangers[0], self.terms)}")
        for twice in ("terms", "policies", "fixed_effects", "zero_terms"):
            values = getattr(self, twice)
            if len(set(values)) < len(values):
                raise EquationError(f"{twice} holds one text twice: {', '.join(values)}")


def _choice(name: str, value: str, valid: Any) -> None:
    if value not in valid:
        raise EquationError(f"{name}={value!r}; {nearest(value, valid)}")


def from_table(name: str, rows: Mapping[Any, Any]) -> Equation:
    """An equation out of a YAML file, as a table. Raises EquationError with the nearest valid key."""
    kinds = {part.name: part for part in fields(Equation) if part.init and part.name != "name"}
    values: dict[str, Any] = {}
    for key, value in rows.items():
        if key not in kinds:
            raise EquationError(f"equation {name}: no key {key!r}; {nearest(str(key), kinds)}")
        part = kinds[key]
        several = isinstance(part.default, tuple)
        if key == "level":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise EquationError(f"equation {name}: level={value!r} is no number; 0.90 gives 90 % intervals")
            values[key] = float(value)
        elif several and isinstance(value, list):
            values[key] = tuple(_text(name, key, item) for item in value)
            _check_whole(name, key, values[key])
        elif several:
            values[key] = () if value is None else (_text(name, key, value),)
        else:
            values[key] = "" if value is None else _text(name, key, value)
    if missing := [part.name for part in kinds.values() if part.default is MISSING and part.name not in values]:
        raise EquationError(f"equation {name}: {missing[0]} is missing; give it")
    return Equation(name, **values)


def _check_whole(name: str, key: str, texts: tuple[str, ...]) -> None:
    """Raises EquationError for a term that YAML cut in two: [is(kind, private)] is read as 'is(kind' and 'private)'."""
    for first, second in pairwise(texts):
        if _open(first) > 0 > _open(second):
            raise EquationError(
                f"equation {name}: {key}: YAML splits a list in brackets at commas, here into {first!r} and "
                f'{second!r}; quote the term, "{first}, {second}", or write one term a line'
            )


def _open(text: str) -> int:
    """Brackets that are opened and not closed, outside of columns in backquotes; below 0 where more are closed."""
    bare = re.sub("`[^`]*`", "", text)
    return bare.count("(") - bare.count(")")


def _text(name: str, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise EquationError(f"equation {name}: {key}: YAML reads {value!r}, not text; quote it")
    return value.strip()
