"""What a package delivers is not what it announces: amounts, budgets and places are assumptions, varied by member.

Each member multiplies the doses of an instrument by a lognormal factor with mean 1: what is written is expected. Half
of its variance is shared by the whole package (a place that keeps one promise keeps others), half is its own: an
assumption, like its standard deviation (`delivery_sd`). Scenarios share the factors, so a difference between two is
of the package alone. Rows of the baseline are law and stay as they are.
"""

import copy
import dataclasses
from collections.abc import Mapping
from zlib import crc32

import numpy as np

from ecosim.model.ecosystem import Policy
from ecosim.model.luck import generator_of
from ecosim.policies.schedule import Percent, Schedule
from ecosim.policies.shelf import doses_of

STREAM = 901  # of the member's Philox key, beside the levels' 900
COMMON = 0.5  # share of the variance that the instruments of a package have in common; assumption


def factor(seed: int, member: int, name: str, sd: float) -> float:
    """What an instrument delivers of its doses in one member; the same under every scenario. sd: of its logarithm."""
    key = (seed << 32) | member
    common = generator_of(key, STREAM).standard_normal()
    own = generator_of(key, (STREAM << 32) | crc32(name.encode())).standard_normal()
    return float(np.exp(sd * (np.sqrt(COMMON) * common + np.sqrt(1.0 - COMMON) * own) - sd**2 / 2))


def delivered(
    policies: Mapping[str, Policy],
    baseline: Mapping[str, Policy],
    seed: int,
    member: int,
    sd: float,
    known: Mapping[str, float] | None = None,
) -> dict[str, Policy]:
    """A package as one member gets it. Instruments that the baseline has under the same name are left alone.

    known: log of the factor by instrument where something else than the prior says it, as a posterior.
    """
    given: dict[str, Policy] = {}
    for name, policy in policies.items():
        if known is not None and name in known:
            given[name] = scaled(policy, float(np.exp(known[name])))
        elif name in baseline or sd == 0.0:
            given[name] = policy
        else:
            given[name] = scaled(policy, factor(seed, member, name, sd))
    return given


def scaled(policy: Policy, by: float) -> Policy:
    """The instrument with its doses times a factor; shares of a whole stop at 100 percent."""
    twin = copy.copy(policy)
    types = {field.name: field.type for field in dataclasses.fields(policy)}  # type: ignore[arg-type]
    for name in doses_of(policy):
        value, most = getattr(policy, name), 100.0 if types[name] is Percent else np.inf
        if isinstance(value, Schedule):
            value = Schedule((start, min(step * by, most)) for start, step in value)
        else:
            value = value * by
        object.__setattr__(twin, name, value)
    for remembered in vars(twin).keys() - types.keys():
        del vars(twin)[remembered]  # what was worked out from other doses
    return twin
