"""The reference model in Starsim, as its user guide writes a module: named states, arithmetic on them, filters.

Starsim 3 (https://starsim.org), the `bench` extra; all options as they come (common random numbers, 32-bit floats).
The pattern is that of "Adding new modules" and "Distributions" in its guide and of its own `ss.Births` and `ss.SIR`:
every draw is a named distribution, whose parameters may be functions of the module, the simulation and the agents.
"""

from typing import Any

import numpy as np
import scipy.stats as sps
import starsim as ss

from benchmarks import spec


def p_close(self: Any, sim: Any, uids: Any) -> Any:
    """Chance of closing in a quarter."""
    age = self.ti - self.ti_opened[uids]
    hazard = spec.EXIT + spec.EXIT_AGE * np.log1p(age / 4.0) + spec.EXIT_SIZE * (self.size[uids] - 2.3)
    return 1.0 - np.exp(-np.exp(hazard))


def p_no_patent(self: Any, sim: Any, uids: Any) -> Any:
    """Success parameter of the geometric law of patents, for performers of R&D."""
    own = spec.KNOWLEDGE * np.log(np.maximum(self.knowledge[uids], 1e-3))
    return 1.0 / (1.0 + np.exp(spec.PATENTS + own + spec.SPILLOVER * self.near[self.cell[uids]]))


def p_certify(self: Any, sim: Any, uids: Any) -> Any:
    """Chance of a certificate in a quarter, for performers of R&D with patents."""
    ratio = np.maximum(4.0 * self.research[uids] / self.sales[uids], 0.003)
    hazard = spec.CERTIFY + spec.RATIO * np.log(ratio / 0.03) + spec.PATENTED * np.log1p(self.patents[uids])
    return 1.0 - np.exp(-np.exp(hazard))


def spread(self: Any, sim: Any, uids: Any) -> Any:
    """Scale of the growth of employment."""
    return 0.5 * spec.SPREAD * np.exp(-spec.SLOPE * (self.size[uids] - 3.0))


class Firms(ss.Demographics):
    """Firms are Starsim's people; they invest, file patents, are certified, grow, close and found new ones."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.define_pars(
            p_close=ss.bernoulli(p=p_close),
            shock=ss.Dist(dist=sps.logistic, loc=spec.TREND, scale=spec.SHOCK * spec.LOGISTIC),
            filing=ss.nbinom(n=1, p=p_no_patent),
            p_certify=ss.bernoulli(p=p_certify),
            p_lapse=ss.bernoulli(p=spec.LAPSE),
            growth=ss.Dist(dist=sps.laplace, loc=spec.MEAN, scale=spread),
            p_start=ss.bernoulli(p=spec.START),
            p_stop=ss.bernoulli(p=spec.STOP),
            founding=ss.poisson(lam=spec.SPAWN),
            newborn_size=ss.Dist(
                dist=sps.logistic, loc=spec.NEWBORN_SIZE, scale=spec.NEWBORN_SPREAD * spec.LOGISTIC
            ),
            newborn_skill=ss.Dist(
                dist=sps.logistic, loc=spec.NEWBORN_PRODUCTIVITY,
                scale=spec.NEWBORN_PRODUCTIVITY_SPREAD * spec.LOGISTIC,
            ),
            newborn_ambition=ss.Dist(dist=sps.logistic, scale=spec.LOGISTIC),
            newborn_performs=ss.bernoulli(p=spec.NEWBORN_PERFORMS),
        )  # fmt: skip
        self.update_pars(**kwargs)
        self.define_states(
            ss.IntArr("cell", default=0, label="Sector and zone"),
            ss.FloatArr("ti_opened", default=0.0, label="First quarter in business"),
            ss.FloatArr("size", default=0.0, label="Log employees"),
            ss.FloatArr("skill", default=0.0, label="Log sales per worker"),
            ss.FloatArr("ambition", default=0.0, label="Taste for R&D"),
            ss.FloatArr("sales", default=0.0, label="Sales a year"),
            ss.FloatArr("research", default=0.0, label="R&D of the quarter"),
            ss.FloatArr("knowledge", default=0.0, label="R&D capital"),
            ss.FloatArr("filed", default=0.0, label="Patents of the quarter"),
            ss.FloatArr("patents", default=0.0, label="Patents held"),
            ss.BoolArr("performs", label="Performs R&D"),
            ss.BoolArr("certified", label="Certified"),
        )
        self.near = np.zeros(spec.CELLS)  # log knowledge of each cell at the end of the last quarter
        self.n_births = self.n_deaths = 0  # for the results of the quarter

    def init_results(self) -> None:
        super().init_results()
        self.define_results(*(ss.Result(name, dtype=float, scale=True) for name in spec.SERIES))

    def step(self) -> None:
        closing, survivors = self.pars.p_close.split()
        self.near = np.log1p(np.bincount(self.cell, weights=self.knowledge, minlength=spec.CELLS) / 1000.0)
        self.produce()
        self.file()
        self.certify()
        self.grow()
        self.sim.people.request_death(closing)
        self.n_deaths, self.n_births = len(closing), len(self.found(survivors))

    def produce(self) -> None:
        """Sales, R&D and its capital."""
        self.skill += self.pars.shock.rvs(self.sim.people.auids)
        self.sales[:] = np.exp(self.size + self.skill)
        does = self.performs.uids
        price = np.where(self.certified[does], *reversed(spec.log_user_cost(self.ti)))
        ratio = np.exp(spec.INTENSITY + spec.AMBITION * self.ambition[does] + spec.PRICE * price)
        self.research[:] = 0.0
        self.research[does] = 0.25 * ratio * self.sales[does]
        self.knowledge[:] = (1.0 - spec.WEAR) * self.knowledge + self.research

    def file(self) -> None:
        """Patents of the performers."""
        does = self.performs.uids
        self.filed[:] = 0.0
        self.filed[does] = self.pars.filing.rvs(does)
        self.patents += self.filed

    def certify(self) -> None:
        """Certificates that lapse and new ones."""
        lapsed = self.pars.p_lapse.filter(self.certified)
        granted = self.pars.p_certify.filter(self.performs & ~self.certified & (self.patents >= 1))
        self.certified[lapsed] = False
        self.certified[granted] = True

    def grow(self) -> None:
        """Employment, and the start or end of R&D."""
        self.size[:] = np.maximum(self.size + self.pars.growth.rvs(self.sim.people.auids), 0.0)
        starting = self.pars.p_start.filter(~self.performs)
        stopping = self.pars.p_stop.filter(self.performs)
        self.performs[starting] = True
        self.performs[stopping] = False

    def found(self, survivors: Any) -> Any:
        """New firms in the cells of their founders; they open in the next quarter."""
        founders = ss.uids(np.repeat(survivors, self.pars.founding.rvs(survivors)))
        new = self.sim.people.grow(len(founders))
        self.sim.people.parent[new] = founders
        self.cell[new] = self.cell[founders]
        self.ti_opened[new] = self.ti + 1
        self.size[new] = np.maximum(self.pars.newborn_size.rvs(new), 0.0)
        self.skill[new] = self.pars.newborn_skill.rvs(new)
        self.ambition[new] = self.pars.newborn_ambition.rvs(new)
        self.performs[new] = self.pars.newborn_performs.rvs(new)
        return new

    def update_results(self) -> None:
        super().update_results()
        res, ti = self.results, self.ti
        here = (self.sim.people.alive & (self.ti_opened <= ti)).uids  # neither closed nor founded in this quarter
        res.firms[ti] = self.sim.people.n_alive
        res.employment[ti] = np.exp(self.size[here]).sum()
        res.sales[ti] = self.sales[here].sum()
        res.research[ti] = self.research[here].sum()
        res.knowledge[ti] = self.knowledge[here].sum()
        res.performers[ti] = self.performs[here].sum()
        res.patents[ti] = self.filed[here].sum()
        res.certified[ti] = self.certified[here].sum()
        res.births[ti] = self.n_births
        res.deaths[ti] = self.n_deaths


class Model:
    """A Starsim simulation of firms."""

    def __init__(self, firms: int, seed: int, quarters: int = 200) -> None:
        self.sim = ss.Sim(
            n_agents=firms, demographics=Firms(), start=2000, dur=quarters, dt=1, rand_seed=seed, verbose=0
        )
        self.sim.init()
        self.firms = self.sim.demographics.firms
        start = spec.begin(firms, seed)
        self.firms.cell[:], self.firms.ti_opened[:], self.firms.size[:] = start.cell, -start.age, start.log_employees
        self.firms.skill[:], self.firms.knowledge[:] = start.log_productivity, start.knowledge
        self.firms.ambition[:], self.firms.performs[:] = start.ambition, start.performs
        self.history: list[list[float]] = []

    def step(self) -> None:
        self.sim.run_one_step()
        self.history.append([float(self.firms.results[name][len(self.history)]) for name in spec.SERIES])
