"""Parameters of members from the posterior of a calibration: each member draws one row, all of them together."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.decisions import Behaviors
from ecosim.calibration.growth import Growth
from ecosim.data.periods import quarter_index
from ecosim.forecast.shifts import CHANNELS, GROWTH_OF
from ecosim.model.luck import generator_of

if TYPE_CHECKING:
    from ecosim.forecast.anchor import Anchor

Floats = NDArray[np.float64]

STREAM = 903  # of a member's Philox key, beside those of levels, delivery and calibration
FROM_POSTERIOR = "posterior"  # basis of a level that members draw
GROWTH = "drift."  # and a channel of conditions: yearly log growth of its count
AT_START, AT_ORIGIN = "start.", "origin."  # log multipliers of levels at its start; log levels at its origin
LEVELS = ("hnte_stock", "tech_sme_stock", "tech_sme_new")


@dataclass(frozen=True)
class Drawn:
    """A weighted sample of parameters. values: (n, d) in the units of names (d,); weights: (n,), sum to one.

    names: coefficients ('exit.mature'), instruments (log of what they deliver over what is written), 'drift.<channel>'
    and 'origin.<level>' (log). origin: of the calibration, '2018-12'; run: its name.
    """

    names: tuple[str, ...]
    values: Floats
    weights: Floats
    origin: str
    run: str

    @cached_property
    def _ladder(self) -> Floats:
        return np.cumsum(self.weights) / self.weights.sum()

    def of(self, seed: int, member: int) -> dict[str, float]:
        """What one member draws; the same whatever the number of members and for every scenario."""
        draw = generator_of((seed << 32) | member, STREAM).random()
        row = min(int(np.searchsorted(self._ladder, draw, side="right")), len(self.weights) - 1)
        return dict(zip(self.names, self.values[row].tolist(), strict=True))

    def moments(self, name: str) -> tuple[float, float]:
        """Weighted mean and standard deviation of a parameter."""
        column = self.values[:, self.names.index(name)]
        mean = float(self.weights @ column)
        return mean, float(np.sqrt(self.weights @ np.square(column - mean)))

    def pick(self, names: tuple[str, ...]) -> "Drawn":
        """Only some of the parameters, still drawn together."""
        return replace(self, names=names, values=self.values[:, [self.names.index(name) for name in names]])


def settle(drawn: "Drawn | None", start: "Anchor", place: str, origin: str) -> "Drawn | None":
    """What a forecast from an origin takes of a posterior; None before the origin of the posterior, which would leak.

    Coefficients and instruments always. Growth and levels only where the posterior is surer of them than the forecast's
    own counts, and levels only at the posterior's own origin.
    """
    if drawn is None or quarter_index(origin) < quarter_index(drawn.origin):
        return None
    own = {target: level.log_sd for target, level in start.levels.items()}
    kept = []
    for name in drawn.names:
        sd = drawn.moments(name)[1]
        if name.startswith(AT_START):
            continue
        if name.startswith(AT_ORIGIN):
            level = start.levels.get(name.removeprefix(AT_ORIGIN))
            same = quarter_index(origin) == quarter_index(drawn.origin)
            if not same or level is None or level.basis == "observed" or sd >= own[name.removeprefix(AT_ORIGIN)]:
                continue
        elif name.startswith(GROWTH):
            growth = start.growth.get(target_of(name))
            if growth is None or sd >= growth.place(place)[1]:
                continue
        kept.append(name)
    return drawn.pick(tuple(kept))


def target_of(name: str) -> str:
    """The count whose growth 'drift.<channel>' is."""
    target = CHANNELS[name.removeprefix(GROWTH)]
    return GROWTH_OF.get(target, target)


def with_growth(start: "Anchor", drawn: "Drawn | None", place: str) -> "Anchor":
    """The anchor whose growth of the place is the posterior's, in mean and standard deviation."""
    names = [] if drawn is None else [name for name in drawn.names if name.startswith(GROWTH)]
    if drawn is None or not names:
        return start
    growth = {target_of(name): _moved(start.growth[target_of(name)], place, drawn, name) for name in names}
    return replace(start, growth=start.growth | growth)


def _moved(growth: Growth, place: str, drawn: Drawn, name: str) -> Growth:
    mean, sd = drawn.moments(name)
    _, _, local = growth.place(place)
    others = [row for row, location in enumerate(growth.locations) if location != place]
    return replace(
        growth,
        locations=(*(growth.locations[row] for row in others), place),
        drift=np.append(growth.drift[others], mean),
        drift_sd=np.append(growth.drift_sd[others], sd),
        local_scale=np.append(growth.local_scale[others], local),
        basis=f"posterior of run {drawn.run}, beside {growth.basis}",
    )


def member_drifts(drawn: "Drawn | None", channel: str, seed: int, members: int) -> Floats | None:
    """Each member's yearly log growth of a channel's count, (members,); None where the posterior does not say."""
    name = f"{GROWTH}{channel}"
    if drawn is None or name not in drawn.names:
        return None
    return np.array([drawn.of(seed, member)[name] for member in range(members)])


def with_coefficients(behaviors: Behaviors, values: dict[str, float]) -> Behaviors:
    """Behaviors with the coefficients that are named '<rule>.<coefficient>'."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        rule, _, coefficient = name.partition(".")
        if coefficient and rule in Behaviors._fields:
            changed[rule] = changed.get(rule, getattr(behaviors, rule))._replace(**{coefficient: value})
    return behaviors._replace(**changed)
