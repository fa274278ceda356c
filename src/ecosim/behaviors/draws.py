"""Luck of many firms at once: a loop of its own, which the compiler turns into vector instructions."""

from typing import Any

from ecosim.model.compiled import kernel
from ecosim.model.luck import uniform


@kernel
def draw(uid: Any, rows: Any, luck: Any, quarter: Any, stream: Any, draws: Any) -> None:
    """A uniform of each firm (rows), (n,) out, named by quarter and stream."""
    for k in range(rows.size):
        draws[k] = uniform(luck[0], luck[1], uid[rows[k]], quarter, stream)
