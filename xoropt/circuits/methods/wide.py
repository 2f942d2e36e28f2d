"""Gates with three or four inputs, made by dissolving gates of a two-input circuit into their readers.

A gate that is no output can be dissolved if each reader can read its operands instead; an operand that is read twice
cancels. Gates with the fewest readers go first, ties are broken at random.
"""

import numpy as np

from xoropt.circuits.circuit import ZERO
from xoropt.circuits.task import Task

__all__ = ["widen"]


def widen(task: Task, gates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return gates with up to task.max_inputs inputs, made from two-input gates: int32 (gates, max_inputs).

    Rows with fewer inputs are filled with -1. No gate's level grows, since the readers of a dissolved gate move to its
    level, so that a depth bound stays kept.
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
    while waiting:
        gate = min(waiting, key=lambda i: (len(readers[i]), rng.random()))
        waiting.discard(gate)
        merged = {reader: (operands[reader] ^ operands[gate]) - {gate} for reader in readers[gate]}
        if any(not 2 <= len(some) <= task.max_inputs for some in merged.values()):
            continue
        for reader, some in merged.items():
            for signal in operands[reader]:
                readers[signal].discard(reader)
            operands[reader] = some
            for signal in some:
                readers[signal].add(reader)
        for signal in operands[gate]:
            readers[signal].discard(gate)
        alive.discard(gate)
        # A gate that lost its last reader to a cancellation is not needed.
        dead = [i for i in alive if not readers[i] and not fixed[i]]
        while dead:
            i = dead.pop()
            if i in alive:
                alive.discard(i)
                waiting.discard(i)
                for signal in operands[i]:
                    readers[signal].discard(i)
                    if signal >= n and not readers[signal] and not fixed[signal]:
                        dead.append(signal)
    order = sorted(alive)
    place = {signal: signal for signal in range(n)} | {gate: n + i for i, gate in enumerate(order)}
    table = np.full((len(order), max(2, task.max_inputs)), ZERO, dtype=np.int32)
    for i, gate in enumerate(order):
        table[i, : len(operands[gate])] = sorted(place[signal] for signal in operands[gate])
    return table
