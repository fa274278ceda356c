"""Published effect sizes of innovation policy, with citation, sample and how far to trust them."""

import pandas as pd

from ecosim.data import tables


def load() -> pd.DataFrame:
    """`key, policy, parameter, value, low, high, unit, citation, address, quote, sample, confidence`.

    `low` and `high` are given where the source gives a range (then `value` is NaN); a finding that is only
    a sign or words has '+', '0' or 'words' in `unit` and no value.
    """
    return tables.read_numbers("literature", "value", "low", "high")
