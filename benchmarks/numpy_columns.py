"""The reference model in plain NumPy: whole columns, one generator, boolean masks."""

import numpy as np

from benchmarks import spec


class Model:
    """Firms in columns; closed firms are dropped at the end of a quarter, newborn ones appended."""

    def __init__(self, firms: int, seed: int) -> None:
        start = spec.begin(firms, seed)
        self.rng = np.random.default_rng(seed + 1)
        self.columns = {
            "cell": start.cell, "age": start.age, "size": start.log_employees, "skill": start.log_productivity,
            "knowledge": start.knowledge, "ambition": start.ambition, "performs": start.performs == 1,
            "certified": np.zeros(firms, bool), "patents": np.zeros(firms, np.int32),
        }  # fmt: skip
        self.quarter = 0
        self.history: list[list[float]] = []

    @property
    def state_bytes(self) -> int:
        return sum(column.nbytes for column in self.columns.values())

    def step(self) -> None:
        c, rng = self.columns, self.rng
        count = c["age"].size
        near = np.log1p(np.bincount(c["cell"], c["knowledge"], spec.CELLS) / 1000.0)[c["cell"]]
        hazard = spec.EXIT + spec.EXIT_AGE * np.log1p(c["age"] / 4.0) + spec.EXIT_SIZE * (c["size"] - 2.3)
        stays = rng.random(count) >= 1.0 - np.exp(-np.exp(hazard))
        c["age"] += 1
        u = rng.random(count)
        c["skill"] += spec.TREND + spec.SHOCK * spec.LOGISTIC * np.log(u / (1.0 - u))
        price = np.where(c["certified"], *reversed(spec.log_user_cost(self.quarter)))
        ratio = np.exp(spec.INTENSITY + spec.AMBITION * c["ambition"] + spec.PRICE * price) * c["performs"]
        sales = np.exp(c["size"] + c["skill"])
        research = 0.25 * ratio * sales
        c["knowledge"] = (1.0 - spec.WEAR) * c["knowledge"] + research
        rate = np.exp(spec.PATENTS + spec.KNOWLEDGE * np.log(np.maximum(c["knowledge"], 1e-3)) + spec.SPILLOVER * near)
        rate *= c["performs"]
        filed = (np.log(rng.random(count)) / np.log((rate + 1e-300) / (1.0 + rate))).astype(np.int32)
        c["patents"] += filed
        value = spec.CERTIFY + spec.RATIO * np.log(np.maximum(ratio, 0.003) / 0.03)
        value += spec.PATENTED * np.log1p(c["patents"])
        may = c["performs"] & (c["patents"] >= 1)
        chance = np.where(may, 1.0 - np.exp(-np.exp(value)), 0.0)
        change = rng.random(count) < np.where(c["certified"], spec.LAPSE, chance)
        c["certified"] ^= change
        u = rng.random(count)
        laplace = np.sign(u - 0.5) * -np.log(1.0 - np.abs(2.0 * u - 1.0))
        scale = 0.5 * spec.SPREAD * np.exp(-spec.SLOPE * (c["size"] - 3.0))
        c["size"] = np.maximum(c["size"] + spec.MEAN + scale * laplace, 0.0)
        c["performs"] ^= rng.random(count) < np.where(c["performs"], spec.STOP, spec.START)
        children = np.repeat(c["cell"][stays], rng.poisson(spec.SPAWN, int(stays.sum())))
        sums = [int(stays.sum()) + children.size, np.exp(c["size"])[stays].sum(), sales[stays].sum()]
        sums += [research[stays].sum(), c["knowledge"][stays].sum(), c["performs"][stays].sum()]
        sums += [filed[stays].sum(), c["certified"][stays].sum(), children.size, count - int(stays.sum())]
        self.history.append([float(value) for value in sums])
        self.columns = {name: np.concatenate([c[name][stays], new]) for name, new in self.newborn(children).items()}
        self.quarter += 1

    def newborn(self, cell: np.ndarray) -> dict[str, np.ndarray]:
        count, rng = cell.size, self.rng
        u = rng.random((3, count))
        z = spec.LOGISTIC * np.log(u / (1.0 - u))
        return {
            "cell": cell, "age": np.zeros(count, np.int32),
            "size": np.maximum(spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * z[0], 0.0),
            "skill": spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * z[1],
            "knowledge": np.zeros(count), "ambition": z[2], "performs": rng.random(count) < spec.NEWBORN_PERFORMS,
            "certified": np.zeros(count, bool), "patents": np.zeros(count, np.int32),
        }  # fmt: skip
