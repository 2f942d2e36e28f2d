"""Windows of a circuit: cut a part out as a map of its own, and put other gates in its place.

A stretch of a topological order is convex: no path leaves it and comes back. What it reads becomes the inputs of a
small map, and the signals of it that are read elsewhere become the outputs; any gates that make this map fit back.
"""

from dataclasses import dataclass, field

import numpy as np

from xoropt.circuits.methods.walking import vectors_of
from xoropt.circuits.task import Task, make_task

__all__ = ["Window", "cut_out", "levels_of", "local_gates", "put_back", "random_order"]


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of a circuit's gates, and the map that it makes.

    Attributes:
        first: the first gate of the window.
        size: the number of its gates.
        part: the map, from the inputs to the outputs.
        inputs: int64 (part.n_in,), the signals of the circuit that the window reads, ascending.
        outputs: int64, the signals of the window that are targets or are read by later gates, ascending.
    """

    first: int
    size: int
    part: Task = field(repr=False)
    inputs: np.ndarray = field(repr=False)
    outputs: np.ndarray = field(repr=False)


def levels_of(gates: np.ndarray, n_in: int) -> np.ndarray:
    """Return the level of every signal: int64 (n_in + gates,)."""
    levels = [0] * n_in
    for a, b in gates.tolist():
        levels.append(1 + max(levels[a], levels[b]))
    return np.array(levels, dtype=np.int64)


def cut_out(task: Task, gates: np.ndarray, first: int, size: int, max_depth: int | None = None) -> Window:
    """Return the window of the gates first … first+size-1, whose map may have `max_depth` levels (None: any number)."""
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
    return Window(first, size, make_task(rows[outputs], max_depth), inputs, outputs)


def local_gates(task: Task, gates: np.ndarray, window: Window) -> np.ndarray:
    """Return the window's gates in the numbering of its own map: int32 (size, 2)."""
    rows, low = gates[window.first : window.first + window.size], task.n_in + window.first
    return np.where(rows < low, np.searchsorted(window.inputs, rows), rows - low + len(window.inputs)).astype(np.int32)


def put_back(task: Task, gates: np.ndarray, window: Window, new: np.ndarray) -> np.ndarray:
    """Replace the gates of a window; what read an old output reads the new signal with the same row.

    Args:
        task: the circuit's map.
        gates: all gates of the circuit: int32 (gates, 2).
        window: the window.
        new: gates of its map that make every output, in the map's own numbering: int32 (new gates, 2).

    Returns:
        All gates of the new circuit: int32 (gates, 2).
    """
    first, size, inputs = window.first, window.size, window.inputs
    low, change = task.n_in + first, len(new) - size
    signals = np.concatenate([inputs, low + np.arange(len(new))])
    words = vectors_of(window.part, new)
    found = {word: int(signal) for word, signal in zip(words, signals, strict=True)}
    place = np.arange(task.n_in + len(gates))
    place[low + size :] += change
    old = vectors_of(window.part, local_gates(task, gates, window))
    for signal in window.outputs.tolist():
        place[signal] = found[old[len(inputs) + signal - low]]
    middle = signals[new] if len(new) else np.zeros((0, 2), dtype=np.int64)
    return np.concatenate([gates[:first], middle, place[gates[first + size :]]]).astype(np.int32)


def random_order(task: Task, gates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the same gates in another topological order, in which gates near in the graph tend to be neighbours."""
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
