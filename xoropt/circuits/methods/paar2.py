"""Paar's greedy in its second form, which tries every way to break the ties, depth first, while there is time."""

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import MOST_ONES, paar_gates
from xoropt.circuits.task import Search

__all__ = ["METHOD"]


def run(search: Search, seed: int) -> None:
    """Try every sequence of choices among tied pairs; the search is exhaustive if it ends before the time does.

    Each sequence is replayed from its start, with the last choice advanced that has another tied pair. So nothing needs
    to be undone, and a run costs no more than a greedy one.
    """
    from xoropt.circuits.kernels.paar import paar_greedy

    rows = search.task.rows.astype(np.uint8)
    random = np.array([2 * seed + 1], dtype=np.uint64)
    if rows.sum() > MOST_ONES:  # in parts, of which each would need choices of its own
        search.offer(paar_gates(search.task, random, search.flag))
        return
    choices = np.zeros(max(1, int(rows.sum())), dtype=np.int32)
    ties = np.zeros_like(choices)
    while True:
        gates = paar_greedy(rows, random, choices, ties, search.flag)
        search.offer(gates)
        more = np.flatnonzero(choices[: len(gates)] + 1 < ties[: len(gates)])
        if not more.size or not search.left:
            return
        choices[more[-1]] += 1
        choices[more[-1] + 1 :] = 0


METHOD = Method(run)
