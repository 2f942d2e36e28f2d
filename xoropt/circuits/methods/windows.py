"""Local re-synthesis: cut a window out of a circuit, build it again with fewer gates, put it back.

The windows are stretches of random topological orders. A new window of equal size is taken, too, so that the search
moves on plateaus. The method is for circuits that are too large for a walk over the whole set of signals (`local`).

With a depth bound a window may use the slack that the rest of the circuit leaves it: its own bound is that between its
earliest input and the latest level at which an output may come. The new gates are kept if the whole circuit keeps its.
"""

import numpy as np

from xoropt.circuits.methods.cutting import cut_out, levels_of, local_gates, put_back, random_order
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.methods.walking import WALK_LIMIT, walk_set
from xoropt.circuits.task import Search, Task, tidy

__all__ = ["METHOD"]

WINDOW = 220
"""The most gates of a window."""
WINDOW_SECONDS = 0.4
"""The time for one window."""


def run(search: Search, seed: int) -> None:
    """Rebuild windows of the best gates, or of Paar's, until the time is over."""
    if search.gates is None:
        search.offer(paar_gates(search.task, np.array([2 * seed + 1], dtype=np.uint64), search.flag))
    assert search.gates is not None
    rng = np.random.default_rng(seed)
    gates = search.gates
    while search.left and len(gates):
        gates = random_order(search.task, gates, rng)
        size = min(len(gates), WINDOW, WALK_LIMIT)
        first = int(rng.integers(len(gates) - size + 1))
        gates = rebuild(search, gates, first, size, int(rng.integers(1 << 30)))
        search.offer(gates)
        if search.size < 0.99 * len(gates) and search.gates is not None:
            gates = search.gates  # another thread is far ahead


def rebuild(search: Search, gates: np.ndarray, first: int, size: int, seed: int) -> np.ndarray:
    """Walk a window of the gates for a while and return all gates with the result; never more than before."""
    task = search.task
    window = cut_out(task, gates, first, size, _own_bound(task, gates, first, size))
    sub = Search(window.part, min(WINDOW_SECONDS, search.left))
    sub.stopped = search.stopped
    new = walk_set(sub, local_gates(task, gates, window), seed, 0.5)
    whole = tidy(task, put_back(task, gates, window, new))
    if task.max_depth >= 0 and levels_of(whole, task.n_in).max(initial=0) > task.max_depth:
        return gates
    return whole


def _own_bound(task: Task, gates: np.ndarray, first: int, size: int) -> int | None:
    """Return the most levels that a window may have, from its earliest input to its latest output; None for any."""
    if task.max_depth < 0:
        return None
    arrival = levels_of(gates, task.n_in)
    required = np.full(task.n_in + len(gates), task.max_depth)
    for gate in range(len(gates) - 1, -1, -1):
        for signal in gates[gate]:
            required[signal] = min(required[signal], required[task.n_in + gate] - 1)
    low = task.n_in + first
    window = gates[first : first + size]
    return int(required[low : low + size].max() - arrival[window[window < low]].min())


METHOD = Method(run, bounded=True, improves=True)
