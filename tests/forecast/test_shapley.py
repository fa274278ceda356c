"""Shares of a joint effect: known games, and what every fair division must hold."""

from itertools import permutations

import numpy as np
import pytest

from ecosim.forecast.shapley import all_coalitions, along, draw_orders, exact, exact_shares, sampled_shares

LEFT, FIRST_RIGHT, SECOND_RIGHT = "left", "right", "right too"
PLAYERS = ["a", "b", "c", "d", "e", "f"]


def gloves(some):
    """One left glove, two right ones: a pair is worth 1."""
    return np.array(float(LEFT in some and bool(some & {FIRST_RIGHT, SECOND_RIGHT})))


@pytest.fixture(scope="module")
def any_game():
    """Values of all coalitions of six players, whole numbers, nothing for nobody; two outcomes at once."""
    luck = np.random.default_rng(3)
    values = {some: luck.integers(-50, 50, 2).astype(float) for some in all_coalitions(PLAYERS)}
    values[frozenset()] = np.zeros(2)
    return values


def test_the_glove_game_has_its_known_values():
    shares = exact_shares([LEFT, FIRST_RIGHT, SECOND_RIGHT], gloves)
    assert shares[LEFT] == pytest.approx(2 / 3)
    assert shares[FIRST_RIGHT] == pytest.approx(1 / 6)
    assert shares[SECOND_RIGHT] == pytest.approx(1 / 6)


def test_all_orders_give_what_all_coalitions_give(any_game):
    exactly = exact_shares(PLAYERS, any_game.__getitem__)
    by_order = sampled_shares(PLAYERS, any_game.__getitem__, list(permutations(PLAYERS)))
    for player in PLAYERS:
        assert by_order[player] == pytest.approx(exactly[player], abs=1e-9)


def test_in_an_additive_game_everybody_gets_his_own_part_from_any_orders():
    own = {player: 3.0 * k - 4.0 for k, player in enumerate(PLAYERS)}

    def value(some):
        return np.array(sum(own[player] for player in some))

    orders = draw_orders(PLAYERS, 2, np.random.default_rng(1))
    for shares in (exact_shares(PLAYERS, value), sampled_shares(PLAYERS, value, orders)):
        assert {player: float(share) for player, share in shares.items()} == pytest.approx(own)


@pytest.mark.parametrize("count", [2, 3, 12])
def test_shares_add_up_to_the_whole_effect_from_all_coalitions_and_from_any_orders(any_game, count):
    whole = any_game[frozenset(PLAYERS)]
    orders = draw_orders(PLAYERS, count, np.random.default_rng(7))
    for shares in (exact_shares(PLAYERS, any_game.__getitem__), sampled_shares(PLAYERS, any_game.__getitem__, orders)):
        assert np.sum(list(shares.values()), axis=0) == pytest.approx(whole, abs=1e-9)


def test_players_that_add_alike_share_alike_and_one_that_adds_nothing_gets_nothing():
    def value(some):
        return np.array(float(len(some & {"a", "b", "c"}) >= 2))  # two of three decide, d never matters

    shares = exact_shares(["a", "b", "c", "d"], value)
    assert [float(shares[player]) for player in "abc"] == pytest.approx([1 / 3] * 3)
    assert float(shares["d"]) == 0.0


def test_a_player_that_adds_nothing_gets_exactly_nothing_from_sampled_orders(any_game):
    def value(some):
        return any_game[some - {"f"}]

    orders = draw_orders(PLAYERS, 6, np.random.default_rng(2))
    assert np.array_equal(sampled_shares(PLAYERS, value, orders)["f"], np.zeros(2))


def test_sampled_shares_are_right_on_average(any_game):
    exactly = exact_shares(PLAYERS, any_game.__getitem__)
    luck = np.random.default_rng(11)
    found = [sampled_shares(PLAYERS, any_game.__getitem__, draw_orders(PLAYERS, 4, luck)) for _ in range(400)]
    for player in PLAYERS:
        values = np.array([shares[player] for shares in found])
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        assert (np.abs(values.mean(axis=0) - exactly[player]) < 4 * error).all()


def test_every_other_order_is_the_reverse_of_the_one_before():
    orders = draw_orders(PLAYERS, 6, np.random.default_rng(5))
    assert [order[::-1] for order in orders[::2]] == orders[1::2]
    assert all(sorted(order) == PLAYERS for order in orders)


def test_an_order_needs_each_coalition_once():
    needed = along([("a", "b", "c"), ("c", "b", "a"), ("a", "b", "c")])
    assert len(needed) == len(set(needed)) == 6
    assert needed[0] == frozenset()


@pytest.mark.parametrize(("players", "permutations", "all_of_them"), [(4, 2, True), (5, 12, True), (7, 12, False)])
def test_every_coalition_is_run_where_that_is_no_more_work(players, permutations, all_of_them):
    assert exact(players, permutations) is all_of_them
