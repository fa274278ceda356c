"""Who could have a certificate: firms that meet the rules of a rung, whatever they know and want."""

from typing import Any

from ecosim.behaviors.certification import firm_may_apply
from ecosim.model.compiled import kernel


@kernel
def certifiable(c: Any, firms: Any, terms: Any, rung: int, top: int, rows: Any) -> int:
    """Fill rows with the R&D performers that may apply for a rung above their own; returns how many.

    firms: columns in which everybody knows of the rung and is willing.
    """
    alive, performs, certificate = firms.alive, firms.performs, firms.certificate
    count = 0
    for i in range(top):
        if alive[i] == 1 and performs[i] == 1 and certificate[i] < rung and firm_may_apply(c, firms, terms, i, rung):
            rows[count] = i
            count += 1
    return count
