"""Shares of a joint effect among players: Shapley values, from all coalitions or from sampled orders of joining.

Shapley (1953), doi:10.1515/9781400881970-018; sampling after Castro, Gomez and Tejada (2009),
doi:10.1016/j.cor.2008.04.004, with each order followed by its reverse.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Coalition = frozenset[str]
Value = Callable[[Coalition], Floats]
Order = tuple[str, ...]

SMALL = 4  # up to this many players every coalition is looked at


def exact(players: int, permutations: int) -> bool:
    """Whether all coalitions are no more work than the orders asked for."""
    return players <= SMALL or 2**players <= permutations * (players - 1) + 2


def draw_orders(players: Sequence[str], permutations: int, generator: np.random.Generator) -> list[Order]:
    """Orders of joining, each followed by its reverse, which cancels what the place in the order does linearly."""
    orders: list[Order] = []
    while len(orders) < permutations:
        drawn = tuple(players[k] for k in generator.permutation(len(players)))
        orders += [drawn, drawn[::-1]]
    return orders[:permutations]


def all_coalitions(players: Sequence[str]) -> list[Coalition]:
    """Every subset of the players, the empty one first and all of them last."""
    return [frozenset(some) for size in range(len(players) + 1) for some in combinations(players, size)]


def along(orders: Sequence[Order]) -> list[Coalition]:
    """The coalitions that form as players join in the orders given, each once."""
    found = {frozenset(order[:size]): None for order in orders for size in range(len(order) + 1)}
    return list(found)


def exact_shares(players: Sequence[str], value: Value) -> dict[str, Floats]:
    """The Shapley value of each player from the value of every coalition."""
    count = len(players)
    shares = {}
    for player in players:
        others = [other for other in players if other != player]
        total = np.zeros(value(frozenset()).shape)
        for some in all_coalitions(others):
            weight = factorial(len(some)) * factorial(count - len(some) - 1) / factorial(count)
            total += weight * (value(some | {player}) - value(some))
        shares[player] = total
    return shares


def sampled_shares(players: Sequence[str], value: Value, orders: Sequence[Order]) -> dict[str, Floats]:
    """Mean of what each player adds as it joins; over every order the sum is the value of all less that of none."""
    shares = {player: np.zeros(value(frozenset()).shape) for player in players}
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            shares[player] += (value(before | {player}) - value(before)) / len(orders)
    return shares
