"""Local re-synthesis: take a convex part out of a circuit, build it again smaller, put it back.

A stretch of a random topological order is convex: no way leaves it and comes back. What it reads becomes the inputs of
a small map, what others read of it the outputs; any synthesis of that map fits back. Equal sizes are taken too, so
that the search moves on plateaus. For circuits too large for the walk over whole sets of signals (`local`).
"""

import numpy as np

from xoropt.circuits.methods.local import WALK_LIMIT, vectors_of, walk_set
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, make_task, tidy

__all__ = ["METHOD", "cut_out", "local_gates", "put_back", "random_order"]

WINDOW = 220
WINDOW_SECONDS = 0.4


def run(search: Search, seed: int) -> None:
    """Windows of the best gates, or of Paar's, until the time is over."""
    if search.gates is None:
        search.offer(paar_gates(search.task, np.array([2 * seed + 1], dtype=np.uint64)), "paar")
    assert search.gates is not None
    rng = np.random.default_rng(seed)
    gates = search.gates
    while search.left and len(gates):
        gates = random_order(search.task, gates, rng)
        size = min(len(gates), WINDOW, WALK_LIMIT)
        first = int(rng.integers(len(gates) - size + 1))
        gates = rebuild(search, gates, first, size, int(rng.integers(1 << 30)))
        search.offer(gates, "windows")
        if search.size < 0.99 * len(gates) and search.gates is not None:
            gates = search.gates  # another thread is far ahead


def rebuild(search: Search, gates: np.ndarray, first: int, size: int, seed: int) -> np.ndarray:
    """The gates with a window of them walked for a while; never more than before."""
    part, inputs, outputs = cut_out(search.task, gates, first, size)
    sub = Search(part, min(WINDOW_SECONDS, search.left))
    sub.stopped = search.stopped
    window = walk_set(sub, local_gates(search.task, gates, first, size, inputs), seed, 0.5)
    return tidy(search.task, put_back(search.task, gates, first, size, inputs, outputs, part, window))


def cut_out(task: Task, gates: np.ndarray, first: int, size: int) -> tuple[Task, np.ndarray, np.ndarray]:
    """The map of the gates first … first+size-1, the signals that it reads and the signals that are read of it."""
    low, high = task.n_in + first, task.n_in + first + size
    window = gates[first : first + size]
    inputs = np.unique(window[window < low])
    words = vectors_of(task, gates)
    read = np.zeros(len(words), dtype=bool)
    read[gates[first + size :]] = True
    read[[i for i, word in enumerate(words) if word in task.known]] = True
    outputs = low + np.flatnonzero(read[low:high])
    rows = np.zeros((high, len(inputs)), dtype=bool)
    rows[inputs, np.arange(len(inputs))] = True
    for gate, (a, b) in enumerate(window.tolist(), start=low):
        rows[gate] = rows[a] ^ rows[b]
    return make_task(rows[outputs]), inputs, outputs


def local_gates(task: Task, gates: np.ndarray, first: int, size: int, inputs: np.ndarray) -> np.ndarray:
    """The window's gates in the numbering of its own map; int32 (size, 2)."""
    window, low = gates[first : first + size], task.n_in + first
    return np.where(window < low, np.searchsorted(inputs, window), window - low + len(inputs)).astype(np.int32)


def put_back(
    task: Task,
    gates: np.ndarray,
    first: int,
    size: int,
    inputs: np.ndarray,
    outputs: np.ndarray,
    part: Task,
    window: np.ndarray,
) -> np.ndarray:
    """The gates with those of a window replaced; what had read the old outputs reads the new signals of equal rows."""
    low, change = task.n_in + first, len(window) - size
    signals = np.concatenate([inputs, low + np.arange(len(window))])
    words = vectors_of(part, window)
    found = {word: int(signal) for word, signal in zip(words, signals, strict=True)}
    place = np.arange(task.n_in + len(gates))
    place[low + size :] += change
    old = vectors_of(part, local_gates(task, gates, first, size, inputs))
    for signal in outputs.tolist():
        place[signal] = found[old[len(inputs) + signal - low]]
    middle = signals[window] if len(window) else np.zeros((0, 2), dtype=np.int64)
    return np.concatenate([gates[:first], middle, place[gates[first + size :]]]).astype(np.int32)


def random_order(task: Task, gates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same gates in another topological order, in which gates near in the graph tend to lie near each other."""
    n = task.n_in
    waiting = (gates >= n).sum(axis=1)
    readers: list[list[int]] = [[] for _ in range(len(gates))]
    for gate, row in enumerate(gates.tolist()):
        for signal in row:
            if signal >= n:
                readers[signal - n].append(gate)
    ready = rng.permutation(np.flatnonzero(waiting == 0)).tolist()
    order: list[int] = []
    while ready:
        gate = ready.pop()
        order.append(gate)
        freed = []
        for reader in readers[gate]:
            waiting[reader] -= 1
            if not waiting[reader]:
                freed.append(reader)
        ready += freed
    place = np.arange(n + len(gates))
    place[n + np.array(order, dtype=np.int64)] = n + np.arange(len(gates))
    return place[gates[order]].astype(np.int32)


METHOD = Method(run, improves=True)
