"""Local search over the set of signals: walks from the best circuit and from new starts.

`xoropt.circuits.methods.walking` describes a walk. Circuits that are too large for it are searched by windows
(`xoropt.circuits.methods.windows`).
"""

import numpy as np

from xoropt.circuits.methods import windows
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.walking import WALK_LIMIT, fresh_start, walk_set
from xoropt.circuits.task import Search

__all__ = ["METHOD"]

BIASES = (0.5, 0.8, 0.25)
"""The biases of the walks, in turn."""


def run(search: Search, seed: int) -> None:
    """Walk from the best gates so far; when a walk ends, go on from the best gates or from a new start.

    A circuit that is too large to be walked as a whole is searched by windows instead.
    """
    rng = np.random.default_rng(seed)
    gates = search.gates
    if gates is None:
        gates = fresh_start(search.task, rng, search.flag)
        search.offer(gates)
    if search.size > WALK_LIMIT:
        windows.run(search, seed)
        return
    turn = seed
    while search.left and search.size > len(search.task.rows):
        walk_set(search, gates, int(rng.integers(1 << 30)), BIASES[turn % len(BIASES)])
        turn += 1
        best = search.gates if rng.random() < 0.5 else None
        gates = fresh_start(search.task, rng, search.flag) if best is None else best


METHOD = Method(run, bounded=True, improves=True)
