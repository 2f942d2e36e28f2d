"""Gates with three or four inputs, made by dissolving gates of a two-input circuit into their readers.

A gate that is no output can be dissolved if each reader can read its operands instead; an operand that is read twice
cancels. Gates with the fewest readers go first, ties are broken at random.
"""

import heapq
from collections.abc import Callable

import numpy as np

from xoropt.circuits.circuit import ZERO
from xoropt.circuits.task import Task

__all__ = ["widen"]


def widen(task: Task, gates: np.ndarray, rng: np.random.Generator, over: Callable[[], bool]) -> np.ndarray:
    """Return gates with up to task.max_inputs inputs, made from two-input gates: int32 (gates, max_inputs).

    Rows with fewer inputs are filled with -1. No gate's level grows, since the readers of a dissolved gate move to its
    level, so that a depth bound stays kept. Once `over` says so, the other gates stay as they are.
    """
    n = task.n_in
    words = task.units.tolist()
    for a, b in gates.tolist():
        words.append(words[a] ^ words[b])
    fixed = [word in task.known for word in words]
    operands: list[set[int]] = [set() for _ in range(n)] + [set(row) for row in gates.tolist()]
    readers: list[set[int]] = [set() for _ in words]
    for gate in range(n, len(words)):
        for signal in operands[gate]:
            readers[signal].add(gate)
    alive = set(range(n, len(words)))
    waiting = {gate for gate in alive if not fixed[gate]}
    heap = [(len(readers[gate]), rng.random(), gate) for gate in sorted(waiting)]
    heapq.heapify(heap)

    def release(signal: int, reader: int) -> None:
        """Note that a signal has lost a reader; without any it isn't needed any more."""
        readers[signal].discard(reader)
        if signal >= n and signal in alive and not fixed[signal]:
            if readers[signal]:
                changed.add(signal)
            else:
                unread.append(signal)

    while heap and not over():
        count, _, gate = heapq.heappop(heap)
        if (
            gate not in waiting or gate not in alive or count != len(readers[gate])
        ):  # its readers have changed since; it has another entry
            continue
        waiting.discard(gate)
        merged = {reader: (operands[reader] ^ operands[gate]) - {gate} for reader in readers[gate]}
        if any(not 2 <= len(some) <= task.max_inputs for some in merged.values()):
            continue
        changed: set[int] = set()
        unread: list[int] = []
        alive.discard(gate)
        for reader, some in merged.items():
            for signal in some - operands[reader]:
                readers[signal].add(reader)
                changed.add(signal)
            for signal in operands[reader] - some:
                release(signal, reader)
            operands[reader] = some
        for signal in operands[gate]:
            release(signal, gate)
        while unread:
            signal = unread.pop()
            if signal in alive:
                alive.discard(signal)
                for operand in operands[signal]:
                    release(operand, signal)
        for signal in sorted(changed & waiting & alive):
            heapq.heappush(heap, (len(readers[signal]), rng.random(), signal))
    order = sorted(alive)
    place = {signal: signal for signal in range(n)} | {gate: n + i for i, gate in enumerate(order)}
    table = np.full((len(order), max(2, task.max_inputs)), ZERO, dtype=np.int32)
    for i, gate in enumerate(order):
        table[i, : len(operands[gate])] = sorted(place[signal] for signal in operands[gate])
    return table
