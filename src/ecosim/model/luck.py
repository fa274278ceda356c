"""Every random draw is a function of its name: seed and member, firm, quarter and stream.

Philox4x32-10, a counter-based generator: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as
1, 2, 3", doi:10.1145/2063384.2063405. The key is (seed, member), the counter (uid, quarter, stream), so the same firm
meets the same luck under every policy, in every order and on every worker. A test holds it to the published vectors.
"""

from typing import NamedTuple

import numpy as np

from ecosim.model.arithmetic import as_float
from ecosim.model.compiled import inlined

# streams: one for each kind of event, so that a number is never used twice
(EXIT, GROWTH, PARTICIPATION, NOTCH, INNOVATION, PRODUCTIVITY, AWARENESS, MORE_AWARENESS) = np.arange(
    8, dtype=np.uint64
)
(LADDER, RENEWAL, CREDIT, GRANTING, HIRING, SPAWN, NEWBORN, NEWBORN_TRAITS) = np.arange(8, 16, dtype=np.uint64)
(SERVICE, LOTTERY, CONDITIONING, PEOPLE, ARRIVAL, ARRIVAL_TRAITS, FOUNDERS) = np.arange(16, 23, dtype=np.uint64)
(VISIT_RANK,) = np.arange(23, 24, dtype=np.uint64)

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
THIRTY_TWO = np.uint64(32)
TWELVE = np.uint64(12)
ONE_BITS = np.uint64(0x3FF0000000000000)
HALF_STEP = 2.0**-53


class Key(NamedTuple):
    """Whose luck: the run's seed and the member of the ensemble, both below 2**32."""

    seed: int
    member: int


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds on four 32-bit words (held in uint64) under a key of two; returns four words."""
    for _ in range(10):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (product_1 >> THIRTY_TWO) ^ c1 ^ k0,
            product_1 & WORD,
            (product_0 >> THIRTY_TWO) ^ c3 ^ k1,
            product_0 & WORD,
        )
        k0 = (k0 + WEYL_0) & WORD
        k1 = (k1 + WEYL_1) & WORD
    return c0, c1, c2, c3


@inlined
def unit(high, low):
    """Two 32-bit words as a double in the open interval (0, 1)."""
    bits = ((high << THIRTY_TWO) | low) >> TWELVE
    return as_float(bits | ONE_BITS) - 1.0 + HALF_STEP


@inlined
def uniforms(seed, member, uid, quarter, stream):
    """Two independent uniforms in (0, 1), a pure function of their name (all arguments uint64)."""
    a, b, c, d = philox(uid & WORD, uid >> THIRTY_TWO, quarter, stream, seed, member)
    return unit(a, b), unit(c, d)


@inlined
def uniform(seed, member, uid, quarter, stream):
    """One uniform in (0, 1), a pure function of its name (all arguments uint64)."""
    return uniforms(seed, member, uid, quarter, stream)[0]
