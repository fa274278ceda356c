"""Names in sentences."""

from collections.abc import Collection
from itertools import islice

MOST = 3


def some(names: Collection[str], most: int = MOST) -> str:
    """The first names and the number of the others: 'a, b, c and 44 more'."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(islice(names, most)) + more
