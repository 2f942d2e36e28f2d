"""Paar's greedy: C. Paar, "Optimized arithmetic for Reed-Solomon encoders", ISIT 1997, in its first form.

The pair of signals that most rows hold becomes a gate, and the gate replaces the pair in these rows, until no row holds
two signals. Nothing cancels. Ties are broken at random, and the run is repeated as long as there is time.
"""

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "MOST_ONES", "paar_gates"]

MOST_ONES = 40_000
"""Ones of the rows that are taken together: the table of pairs grows with the square of their gates."""


def run(search: Search, seed: int) -> None:
    """Greedy runs with random ties until the time is over; one at least."""
    random = np.array([2 * seed + 1], dtype=np.uint64)
    while True:
        search.offer(paar_gates(search.task, random), "paar")
        if not search.left:
            return


def paar_gates(task: Task, random: np.ndarray) -> np.ndarray:
    """The gates of one run; int32 (gates, 2). Rows with too many ones together share gates only in parts."""
    parts = np.cumsum(task.rows.sum(axis=1)) // MOST_ONES
    gates = np.zeros((0, 2), dtype=np.int32)
    for part in np.unique(parts):
        more = _greedy(task.rows[parts == part].astype(np.uint8), random, task.max_depth)
        gates = np.concatenate([gates, np.where(more < task.n_in, more, more + len(gates)).astype(np.int32)])
    return gates


def _greedy(rows: np.ndarray, random: np.ndarray, max_depth: int) -> np.ndarray:
    from xoropt.circuits.kernels.paar import paar_bounded, paar_greedy

    if max_depth >= 0:
        return paar_bounded(rows, random, max_depth)
    nothing = np.zeros(0, dtype=np.int32)
    return paar_greedy(rows, random, nothing, nothing)


METHOD = Method(run, bounded=True)
