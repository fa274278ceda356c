"""New products: what R&D and patents bring to the market raises their share in sales, which wears off."""

from typing import Any, NamedTuple

from ecosim.behaviors.scratch import RATIO
from ecosim.model.compiled import inlined, kernel
from ecosim.model.region import FOREIGN_FROM


class Products(NamedTuple):
    """Share of a firm's older sales that new high-tech products replace in a quarter, and how they age."""

    research: float  # per unit of R&D over sales
    patent: float  # if an invention was granted in the quarter before
    abroad: float  # foreign-invested firms in high-tech industries: products developed by the parent
    wear: float  # share of new products that count as old after a quarter


@inlined
def renewal(c, ratio, patent, abroad):
    """Linear predictor of the share of older sales that is replaced."""
    return c.research * ratio + c.patent * patent + c.abroad * abroad


@kernel
def act(c: Any, firms: Any, survey: Any, work: Any) -> None:
    """Renew and wear off. True R&D over sales from scratch."""
    ratio, abroad = work[RATIO], work[0]
    sector, ownership, granted, fresh = firms.sector, firms.ownership, firms.inventions_granted, firms.fresh
    for i in range(sector.size):
        high_tech = survey.high_tech[sector[i]]  # looked up by all, to vectorize
        abroad[i] = high_tech if ownership[i] >= FOREIGN_FROM else 0.0
    for i in range(fresh.size):
        new = min(renewal(c, ratio[i], 1.0 if granted[i] > 0 else 0.0, abroad[i]), 1.0)
        fresh[i] += new * (1.0 - fresh[i]) - c.wear * fresh[i]
