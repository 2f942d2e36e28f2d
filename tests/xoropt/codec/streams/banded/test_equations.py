"""Care bits in stream order, and the care bits that a window cannot serve, against the same in plain Python."""

import numpy as np
import pytest

from xoropt.codec.streams.banded.equations import collect_care_bits, count_shortfall
from xoropt.codec.streams.order import order_from_recipe, to_stream

ORDERS = ("lanes:lanes=1", "lanes:lanes=2", "straight:lanes=8", "lanes:lanes=64", "lanes:lanes=512")


@pytest.mark.parametrize("recipe", ORDERS)
@pytest.mark.parametrize("density", [0.0, 0.03, 0.5, 1.0])
def test_care_bits_come_in_stream_order(recipe, density):
    order, rng = order_from_recipe(recipe), np.random.default_rng(1)
    rows = 5 + 2000 // order.lanes
    care = rng.random(rows * order.lanes - order.lanes // 3) < density  # the last row may be incomplete
    found = collect_care_bits(care, order, rows)
    whole = np.zeros(rows * order.lanes, dtype=bool)
    whole[: len(care)] = care
    stream = to_stream(order, whole).T  # lane after lane
    assert np.array_equal(found.starts, np.concatenate([[0], np.cumsum(stream.sum(axis=1))]))
    assert np.array_equal(found.stream_rows, np.nonzero(stream)[1])
    assert np.array_equal(found.weights, to_stream(order, np.arange(len(whole))).T[stream])


@pytest.mark.parametrize("recipe", ORDERS)
@pytest.mark.parametrize("capacity", [1, 5, 200])
def test_shortfall_is_that_of_a_token_bucket(recipe, capacity):
    order, rng = order_from_recipe(recipe), np.random.default_rng(2)
    rows = 5 + 3000 // order.lanes
    care = rng.random(rows * order.lanes) < 0.3
    care[: len(care) // 3] &= rng.random(len(care) // 3) < 0.5  # sparse at first
    found = collect_care_bits(care, order, rows)
    seed_bits = len(found.weights) + 3
    lane = np.repeat(np.arange(order.lanes), np.diff(found.starts))
    heads = (lane * rows + found.stream_rows) * seed_bits // (order.lanes * rows)
    first = int(np.argmin(heads - np.arange(len(heads))))
    heads = np.concatenate([heads[first:], heads[:first] + seed_bits])
    level, missing, before = 0, 0, heads[0]
    for head in heads.tolist():
        level, before = min(level + head - before, capacity), head
        missing += level <= 0
        level -= level > 0
    assert count_shortfall(order, rows, seed_bits, found, capacity) == missing
