"""The reference model in Starsim, tuned by hand: its arrays are taken out once a quarter, NumPy does the rest.

Laws are inverted by hand from plain uniforms with common random numbers, not drawn from named distributions.
Starsim 3 (https://starsim.org), the `bench` extra.
"""

from typing import Any

import numpy as np
import starsim as ss

from benchmarks import spec


class Firms(ss.Demographics):
    """All rules of a quarter in one module; firms are Starsim's people."""

    def __init__(self, start: spec.Start, **options: Any) -> None:
        super().__init__(**options)
        numbers = ("cell", "quarters", "size", "skill", "knowledge", "ambition", "patents")
        self.define_states(
            *(ss.FloatArr(name, default=0.0) for name in numbers),
            *(ss.BoolState(name, default=False) for name in ("performs", "certified")),
        )
        self.start = start
        events = ("closing", "shock", "filing", "ladder", "growth", "research")
        traits = ("size", "skill", "ambition", "performs")
        self.luck = {name: ss.random(name=name) for name in (*events, *traits)}
        self.luck["founding"] = ss.poisson(lam=spec.SPAWN, name="founding")
        for name, dist in self.luck.items():
            setattr(self, f"luck_{name}", dist)
        self.history: list[list[float]] = []

    def init_post(self) -> None:
        super().init_post()
        names = ("cell", "quarters", "size", "skill", "knowledge", "ambition", "performs")
        for name, values in zip(names, self.start, strict=True):
            getattr(self, name)[self.sim.people.auids] = values

    def step(self) -> None:
        uids = self.sim.people.auids
        values = {
            name: np.asarray(getattr(self, name)[uids]) for name in ("cell", "quarters", "size", "skill", "knowledge")
        }
        cell, age, size, skill, knowledge = values.values()
        cell = cell.astype(np.int64)
        performs, certified = np.asarray(self.performs[uids]), np.asarray(self.certified[uids])
        patents, ambition = np.asarray(self.patents[uids]), np.asarray(self.ambition[uids])
        near = np.log1p(np.bincount(cell, knowledge, spec.CELLS) / 1000.0)[cell]
        hazard = spec.EXIT + spec.EXIT_AGE * np.log1p(age / 4.0) + spec.EXIT_SIZE * (size - 2.3)
        closes = self.luck["closing"].rvs(uids) < 1.0 - np.exp(-np.exp(hazard))
        u = self.luck["shock"].rvs(uids)
        skill = skill + spec.TREND + spec.SHOCK * spec.LOGISTIC * np.log(u / (1.0 - u))
        price = np.where(certified, *reversed(spec.log_user_cost(self.ti)))
        ratio = np.exp(spec.INTENSITY + spec.AMBITION * ambition + spec.PRICE * price) * performs
        sales = np.exp(size + skill)
        research = 0.25 * ratio * sales
        knowledge = (1.0 - spec.WEAR) * knowledge + research
        rate = np.exp(spec.PATENTS + spec.KNOWLEDGE * np.log(np.maximum(knowledge, 1e-3)) + spec.SPILLOVER * near)
        rate = rate * performs
        filed = np.floor(np.log(self.luck["filing"].rvs(uids)) / np.log((rate + 1e-300) / (1.0 + rate)))
        patents = patents + filed
        value = spec.CERTIFY + spec.RATIO * np.log(np.maximum(ratio, 0.003) / 0.03) + spec.PATENTED * np.log1p(patents)
        chance = np.where(performs & (patents >= 1), 1.0 - np.exp(-np.exp(value)), 0.0)
        certified = certified ^ (self.luck["ladder"].rvs(uids) < np.where(certified, spec.LAPSE, chance))
        u = self.luck["growth"].rvs(uids)
        laplace = np.sign(u - 0.5) * -np.log(1.0 - np.abs(2.0 * u - 1.0))
        size = size + spec.MEAN + 0.5 * spec.SPREAD * np.exp(-spec.SLOPE * (size - 3.0)) * laplace
        size = np.maximum(size, 0.0)
        performs = performs ^ (self.luck["research"].rvs(uids) < np.where(performs, spec.STOP, spec.START))
        for name, column in (("quarters", age + 1), ("size", size), ("skill", skill), ("knowledge", knowledge),
                             ("patents", patents), ("performs", performs), ("certified", certified)):  # fmt: skip
            getattr(self, name)[uids] = column
        self.sim.people.request_death(uids[closes])
        stays = ~closes
        born = self.found(ss.uids(np.repeat(uids, self.luck["founding"].rvs(uids) * stays)))
        sums = [int(stays.sum()) + born, np.exp(size)[stays].sum(), sales[stays].sum(), research[stays].sum()]
        sums += [knowledge[stays].sum(), performs[stays].sum(), filed[stays].sum(), certified[stays].sum()]
        self.history.append([float(total) for total in (*sums, born, closes.sum())])

    def found(self, parents: Any) -> int:
        """New firms in the cells of their parents; returns how many."""
        cells = np.asarray(self.cell[parents])
        new = self.sim.people.grow(len(parents))
        z = {name: self.luck[name].rvs(new) for name in ("size", "skill", "ambition")}
        normal = {name: spec.LOGISTIC * np.log(u / (1.0 - u)) for name, u in z.items()}
        self.cell[new] = cells
        self.size[new] = np.maximum(spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * normal["size"], 0.0)
        self.skill[new] = spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * normal["skill"]
        self.ambition[new] = normal["ambition"]
        self.performs[new] = self.luck["performs"].rvs(new) < spec.NEWBORN_PERFORMS
        return len(new)


class Model:
    """A Starsim simulation of firms."""

    def __init__(self, firms: int, seed: int, quarters: int = 200) -> None:
        self.firms = Firms(spec.begin(firms, seed))
        self.sim = ss.Sim(
            n_agents=firms, demographics=[self.firms], start=2000, dur=quarters, dt=1, rand_seed=seed, verbose=0,
            copy_inputs=False,
        )  # fmt: skip
        self.sim.init()

    @property
    def history(self) -> list[list[float]]:
        return self.firms.history

    def step(self) -> None:
        self.sim.run_one_step()
