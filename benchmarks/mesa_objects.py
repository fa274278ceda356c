"""The reference model as Mesa's tutorial writes models: one agent an object, shuffle_do, groupby, DataCollector."""

import math
from collections.abc import Callable
from typing import Any

import mesa

from benchmarks import spec


class Firm(mesa.Agent):
    """One firm."""

    def __init__(self, model: "Model", cell: int, age: int, size: float, skill: float, knowledge: float,
                 ambition: float, performs: bool) -> None:  # fmt: skip
        super().__init__(model)
        self.cell, self.age, self.size, self.skill = cell, age, size, skill
        self.knowledge, self.ambition, self.performs = knowledge, ambition, performs
        self.certified, self.patents, self.filed, self.research, self.sales = False, 0, 0, 0.0, 0.0

    def step(self) -> None:
        if self.closes():
            self.model.deaths += 1
            self.remove()
            return
        self.produce()
        self.innovate()
        self.apply()
        self.grow()
        self.found()

    def closes(self) -> bool:
        hazard = spec.EXIT + spec.EXIT_AGE * math.log1p(self.age / 4.0) + spec.EXIT_SIZE * (self.size - 2.3)
        return self.random.random() < 1.0 - math.exp(-math.exp(hazard))

    def produce(self) -> None:
        self.age += 1
        self.skill += spec.TREND + spec.SHOCK * self.model.normal()
        self.sales = math.exp(self.size + self.skill)
        self.research = 0.25 * self.ratio() * self.sales
        self.knowledge = (1.0 - spec.WEAR) * self.knowledge + self.research

    def ratio(self) -> float:
        if not self.performs:
            return 0.0
        price = self.model.log_price[self.certified]
        return math.exp(spec.INTENSITY + spec.AMBITION * self.ambition + spec.PRICE * price)

    def innovate(self) -> None:
        self.filed = 0
        if self.performs:
            near = self.model.spillover.get(self.cell, 0.0)
            log_rate = spec.PATENTS + spec.KNOWLEDGE * math.log(max(self.knowledge, 1e-3)) + spec.SPILLOVER * near
            rate = math.exp(log_rate)
            self.filed = int(math.log(1.0 - self.random.random()) / math.log(rate / (1.0 + rate)))
            self.patents += self.filed

    def apply(self) -> None:
        if self.certified:
            self.certified = self.random.random() >= spec.LAPSE
        elif self.performs and self.patents >= 1:
            value = spec.CERTIFY + spec.RATIO * math.log(max(self.ratio(), 0.003) / 0.03)
            value += spec.PATENTED * math.log1p(self.patents)
            self.certified = self.random.random() < 1.0 - math.exp(-math.exp(value))

    def grow(self) -> None:
        u = self.random.random()
        laplace = math.copysign(-math.log(1.0 - abs(2.0 * u - 1.0)), u - 0.5)
        scale = 0.5 * spec.SPREAD * math.exp(-spec.SLOPE * (self.size - 3.0))
        self.size = max(self.size + spec.MEAN + scale * laplace, 0.0)
        if self.random.random() < (spec.STOP if self.performs else spec.START):
            self.performs = not self.performs

    def found(self) -> None:
        for _ in range(self.model.poisson(spec.SPAWN)):
            self.model.found(self.cell)


def total(name: str, change: Callable[[float], float] = float) -> Callable[[Any], float]:
    """A reporter: the sum of an attribute over all firms."""
    return lambda model: sum(change(value) for value in model.agents.get(name))


class Model(mesa.Model):
    """A population of firms."""

    def __init__(self, firms: int, seed: int) -> None:
        super().__init__(rng=seed)
        start = spec.begin(firms, seed)
        for row in zip(*(column.tolist() for column in start), strict=True):
            Firm(self, *row[:6], performs=bool(row[6]))
        self.quarter, self.births, self.deaths = 0, 0, 0
        self.datacollector = mesa.DataCollector({
            "firms": lambda model: len(model.agents), "employment": total("size", math.exp), "sales": total("sales"),
            "research": total("research"), "knowledge": total("knowledge"), "performers": total("performs"),
            "patents": total("filed"), "certified": total("certified"), "births": "births", "deaths": "deaths",
        })  # fmt: skip

    def normal(self) -> float:
        u = self.random.random()
        return spec.LOGISTIC * math.log(u / (1.0 - u))

    def poisson(self, mean: float) -> int:
        count, term, u = 0, math.exp(-mean), self.random.random()
        while u > term:
            u -= term
            count += 1
            term *= mean / count
        return count

    def found(self, cell: int) -> None:
        self.births += 1
        size = max(spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * self.normal(), 0.0)
        skill = spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * self.normal()
        Firm(self, cell, 0, size, skill, 0.0, self.normal(), self.random.random() < spec.NEWBORN_PERFORMS)

    def step(self) -> None:
        self.births = self.deaths = 0
        self.log_price = dict(zip((False, True), spec.log_user_cost(self.quarter), strict=True))
        cells = self.agents.groupby("cell").agg("knowledge", sum)
        self.spillover = {cell: math.log1p(total / 1000.0) for cell, total in cells.items()}
        self.agents.shuffle_do("step")
        self.datacollector.collect(self)
        self.quarter += 1

    @property
    def history(self) -> list[list[float]]:
        table = self.datacollector.model_vars
        return [list(map(float, row)) for row in zip(*(table[name] for name in spec.SERIES), strict=True)]
