"""Numbers in sentences."""


def plain(value: float) -> str:
    """A count or amount in three digits, whole with thousands separated from 100 upward: never a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:,.3g}"
