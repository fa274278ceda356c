"""Knowledge capital: R&D adds, time wears off; neighbors' knowledge spills over by sector and zone.

Griliches (1979), "Issues in assessing the contribution of research and development to productivity growth".
"""

from typing import Any, NamedTuple

from ecosim.behaviors.scratch import RENEWAL
from ecosim.model.compiled import inlined, kernel


class Knowledge(NamedTuple):
    """Wear of R&D capital and growth assumed when it starts."""

    depreciation: float  # a quarter
    initial_growth: float  # a quarter; a starter holds R / (depreciation + growth)


@inlined
def next_capital(c, capital, research):
    """Perpetual inventory, linear in what is kept."""
    return capital - c.depreciation * capital + research


@kernel
def act(c: Any, firms: Any, work: Any) -> None:
    """Accumulate; R&D over the capital before it is left in scratch."""
    knowledge, research, renewal = firms.knowledge, firms.research, work[RENEWAL]
    for i in range(firms.uid.size):
        starter = research[i] / (c.depreciation + c.initial_growth)
        before = knowledge[i] if knowledge[i] > 0.0 else starter
        after = next_capital(c, before, research[i])
        renewal[i] = research[i] / before if before > 0.0 else 0.0
        knowledge[i] = after if after > 1e-9 else 0.0
