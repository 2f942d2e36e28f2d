"""Each row as a tree of least depth, with little sharing."""

import heapq

import numpy as np

from xoropt.circuits.circuit import ZERO
from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "tree_operands"]


def run(search: Search, seed: int) -> None:
    """Make one circuit of the least depth that the matrix allows; rows share only equal sums."""
    search.offer(tree_operands(search.task, 2))


def tree_operands(task: Task, width: int) -> np.ndarray:
    """Return balanced trees of gates with up to `width` inputs: int32 (gates, width), filled with -1."""
    gates: dict[tuple[int, ...], int] = {}
    for row in task.rows:
        heap = [(0, int(i)) for i in np.flatnonzero(row)]
        while len(heap) > 1:
            # The first gate takes so few inputs that every later gate is full.
            take = (len(heap) - 2) % (width - 1) + 2
            taken = [heapq.heappop(heap) for _ in range(take)]
            operands = tuple(sorted(signal for _, signal in taken))
            signal = gates.setdefault(operands, task.n_in + len(gates))
            heapq.heappush(heap, (taken[-1][0] + 1, signal))
    table = np.full((len(gates), width), ZERO, dtype=np.int32)
    for i, operands in enumerate(gates):
        table[i, : len(operands)] = operands
    return table


METHOD = Method(run, bounded=True, least_depth=True)
