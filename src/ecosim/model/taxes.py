"""Corporate income tax: the rate that a firm pays by its rung, its class and its size."""

from ecosim.model.compiled import inlined


@inlined
def rate_of(tax_rate, relief, rung, kind, log_sales, log_employees):
    """The rate of its rung and class, or that of small firms where it is one of them and the rate is lower.

    tax_rate, relief: of `terms.Terms`; log_sales: ln of annual sales in 10k CNY.
    """
    small = (log_employees <= relief[4]) & (log_sales <= relief[1])
    rate = tax_rate[rung, kind]
    return min(rate, relief[2] if log_sales <= relief[0] else relief[3]) if small else rate
