"""Burst patches: they leave a system that has a solution, and they are few; proved ones are the fewest."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xoropt.codec.streams.banded.bursts import burst_patches, greedy_patches
from xoropt.codec.streams.banded.elimination import eliminate
from xoropt.codec.streams.banded.equations import build_equations, collect_care_bits
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.segments import open_seed_bits
from xoropt.networks import windowed


def dependent_system(seed, planes=1, weights=6000, network=None):
    """Eliminate an open stream at a rate that leaves dependent care bits."""
    rng = np.random.default_rng(seed)
    network = network or windowed(n_in=8, n_out=80, window=64, taps=None)
    care = rng.random(weights) < 0.103
    order = order_from_recipe("rows")
    care_bits = collect_care_bits(care, order, weights)
    equations, _ = build_equations(network, order, weights, open_seed_bits(weights, network), care_bits)
    values = rng.integers(0, 1 << planes, len(care_bits.weights)).astype(np.uint64)
    return equations, values, eliminate(equations, values, planes)


@given(st.integers(0, 200), st.integers(1, 3))
def test_burst_patches_leave_a_solvable_system(seed, planes):
    equations, values, eliminated = dependent_system(seed, planes)
    found = burst_patches(eliminated)
    for p, flips in enumerate(found.flips):
        values[flips] ^= np.uint64(1 << p)
    assert not eliminate(equations, values, planes).residual.any()
    greedy = greedy_patches(eliminated)
    assert sum(map(len, found.flips)) <= sum(map(len, greedy.flips))


def test_burst_patches_are_few():
    counts = np.zeros(2, dtype=int)
    for seed in range(3):
        _, _, eliminated = dependent_system(seed, weights=100_000)
        counts += [len(burst_patches(eliminated).flips[0]), len(greedy_patches(eliminated).flips[0])]
    assert counts[0] <= 0.5 * counts[1]


def test_a_proved_burst_has_the_fewest_patches():
    """Try all smaller sets of flips, on systems small enough for that."""
    compared = 0
    for seed in range(200):
        equations, values, eliminated = dependent_system(seed, weights=250, network=windowed(4, 40, 8, None))
        found = burst_patches(eliminated)
        count = len(found.flips[0])
        if not 1 <= count <= 3 or found.proved < found.searched:
            continue
        compared += 1
        for flips in _subsets(len(values), count - 1):
            flipped = values.copy()
            flipped[list(flips)] ^= np.uint64(1)
            assert eliminate(equations, flipped, 1).residual.any()
    assert compared >= 10


def _subsets(n, size):
    return [flips for k in range(size + 1) for flips in combinations(range(n), k)]


def test_budget_spent_is_still_lossless():
    equations, values, eliminated = dependent_system(1, weights=40_000)
    found = burst_patches(eliminated, budget=500)
    assert not found.complete
    assert burst_patches(eliminated).complete
    values[found.flips[0]] ^= np.uint64(1)
    left = eliminate(equations, values, 1)
    assert len(found.flips[0]) + np.count_nonzero(left.residual) <= len(greedy_patches(eliminated).flips[0])
