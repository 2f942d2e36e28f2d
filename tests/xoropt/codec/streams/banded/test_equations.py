"""Care bits in stream order, and the care bits that a window cannot serve, against the same in plain Python."""

import numpy as np
import pytest

from xoropt.codec.streams.banded.equations import (
    build_equations,
    collect_care_bits,
    count_shortfall,
    gather_values,
)
from xoropt.codec.streams.order import order_from_recipe, to_stream
from xoropt.codec.streams.segments import assign_steps, count_seed_rows
from xoropt.networks import windowed

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


@pytest.mark.parametrize("recipe", ORDERS)
@pytest.mark.parametrize("density", [0.0, 0.01, 0.4])
@pytest.mark.parametrize("n_in", [1, 3])
def test_equations_of_a_ring_begin_at_its_cut(recipe, density, n_in):
    """Against the heads of all care bits, turned by NumPy to where seed bits are furthest behind."""
    order, rng = order_from_recipe(recipe), np.random.default_rng(3)
    rows = 7 + 3000 // order.lanes
    care = rng.random(rows * order.lanes) < density
    found = collect_care_bits(care, order, rows)
    count = len(found.weights)
    seed_bits = max(count, rows * order.lanes * n_in // 40) + 3
    seed_rows = count_seed_rows(order, seed_bits)
    network = windowed(n_in=n_in, n_out=60 * n_in, window=64 * n_in, taps=3, seed=0)
    equations, numbers = build_equations(network, order, rows, seed_bits, found)
    step, output = assign_steps(order, rows, seed_rows, network)
    lane = np.repeat(np.arange(order.lanes), np.diff(found.starts))
    heads = step[found.stream_rows] * n_in + lane * seed_rows
    assert sorted(numbers.tolist()) == list(range(count))
    assert (np.diff(equations.heads) >= 0).all()
    assert np.array_equal((equations.heads + equations.cut) % equations.n, heads[numbers])
    assert np.array_equal(equations.pattern, output[found.stream_rows][numbers])
    if count:
        exact = (lane * rows + found.stream_rows) * seed_bits // (order.lanes * rows)
        assert equations.cut == heads[np.argmin(exact - np.arange(count))]
        assert numbers[0] == np.searchsorted(heads, equations.cut)
    bits = rng.random((5, len(care))) < 0.5
    place, values = gather_values(bits, numbers, found)
    assert np.array_equal(place, found.weights[numbers])
    assert np.array_equal(values, sum(bits[p, place].astype(np.uint64) << np.uint64(p) for p in range(5)))
