"""A portfolio: independent parts each for itself; greedy starts; a race with symmetries; then local search.

With a depth bound annealing takes the place of the local search.
"""

import numpy as np

from xoropt.circuits.methods import anneal, local, symmetric
from xoropt.circuits.methods.boyar_peralta import BP_LIMIT, bp_gates
from xoropt.circuits.methods.columns import column_gates
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.methods.parts import columns_of_parts, run_by_parts
from xoropt.circuits.task import Search

__all__ = ["METHOD"]

START_SHARE = 0.05
"""The share of the time for the greedy starts."""
SYMMETRIC_SHARE = 0.8
"""The share of the other time for circuits with symmetries, if there are any."""
BOUNDED_SHARE = 0.4
"""The same where the depth is bounded."""


def run(search: Search, seed: int) -> None:
    """Search each independent part, or the whole of a map that has no parts or is given with a circuit."""
    if search.gates is None and len(columns_of_parts(search.task)) > 1:
        run_by_parts(search, seed, Method(_search))
    else:
        _search(search, seed)


def _search(search: Search, seed: int) -> None:
    """Make greedy starts, race circuits with symmetries, then search locally until the time is over."""
    given = search.gates is not None
    task, rng = search.task, np.random.default_rng(seed)
    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    search.offer(paar_gates(task, random, search.flag))
    end = search.spent + START_SHARE * search.time_limit
    if task.max_depth < 0:
        if len(task.rows) > 2 * task.n_in:
            for size in range(3, min(9, task.n_in) + 1):
                if search.spent < end:
                    search.offer(column_gates(task, rng.permutation(task.n_in), size, rng, search.flag))
        turn = seed
        while task.rows.size <= BP_LIMIT and search.spent < end and search.left:
            name = ("rnbp", "a1", "a2")[turn % 3]
            search.offer(bp_gates(task, name, random, search.flag))
            turn += 1
    while search.spent < end and search.left:
        search.offer(paar_gates(task, random, search.flag))
    share = SYMMETRIC_SHARE if task.max_depth < 0 else BOUNDED_SHARE
    if not given:
        symmetric.races(search, seed, search.spent + share * search.left)
    (local if task.max_depth < 0 else anneal).run(search, seed)


METHOD = Method(run, bounded=True, improves=True)
