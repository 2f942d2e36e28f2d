"""Topology optimization: the estimate is exact, moves keep degrees, and results are no worse and have a recipe."""

import numpy as np
import pytest
from gf2 import rank
from hypothesis import given
from hypothesis import strategies as st

from xoropt import ArgumentError, networks
from xoropt.networks.optimize import CareSets, best_of, optimize
from xoropt.networks.optimize.moves import MOVES, move
from xoropt.networks.stages import stages_of

NETWORKS = (
    networks.windowed(n_in=2, n_out=5, window=24, taps=3, seed=1),
    networks.staged(n_in=2, n_out=5, nodes=4, taps=2, reads=2, memory=3, node_window=12, seed=2),
    networks.cascade(n_in=1, n_out=4, layers=2, span=9, memory=6, chained=1, seed=3),
    networks.random_block(n_in=6, n_out=20, seed=4),
)


@given(st.sampled_from(NETWORKS), st.floats(0.05, 0.4), st.integers(0, 2**32))
def test_the_estimate_is_the_missing_rank(network, share, seed):
    density = share * network.n_in / network.n_out * 3
    sets = CareSets(density, 120, sets=2, seed=seed)
    outputs = int(np.ceil(1 / (density * sets.slack / network.n_in)))
    if outputs > network.n_out:
        with pytest.raises(ArgumentError, match="needs n_out"):
            sets.dependent(network)
        return
    masks = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in network.rows]
    missing = 0
    for positions in sets.positions:
        rows = []
        for s in positions.tolist():
            step = int((s + 0.5) * sets.rate(network.n_in))
            first = next(q for q in range(s + 1) if int((q + 0.5) * sets.rate(network.n_in)) == step)
            rows.append(masks[s - first] << step * network.n_in)
        missing += len(rows) - rank(rows)
    assert sets.dependent(network) == missing
    assert sets.dependent(network, 1) == min(missing, sets.dependent(network, 1))


def degrees(stages, n_in):
    """Return the number of reads of each row, and how often each signal of the stage before is read."""
    widths = [n_in, *map(len, stages[:-1])]
    return [
        ((stage >= 0).sum(axis=1).tolist(), np.bincount(stage[stage >= 0] % width, minlength=width).tolist())
        for stage, width in zip(stages, widths, strict=True)
    ]


def kept(kind, stage, width):
    """Return what a kind of move does not change in a stage, besides the rows' numbers of reads."""
    return {
        "swap": np.sort(stage, axis=None),
        "delay": np.where(stage < 0, -1, stage % width),
        "rewire": np.where(stage < 0, -1, stage // width),
    }[kind]


@given(st.sampled_from(NETWORKS), st.sampled_from(MOVES), st.integers(0, 2**32 - 1))
def test_moves_keep_gates_and_degrees(network, kind, seed):
    rng = np.random.default_rng(seed)
    stages = stages_of(network)
    widths = [network.n_in, *map(len, stages[:-1])]
    steps = tuple(8 for _ in stages)
    for _ in range(5):
        after = move(stages, network.n_in, steps, (kind,), rng)
        if after is None:
            continue
        changed = [i for i, (new, old) in enumerate(zip(after, stages, strict=True)) if not np.array_equal(new, old)]
        assert len(changed) == 1
        new, old, width = after[changed[0]], stages[changed[0]], widths[changed[0]]
        assert (new != old).any(axis=1).sum() <= (2 if kind == "swap" else 1)
        assert np.array_equal(kept(kind, new, width), kept(kind, old, width))
        mine, before = degrees(after, network.n_in), degrees(stages, network.n_in)
        assert [rows for rows, _ in mine] == [rows for rows, _ in before]
        if kind != "rewire":
            assert [signals for _, signals in mine] == [signals for _, signals in before]
        networks.from_stages(after, network.n_in)
        stages = after


def test_edges_are_the_network():
    for network in NETWORKS:
        again = networks.from_stages(stages_of(network), network.n_in)
        width = min(again.rows.shape[1], network.rows.shape[1])
        assert np.array_equal(again.rows[:, :width], network.rows[:, :width])


@pytest.mark.parametrize("network", NETWORKS[:3], ids=lambda network: network.recipe.split(":")[0])
def test_optimizing_improves_a_poor_network(network):
    density = network.n_in / network.n_out
    found = optimize(network, density, moves=120, care_bits=2000, seed=5)
    assert found.after < found.before
    assert found.moves <= 120
    assert found.network.window <= network.window
    assert degrees(stages_of(found.network), network.n_in) == degrees(stages_of(network), network.n_in)
    assert np.array_equal(networks.from_recipe(found.network.recipe).rows, found.network.rows)
    again = optimize(network, density, moves=120, care_bits=2000, seed=5)
    assert again.network == found.network


def test_the_best_of_some_seeds():
    def build(seed):
        return networks.windowed(n_in=1, n_out=10, window=64, taps=4, seed=seed)

    sets = CareSets(0.1, 3000)
    best = best_of(build, 0.1, 8, care_bits=3000)
    assert sets.dependent(best) == min(sets.dependent(build(seed)) for seed in range(8))


def test_what_cannot_be_optimized():
    for arguments, message in (
        ({"density": 0.0}, "'density' must be more than 0"),
        ({"density": 0.01}, "needs n_out = 200 or more, but the network has 5"),
        ({"kinds": ("turn",)}, "'kinds' must name some of swap, delay, rewire"),
        ({"kinds": ()}, "'kinds' must name some of"),
        ({"moves": -1}, "'moves' must be at least 0"),
        ({"time_limit": 0}, "'time_limit' must be None or a positive number of seconds, not 0"),
    ):
        with pytest.raises(ArgumentError, match=message):
            optimize(NETWORKS[0], **{"density": 0.4, "moves": 1, "care_bits": 100, **arguments})
