"""The reference model in Mesa, tuned by hand: slots, one loop, sums taken on the way, no shuffle, no collector."""

from collections.abc import Collection
from math import copysign, exp, log, log1p
from typing import cast

import mesa

from benchmarks import spec

EXIT_SHIFT = spec.EXIT - 2.3 * spec.EXIT_SIZE
NO_CHILD = exp(-spec.SPAWN)


class Firm(mesa.Agent):
    """One firm; its quarter is `Model.step`."""

    __slots__ = (
        "age", "ambition", "cell", "certified", "knowledge", "level", "patents", "performs", "size", "skill",
    )  # fmt: skip

    def __init__(self, model: "Model", cell: int, age: int, size: float, skill: float, knowledge: float,
                 ambition: float, performs: bool) -> None:  # fmt: skip
        super().__init__(model)
        self.cell, self.age, self.size, self.skill = cell, age, size, skill
        self.knowledge, self.ambition, self.performs = knowledge, ambition, performs
        self.level = spec.INTENSITY + spec.AMBITION * ambition
        self.certified, self.patents = False, 0


class Model(mesa.Model):
    """A population of firms."""

    def __init__(self, firms: int, seed: int) -> None:
        super().__init__(rng=seed)
        start = spec.begin(firms, seed)
        for row in zip(*(column.tolist() for column in start), strict=True):
            Firm(self, *row[:6], performs=bool(row[6]))
        self.quarter = 0
        self.history: list[list[float]] = []
        self.cell_knowledge = [0.0] * spec.CELLS
        for firm in self.agents:
            self.cell_knowledge[firm.cell] += firm.knowledge

    @property
    def firms(self) -> Collection[Firm]:
        """Mesa's hard references to the agents: a dictionary of its own up to 3.3, the set of agents later."""
        return cast("Collection[Firm]", getattr(self, "_agents", self.agents))

    def step(self) -> None:
        random = self.random.random
        without, with_certificate = (spec.PRICE * value for value in spec.log_user_cost(self.quarter))
        near = [spec.PATENTS + spec.SPILLOVER * log1p(value / 1000.0) for value in self.cell_knowledge]
        cells = [0.0] * spec.CELLS
        employment = sales = research = knowledge = 0.0
        performers = patents = certified = births = deaths = 0
        for firm in list(self.firms):
            size, age = firm.size, firm.age
            hazard = EXIT_SHIFT + spec.EXIT_AGE * log1p(0.25 * age) + spec.EXIT_SIZE * size
            draw = random()
            if draw < 0.2 and draw < 1.0 - exp(-exp(hazard)):
                firm.remove()
                deaths += 1
                continue
            firm.age = age + 1
            u = random()
            firm.skill = skill = firm.skill + spec.TREND + spec.SHOCK * spec.LOGISTIC * log(u / (1.0 - u))
            turnover = exp(size + skill)
            capital = (1.0 - spec.WEAR) * firm.knowledge
            ratio = 0.0
            if firm.performs:
                ratio = exp(firm.level + (with_certificate if firm.certified else without))
                spent = 0.25 * ratio * turnover
                capital += spent
                research += spent
                rate = exp(near[firm.cell] + spec.KNOWLEDGE * log(capital if capital > 1e-3 else 1e-3))
                filed = int(log(1.0 - random()) / log(rate / (1.0 + rate)))
                patents += filed
                firm.patents += filed
            firm.knowledge = capital
            if firm.certified:
                firm.certified = random() >= spec.LAPSE
            elif ratio > 0.0 and firm.patents:
                value = spec.CERTIFY + spec.RATIO * log((ratio if ratio > 0.003 else 0.003) / 0.03)
                value += spec.PATENTED * log1p(firm.patents)
                firm.certified = random() < 1.0 - exp(-exp(value))
            u = random()
            move = copysign(-log(1.0 - abs(2.0 * u - 1.0)), u - 0.5) * 0.5 * spec.SPREAD
            size += spec.MEAN + move * exp(-spec.SLOPE * (size - 3.0))
            firm.size = size = size if size > 0.0 else 0.0
            if random() < (spec.STOP if firm.performs else spec.START):
                firm.performs = not firm.performs
            employment += exp(size)
            sales += turnover
            knowledge += capital
            cells[firm.cell] += capital
            performers += firm.performs
            certified += firm.certified
            draw = random()
            if draw > NO_CHILD:
                term = NO_CHILD
                count = 0
                while draw > term:
                    draw -= term
                    count += 1
                    term *= spec.SPAWN / count
                    self.found(firm.cell)
                births += count
        firms = len(self.firms)
        self.cell_knowledge = cells
        self.history.append(
            [firms, employment, sales, research, knowledge, performers, patents, certified, births, deaths]
        )
        self.quarter += 1

    def found(self, cell: int) -> None:
        random = self.random.random
        first, second, third = random(), random(), random()
        size = spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * spec.LOGISTIC * log(first / (1.0 - first))
        skill = spec.LOGISTIC * log(second / (1.0 - second))
        skill = spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * skill
        ambition = spec.LOGISTIC * log(third / (1.0 - third))
        Firm(self, cell, 0, size if size > 0.0 else 0.0, skill, 0.0, ambition, random() < spec.NEWBORN_PERFORMS)
