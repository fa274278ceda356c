"""Knowledge capital: R&D and what comes from outside add, time wears off.

Griliches (1979), "Issues in assessing the contribution of research and development to productivity growth".
"""

from typing import Any, NamedTuple

from ecosim.behaviors.scratch import RENEWAL
from ecosim.model.compiled import inlined, kernel


class Knowledge(NamedTuple):
    """Wear of R&D capital, growth assumed when it starts, worth of knowledge from outside."""

    depreciation: float  # a quarter
    initial_growth: float  # a quarter; a starter holds R / (depreciation + growth)
    external: float  # R&D capital that knowledge from outside adds, per yuan of R&D that it is measured in


@inlined
def next_capital(c, capital, research, external):
    """Perpetual inventory, linear in what is kept."""
    return capital - c.depreciation * capital + research + c.external * external


@kernel
def act(c: Any, firms: Any, work: Any) -> None:
    """Accumulate; what was added over the capital before it is left in scratch."""
    knowledge, research, external = firms.knowledge, firms.research, firms.external
    renewal = work[RENEWAL]
    for i in range(firms.uid.size):
        starter = research[i] / (c.depreciation + c.initial_growth)
        before = knowledge[i] if knowledge[i] > 0.0 else starter
        after = next_capital(c, before, research[i], external[i])
        renewal[i] = (research[i] + c.external * external[i]) / before if before > 0.0 else 0.0
        knowledge[i] = after if after > 1e-9 else 0.0
