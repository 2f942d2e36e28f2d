"""Networks for the tests of hardware: random ones of any number of stages, and one of each topology."""

import numpy as np
from hypothesis import strategies as st

from xoropt.networks import XorNetwork, from_matrix, random_block, sequential, staged, windowed

NAMED = {
    "block": random_block(n_in=5, n_out=11, seed=3),
    "sequential": sequential(n_in=3, n_out=8, n_s=2, seed=1),
    "windowed": windowed(n_in=4, n_out=17, window=32, taps=5, seed=2),
    "staged": staged(n_in=2, n_out=9, nodes=4, taps=3, reads=3, memory=5, node_window=12, seed=1),
    "one seed bit": staged(n_in=1, n_out=10, nodes=2, taps=4, reads=3, memory=20, node_window=32, seed=0),
}


def from_stages(n_in: int, stages: tuple[np.ndarray, ...], recipe: str = "stages:") -> XorNetwork:
    """The network of these stages, its rows multiplied out one signal at a time."""
    rows, width = [frozenset([i]) for i in range(n_in)], n_in
    for stage in stages:
        before, rows = rows, []
        for entries in stage.tolist():
            row = frozenset()
            for entry in entries:
                if entry >= 0:
                    row ^= frozenset(bit + entry // width * n_in for bit in before[entry % width])
            rows.append(row)
        width = len(stage)
    memory = max((bit for row in rows for bit in row), default=0) // n_in
    matrix = np.zeros((len(rows), n_in * (memory + 1)), dtype=bool)
    for j, row in enumerate(rows):
        matrix[j, list(row)] = True
    plain = from_matrix(matrix, n_in)
    return XorNetwork(n_in, len(rows), memory, plain.rows, recipe, stages)


@st.composite
def networks(draw):
    """Random stages; small numbers, so that signals repeat, cancel, or read nothing."""
    n_in = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    stages, width = [], n_in
    for _ in range(draw(st.integers(1, 3))):
        signals, reads, steps = draw(st.integers(1, 7)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
        stages.append(rng.integers(-1, width * steps, (signals, reads)))
        width = signals
    network = from_stages(n_in, tuple(stages))
    return network if draw(st.booleans()) else from_matrix(network.matrix(), n_in)


def outputs_of(network: XorNetwork, seeds: np.ndarray) -> np.ndarray:
    """What the matrix makes of seeds, bool (steps + memory, n_in): bool (steps, n_out)."""
    matrix, steps = network.matrix(), len(seeds) - network.memory
    windows = np.array([seeds[t : t + network.memory + 1].reshape(-1) for t in range(steps)])
    return (windows.astype(int) @ matrix.T.astype(int)) % 2 == 1
