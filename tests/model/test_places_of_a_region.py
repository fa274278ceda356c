"""Zones, parks and the center next door."""

import numpy as np
import pytest

from ecosim.model.region import SECTORS, Region, RegionError, Zone


@pytest.fixture(scope="module")
def region():
    return Region(
        name="Parkville",
        level="county",
        sectors={"electronics": 0.75, "garments": 0.25},
        ownership={"private": 1.0},
        zones={
            "town": Zone(share=0.5),
            "north": Zone(share=0.3, parks=("high_tech", "hub"), borders_shanghai=True),
            "south": Zone(share=0.2, parks=("high_tech",)),
        },
    )


def test_parks_are_found_in_their_zones(region):
    assert region.within(()).tolist() == [True, True, True]
    assert region.within(("high_tech",)).tolist() == [False, True, True]
    assert region.within(("hub",)).tolist() == [False, True, False]


def test_an_unknown_park_is_named_with_the_nearest(region):
    with pytest.raises(RegionError, match=r"'high_tec'.*high_tech"):
        region.within(("high_tec",))


def test_a_region_without_parks_has_none_of_them(small_region):
    assert not small_region.within(("high_tech",)).any()
    assert not small_region.spread((), ("high_tech",)).any()


def test_newcomers_spread_as_firms_do_and_more_to_the_border(region):
    shares = region.spread((), (), border=2.0)
    assert shares.sum() == pytest.approx(1.0)
    assert shares.sum(axis=0) == pytest.approx(np.array([0.5, 0.6, 0.2]) / 1.3)
    assert shares.sum(axis=1)[SECTORS.index("electronics")] == pytest.approx(0.75)
    only = region.spread(("garments",), ("hub",))
    assert only[SECTORS.index("garments"), 1] == pytest.approx(1.0)
    assert region.spread(("luggage",), ()).sum() == 0.0
