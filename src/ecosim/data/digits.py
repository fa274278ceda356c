"""Numbers in sentences."""


def plain(value: float) -> str:
    """A count or amount in three digits, whole with thousands separated from 100 upward: never a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:,.3g}"


def four(value: float) -> str:
    """A number of a calculation that a reader may do again: whole from 1,000 upward, four digits below; '8.8'."""
    return f"{value:,.0f}" if abs(value) >= 999.95 else f"{value:.4g}"
