"""Paar's greedy: C. Paar, "Optimized arithmetic for Reed-Solomon encoders", ISIT 1997, in its first form.

The pair of signals that occurs in most rows becomes a gate, and the gate replaces the pair in these rows, until every
row is a single signal. Nothing cancels. Ties are broken at random, and the run is repeated while there is time.
"""

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "MOST_ONES", "paar_gates"]

MOST_ONES = 40_000
"""The most ones of rows that go through one run: the table of pairs grows with the square of their gates."""


def run(search: Search, seed: int) -> None:
    """Make greedy runs with random ties until the time is over; at least one is made."""
    random = np.array([2 * seed + 1], dtype=np.uint64)
    while True:
        search.offer(paar_gates(search.task, random, search.flag))
        if not search.left:
            return


def paar_gates(task: Task, random: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the gates of one greedy run: int32 (gates, 2).

    Rows that have too many ones in all are split into parts, and gates are shared only within a part.
    Once `stop` is set, rows are finished without more sharing.
    """
    parts = np.cumsum(task.rows.sum(axis=1)) // MOST_ONES
    gates = np.zeros((0, 2), dtype=np.int32)
    for part in np.unique(parts):
        more = _greedy(task.rows[parts == part].astype(np.uint8), random, task.max_depth, stop)
        gates = np.concatenate([gates, np.where(more < task.n_in, more, more + len(gates)).astype(np.int32)])
    return gates


def _greedy(rows: np.ndarray, random: np.ndarray, max_depth: int, stop: np.ndarray) -> np.ndarray:
    """Return the gates of one run for rows that go through it together."""
    from xoropt.circuits.kernels.paar import paar_bounded, paar_greedy

    if max_depth >= 0:
        return paar_bounded(rows, random, max_depth, stop)
    nothing = np.zeros(0, dtype=np.int32)
    return paar_greedy(rows, random, nothing, nothing, stop)


METHOD = Method(run, bounded=True)
