"""Every random draw is a function of its name: seed and member, firm, quarter and stream.

Philox4x32-10, a counter-based generator: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as
1, 2, 3", doi:10.1145/2063384.2063405. The key is (seed, member), the counter (uid, quarter, stream), so the same firm
meets the same luck under every policy, in every order and on every worker. A test holds it to the published vectors.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import as_float
from ecosim.model.compiled import inlined

# streams: one for each kind of event, so that a number is never used twice
(LIFE,) = np.arange(1, dtype=np.uint64)  # closing, growth, start and stop of R&D
(NOTCH, INNOVATION, PRODUCTIVITY, AWARENESS) = np.arange(3, 7, dtype=np.uint64)
(LADDER, RENEWAL, CREDIT) = np.arange(8, 11, dtype=np.uint64)  # 1, 2, 7 and 11 are free
(HIRING, SPAWN, NEWBORN, NEWBORN_TRAITS) = np.arange(12, 16, dtype=np.uint64)
(SERVICE, LOTTERY, CONDITIONING, PEOPLE, ARRIVAL, ARRIVAL_TRAITS, FOUNDERS) = np.arange(16, 23, dtype=np.uint64)
(VISIT_RANK, LIAISON_RANK, MATCH_RANK, INCUBATOR_RANK, INSTITUTE, EXTRA_FILING) = np.arange(23, 29, dtype=np.uint64)
(ARRIVAL_COUNT, ARRIVAL_LUMPS, ARRIVAL_OWNER, PLATFORM, POSTS, SUPPLY, MATCHING) = np.arange(29, 36, dtype=np.uint64)
(APPLICATION_ORDER, CONDITIONING_GAP, GRANTED_INVENTION) = np.arange(36, 39, dtype=np.uint64)

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
THIRTY_TWO = np.uint64(32)
TWENTY = np.uint64(20)
TWELVE = np.uint64(12)
ONE_BITS = np.uint64(0x3FF0000000000000)
HALF_STEP = 2.0**-53
HALF_COARSE_STEP = 2.0**-33


class Key(NamedTuple):
    """Whose luck: the run's seed and the member of the ensemble, both below 2**32."""

    seed: int
    member: int


def words(key: Key) -> NDArray[np.uint64]:
    """The key as kernels take it, (2,)."""
    return np.array([key.seed & 0xFFFFFFFF, key.member & 0xFFFFFFFF], np.uint64)


def generator_of(first: int, second: int) -> np.random.Generator:
    """NumPy's Philox under a key of two whole numbers below 2**64.

    Of a list with a number from 2**63 on NumPy would make floats, and one stream of many names.
    """
    return np.random.Generator(np.random.Philox(key=np.array([first, second], np.uint64)))


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds on four words under a key of two; returns four words, each 32 bits held in uint64.

    Upper halves are left to fill with rubbish on the way: the products look at the lower halves only.
    """
    for _ in range(10):
        product_0 = MULTIPLIER_0 * (c0 & WORD)
        product_1 = MULTIPLIER_1 * (c2 & WORD)
        c0, c1, c2, c3 = (
            (product_1 >> THIRTY_TWO) ^ c1 ^ k0,
            product_1,
            (product_0 >> THIRTY_TWO) ^ c3 ^ k1,
            product_0,
        )
        k0 = k0 + WEYL_0
        k1 = k1 + WEYL_1
    return c0 & WORD, c1 & WORD, c2 & WORD, c3 & WORD


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
def four_uniforms(seed, member, uid, quarter, stream):
    """Four independent uniforms in (0, 1) on a grid of 2**-32, a pure function of their name (all arguments uint64).

    Enough for comparing with the chance of an event and for rounding at random: a chance of 0.001 comes out right to
    one part in four million, and none above 2**-32 is lost. Not for the tails of continuous laws.
    """
    a, b, c, d = philox(uid & WORD, uid >> THIRTY_TWO, quarter, stream, seed, member)
    return coarse(a), coarse(b), coarse(c), coarse(d)


@inlined
def fine_and_two_coarse(seed, member, uid, quarter, stream):
    """Three independent uniforms of one name: one as of `uniform`, two on the grid of `four_uniforms`."""
    a, b, c, d = philox(uid & WORD, uid >> THIRTY_TWO, quarter, stream, seed, member)
    return unit(a, b), coarse(c), coarse(d)


@inlined
def coarse(word):
    """One 32-bit word as a double in (0, 1), in the middle of its step."""
    return as_float((word << TWENTY) | ONE_BITS) - 1.0 + HALF_COARSE_STEP


@inlined
def uniform(seed, member, uid, quarter, stream):
    """One uniform in (0, 1), a pure function of its name (all arguments uint64)."""
    return uniforms(seed, member, uid, quarter, stream)[0]
