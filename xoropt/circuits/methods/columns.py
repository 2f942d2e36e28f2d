"""Divide and conquer over the columns, for matrices with many more rows than columns.

The columns fall into groups; each group's distinct sub-rows are made once, and every row adds one signal of each group
(the method of four Russians: V. L. Arlazarov, E. A. Dinic, M. A. Kronrod, I. A. Faradžev, 1970; a group of k columns
takes at most 2^k - k - 1 gates). Paar's greedy makes both the sub-rows and the sums, so that common parts are shared.
"""

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, make_task

__all__ = ["METHOD", "append_gates", "column_gates"]

LARGEST_GROUP = 10
"""The most columns of a group."""


def run(search: Search, seed: int) -> None:
    """Try random groups of every size in turn until the time is over; at least one size is tried."""
    rng = np.random.default_rng(seed)
    first = True
    while search.gates is None or search.left:
        for size in range(2, min(LARGEST_GROUP, search.task.n_in) + 1):
            if search.gates is None or search.left:
                order = np.arange(search.task.n_in) if first else rng.permutation(search.task.n_in)
                search.offer(column_gates(search.task, order, size, rng, search.flag))
        first = False
        if search.task.n_in < 2:
            search.offer(paar_gates(search.task, np.array([1], dtype=np.uint64), search.flag))
            return


def column_gates(task: Task, order: np.ndarray, size: int, rng: np.random.Generator, stop: np.ndarray) -> np.ndarray:
    """Return the gates for groups of `size` columns, taken in the given order: int32 (gates, 2)."""
    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    gates: list[tuple[int, int]] = []
    signals: list[int] = []  # of each distinct sub-row
    members: list[np.ndarray] = []  # which rows add it
    for start in range(0, task.n_in, size):
        group = np.sort(order[start : start + size])
        parts, which = np.unique(task.rows[:, group], axis=0, return_inverse=True)
        sub = make_task(parts)
        found = append_gates(gates, task.n_in, group.tolist(), paar_gates(sub, random, stop).tolist(), sub)
        for i, part in enumerate(parts):
            if part.any():
                word = int(np.bitwise_xor.reduce(sub.units[part]))
                signals.append(found[word])
                members.append(which.reshape(-1) == i)
    top = make_task(np.array(members).T) if members else make_task(np.zeros((0, 0), dtype=bool))
    append_gates(gates, task.n_in, signals, paar_gates(top, random, stop).tolist(), top)
    return np.array(gates, dtype=np.int32).reshape(-1, 2)


def append_gates(
    gates: list[tuple[int, int]], n_in: int, inputs: list[int], more: list[list[int]], sub: Task
) -> dict[int, int]:
    """Append the gates of a part to a circuit.

    Args:
        gates: the circuit's gates, to which the part's are appended.
        n_in: the circuit's inputs.
        inputs: the circuit's signals that are the part's inputs.
        more: the part's gates, in its own numbering.
        sub: the part's map.

    Returns:
        The circuit's signal for each word of the part.
    """
    places = list(inputs)
    words = sub.units.tolist()
    for a, b in more:
        gates.append((places[a], places[b]))
        places.append(n_in + len(gates) - 1)
        words.append(words[a] ^ words[b])
    return dict(zip(words, places, strict=True))


METHOD = Method(run)
