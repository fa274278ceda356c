"""Named luck: the generator against its published vectors, uniform numbers, and independence of any order."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from ecosim.model import luck
from ecosim.model.luck import LIFE, NOTCH


@njit
def words(counter, key):
    return luck.philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])


@njit
def draw(seed, member, uids, quarter, stream, first, second):
    for i in range(uids.size):
        first[i], second[i] = luck.uniforms(seed, member, uids[i], quarter, stream)


def uniforms(uids, quarter=8000, stream=LIFE, seed=1, member=2):
    first, second = np.empty(uids.size), np.empty(uids.size)
    draw(np.uint64(seed), np.uint64(member), uids, np.uint64(quarter), stream, first, second)
    return first, second


UIDS = np.arange(20_000, dtype=np.uint64) + (np.uint64(1) << np.uint64(62))
ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "published"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_vectors(counter, key, published):
    got = words(np.array(counter, np.uint64), np.array(key, np.uint64))
    assert tuple(int(word) for word in got) == published


def test_draws_are_uniform_and_inside_the_open_interval():
    for numbers in uniforms(UIDS):
        assert numbers.min() > 0.0
        assert numbers.max() < 1.0
        assert stats.kstest(numbers, "uniform").pvalue > 1e-3


@njit
def draw_four(uids, numbers):
    for i in range(uids.size):
        draws = luck.four_uniforms(np.uint64(1), np.uint64(2), uids[i], np.uint64(8000), LIFE)
        for k in range(4):
            numbers[k, i] = draws[k]


def test_four_coarse_draws_are_uniform_and_independent_of_each_other():
    numbers = np.empty((4, UIDS.size))
    draw_four(UIDS, numbers)
    for row in numbers:
        assert 0.0 < row.min() < row.max() < 1.0
        assert stats.kstest(row, "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(numbers) - np.eye(4)).max() < 4.0 / UIDS.size**0.5


def test_the_ends_of_a_coarse_draw_stay_inside_the_open_interval():
    assert coarse(np.uint64(0)) == 2.0**-33
    assert coarse(np.uint64(ONES)) == 1.0 - 2.0**-33


@njit
def coarse(word):
    return luck.coarse(word)


@njit
def unit(high, low):
    return luck.unit(high, low)


def test_the_ends_of_the_words_stay_inside_the_open_interval():
    ends = unit(np.uint64(0), np.uint64(0)), unit(np.uint64(ONES), np.uint64(ONES))
    assert 0.0 < ends[0] < 1e-15
    assert 1.0 - 1e-15 < ends[1] < 1.0


def test_a_draw_depends_on_its_name_and_on_nothing_else():
    first, second = uniforms(UIDS)
    order = np.random.default_rng(5).permutation(UIDS.size)
    again, again_second = uniforms(UIDS[order])
    assert np.array_equal(again, first[order])
    assert np.array_equal(again_second, second[order])


@pytest.mark.parametrize("other", [{"seed": 2}, {"member": 3}, {"quarter": 8001}, {"stream": NOTCH}])
def test_every_part_of_the_name_gives_independent_luck(other):
    first, second = uniforms(UIDS)
    others, _ = uniforms(UIDS, **other)
    bound = 4.0 / UIDS.size**0.5
    assert abs(np.corrcoef(first, others)[0, 1]) < bound
    assert abs(np.corrcoef(first, second)[0, 1]) < bound
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < bound


def test_no_two_streams_share_a_number():
    constants = ("TWELVE", "TWENTY", "THIRTY_TWO", "WORD", "ONE_BITS")
    named = {name: int(value) for name, value in vars(luck).items() if isinstance(value, np.uint64)}
    streams = [value for name, value in named.items() if name not in constants and value < 2000]
    assert len(streams) == len(set(streams)) >= 19


@pytest.mark.parametrize("high", [0, 5, 2**31, 2**32 - 1])
def test_streams_of_neighboring_names_differ_however_large_they_are(high):
    names = [((high << 32) | low, 900) for low in range(100)]
    assert len({luck.generator_of(*name).random() for name in names}) == 100
    with pytest.raises(OverflowError):
        luck.generator_of(-1, 900)


def test_a_stream_is_numpys_under_its_key():
    assert (
        luck.generator_of(5 << 32 | 7, 900).random()
        == np.random.Generator(np.random.Philox(key=[5 << 32 | 7, 900])).random()
    )
