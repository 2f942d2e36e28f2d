"""The banded elimination: against Gaussian elimination on Python integers."""

import math

import numpy as np
import pytest
from gf2 import rank

from xoropt.codec.streams.banded.elimination import eliminate, evaluate, substitute_back
from xoropt.codec.streams.banded.equations import build_equations, collect_care_bits
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.segments import open_seed_bits
from xoropt.networks import windowed

WINDOWS = [(3, 64), (3, 448), (3, 960), (3, 1984), (None, 64), (None, 448), (None, 960)]


@pytest.mark.parametrize(("taps", "window"), [*WINDOWS, pytest.param(None, 1984, marks=pytest.mark.slow)])
@pytest.mark.parametrize("n_in", [1, 8, 64])
@pytest.mark.parametrize("density", [0.6, 0.1, 0.004])
def test_elimination_finds_the_rank(taps, window, n_in, density):
    """Compare with Gaussian elimination on Python integers, for windows as wide as the compiled rows can hold."""
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
        assert count - len(eliminated.dependent) == _rank(equations)
        wrong = evaluate(equations, substitute_back(eliminated)) ^ values
        expected = np.zeros(count, dtype=np.uint64)
        expected[eliminated.dependent] = eliminated.residual
        assert np.array_equal(wrong, expected)


def _rank(equations):
    """Compute the rank of the equations from the patterns of the network."""
    patterns = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in equations.network.rows]
    live = int.from_bytes(np.packbits(equations.live, bitorder="little").tobytes(), "little")
    rows = []
    for head, pattern in zip(equations.heads.tolist(), equations.pattern.tolist(), strict=True):
        row, bits = 0, patterns[pattern] << head
        while bits:
            row ^= bits & ((1 << equations.n) - 1)
            bits >>= equations.n
        rows.append(row & live)
    return rank(rows)
