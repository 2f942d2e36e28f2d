"""The banded elimination: against the same in plain NumPy."""

import math

import numpy as np
import pytest
from numpy_elimination import eliminate_plainly, left_sides

from xoropt.codec.streams.banded.elimination import eliminate, substitute_back
from xoropt.codec.streams.banded.equations import build_equations, collect_care_bits
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.segments import open_seed_bits
from xoropt.networks import windowed

WINDOWS = [(3, 64), (3, 448), (3, 960), (3, 1984), (None, 64), (None, 448), (None, 960)]


@pytest.mark.parametrize(("taps", "window"), [*WINDOWS, pytest.param(None, 1984, marks=pytest.mark.slow)])
@pytest.mark.parametrize("n_in", [1, 8, 64])
@pytest.mark.parametrize("density", [0.6, 0.1, 0.004])
def test_elimination_is_that_of_numpy(taps, window, n_in, density):
    """Compare pivots, dependent equations and the solution, for windows as wide as the compiled rows can hold."""
    if taps is not None and window < 64 + taps:
        window = 128
    rng = np.random.default_rng(window + n_in)
    weights = int((window + 800) / density)
    care = rng.random(weights) < density
    network = windowed(n_in, math.ceil(1.1 * n_in / density), window, taps, seed=9)
    for recipe in ("rows", "lanes:lanes=8"):
        order = order_from_recipe(recipe)
        rows = -(-weights // order.lanes)
        n = open_seed_bits(rows, network) if recipe == "rows" else np.count_nonzero(care) + 1
        care_bits = collect_care_bits(care, order, rows)
        count = len(care_bits.weights)
        equations, _ = build_equations(network, order, rows, int(n), care_bits)
        values = rng.integers(0, 4, count).astype(np.uint64)
        eliminated = eliminate(equations, values, 2)
        owner, dependent, residual = eliminate_plainly(equations, values)
        border, pivots = equations.system.border, eliminated.pivots
        assert np.array_equal(np.maximum(pivots.owner[border:], -1), owner[border:])
        assert np.array_equal(np.maximum(pivots.border_owner, -1), owner[:border])
        assert np.array_equal(eliminated.dependent, dependent)
        assert np.array_equal(eliminated.residual, residual)
        x = np.roll(substitute_back(eliminated), -equations.cut, axis=1)
        made = left_sides(equations).astype(np.float32) @ x.T.astype(np.float32) % 2
        wrong = (made.astype(np.uint64) << np.arange(2, dtype=np.uint64)).sum(axis=1) ^ values
        expected = np.zeros(count, dtype=np.uint64)
        expected[dependent] = residual
        assert np.array_equal(wrong, expected)
