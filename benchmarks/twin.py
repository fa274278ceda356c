"""The object twin: the reference model as readable Mesa agents that meet the luck the compiled kernel meets.

The executable specification of `ecosim_engine`: one agent a firm, one method an event, libm in place of own exp
and log. The draws are the kernel's, by name, so both must have the same firms: a test holds them to it.
"""

import math

import mesa
import numpy as np

from benchmarks import ecosim_engine, spec
from ecosim.model.luck import four_uniforms, uniforms


class Firm(mesa.Agent):
    """One firm, by the names of the kernel's columns."""

    def __init__(self, model: "Model", uid: int, cell: int) -> None:
        super().__init__(model)
        self.uid, self.cell, self.age, self.patents = uid, cell, 0, 0
        self.performs = self.certified = False
        self.log_employees = self.log_productivity = self.knowledge = self.ambition = 0.0

    def luck(self, stream: np.uint64) -> tuple[float, float]:
        """Two numbers in (0, 1) that belong to this firm, this quarter and a stream."""
        return uniforms(*self.model.key, np.uint64(self.uid), np.uint64(self.model.quarter), stream)

    def begin(self) -> None:
        """A founder's firm."""
        (u, v), (w, x) = self.luck(ecosim_engine.NEWBORN), self.luck(ecosim_engine.LATER)
        self.log_employees = max(spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * normal(u), 0.0)
        self.log_productivity = spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * normal(v)
        self.ambition = normal(w)
        self.performs = x < spec.NEWBORN_PERFORMS

    def step(self) -> None:
        """A quarter in the order of the specification."""
        key = self.model.key
        name = (np.uint64(self.uid), np.uint64(self.model.quarter), ecosim_engine.EVENTS)
        closing, research, ladder, founders = four_uniforms(*key, *name)
        shock, move = self.luck(ecosim_engine.SHOCKS)
        if self.closes(closing):
            self.model.deaths += 1
            self.remove()
            return
        self.produce(shock)
        self.innovate(self.luck(ecosim_engine.FILING)[0])
        self.climb(ladder)
        self.grow(move)
        self.decide(research)
        self.found(founders)

    def closes(self, u: float) -> bool:
        """1: complementary log-log hazard."""
        x = spec.EXIT + spec.EXIT_AGE * math.log(1.0 + self.age / 4.0) + spec.EXIT_SIZE * (self.log_employees - 2.3)
        return u < 1.0 - math.exp(-math.exp(x))

    def produce(self, u: float) -> None:
        """2, 3, 4: sales per worker, R&D under the policy's price, its capital."""
        self.age += 1
        self.log_productivity += spec.TREND + spec.SHOCK * normal(u)
        price = self.model.prices[self.certified]
        ratio = math.exp(spec.INTENSITY + spec.AMBITION * self.ambition + spec.PRICE * price)
        self.ratio = ratio if self.performs else 0.0
        sales = math.exp(self.log_employees + self.log_productivity)
        self.knowledge = (1.0 - spec.WEAR) * self.knowledge + 0.25 * self.ratio * sales

    def innovate(self, u: float) -> None:
        """5: a geometric number of patents, by inversion."""
        self.filed = 0
        if self.performs:
            near = math.log(1.0 + self.model.capital.get(self.cell, 0.0) / 1000.0)
            own = spec.KNOWLEDGE * math.log(max(self.knowledge, 1e-3))
            rate = math.exp(spec.PATENTS + spec.SPILLOVER * near + own)
            self.filed = int(math.log(u) / math.log(rate / (1.0 + rate)))
        self.patents += self.filed

    def climb(self, u: float) -> None:
        """6: the certificate."""
        if self.certified:
            self.certified = u >= spec.LAPSE
        elif self.performs and self.patents >= 1:
            x = spec.CERTIFY + spec.RATIO * math.log(max(self.ratio, 0.003) / 0.03)
            x += spec.PATENTED * math.log(1.0 + self.patents)
            self.certified = u < 1.0 - math.exp(-math.exp(x))

    def grow(self, u: float) -> None:
        """7: a Laplace step, smaller for large firms."""
        laplace = math.copysign(-math.log(1.0 - abs(2.0 * u - 1.0)), u - 0.5)
        scale = 0.5 * spec.SPREAD * math.exp(-spec.SLOPE * (self.log_employees - 3.0))
        self.log_employees = max(self.log_employees + spec.MEAN + scale * laplace, 0.0)

    def decide(self, u: float) -> None:
        """8: R&D begins or ends."""
        if u < (spec.STOP if self.performs else spec.START):
            self.performs = not self.performs

    def found(self, u: float) -> None:
        """9: a Poisson number of founders, by inversion."""
        term, number = math.exp(-spec.SPAWN), 0
        while u > term:
            u -= term
            self.model.founders.append((self, number))
            number += 1
            term *= spec.SPAWN / number


class Model(mesa.Model):
    """A population of firms; firms are numbered as the kernel numbers them."""

    def __init__(self, firms: int, seed: int) -> None:
        super().__init__(rng=seed)
        self.key = (np.uint64(seed), np.uint64(0))
        self.quarter, self.deaths = 0, 0
        self.founders: list[tuple[Firm, int]] = []
        start = spec.begin(firms, seed)
        for number, row in enumerate(zip(*(column.tolist() for column in start), strict=True)):
            firm = Firm(self, number + (1 << 62), row[0])
            firm.age, firm.log_employees, firm.log_productivity, firm.knowledge, firm.ambition = row[1:6]
            firm.performs = bool(row[6])
        self.capital = self.add_up()

    def add_up(self) -> dict[int, float]:
        """R&D capital by cell."""
        capital: dict[int, float] = {}
        for firm in self.agents:
            capital[firm.cell] = capital.get(firm.cell, 0.0) + firm.knowledge
        return capital

    def step(self) -> None:
        """Every firm in turn, in any order; founders' firms come last and meet their first quarter next time."""
        self.deaths, self.founders, self.prices = 0, [], spec.log_user_cost(self.quarter)
        self.agents.shuffle_do("step")
        self.capital = self.add_up()
        for parent, number in self.founders:
            uid = ecosim_engine.child_uid(np.uint64(parent.uid), np.uint64(self.quarter), np.uint64(number))
            Firm(self, int(uid), parent.cell).begin()
        self.quarter += 1


def normal(u: float) -> float:
    """A logistic of unit variance."""
    return spec.LOGISTIC * math.log(u / (1.0 - u))
