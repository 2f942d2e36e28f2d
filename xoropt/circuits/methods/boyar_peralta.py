"""Boyar and Peralta's greedy and its randomized variants.

J. Boyar, P. Matthews, R. Peralta, "Logic minimization techniques with applications to cryptology", J. Cryptology 26
(2013): the next gate is the sum of two signals that brings the targets nearest, in the sum of their distances; the
distance of a target is one less than the signals that sum to it. Q. Q. Tan and T. Peyrin, "Improved heuristics for
short linear programs", TCHES 2020(1): RNBP takes a random one of the equals, A1 only sums that bring a nearest target
nearer, A2 does so and ignores the norm.

Distances are exact as long as a target has at most `LIMIT` combinations to look at; beyond, upper bounds.
"""

from functools import partial

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task

__all__ = ["A1", "A2", "BP", "BP_LIMIT", "RNBP", "bp_gates"]

LIMIT = 40_000
BP_LIMIT = 4096
"""Rows × columns up to which these are worth their time."""
MODES = {"bp": 0, "rnbp": 1, "a1": 2, "a2": 3}


def run(search: Search, seed: int, name: str) -> None:
    """Greedy runs until the time is over, one at least; plain BP is deterministic and runs once."""
    random = np.array([2 * seed + 1], dtype=np.uint64)
    while True:
        search.offer(bp_gates(search.task, name, random), name)
        if name == "bp" or not search.left:
            return


def bp_gates(task: Task, name: str, random: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """The gates of one run; int32 (gates, 2)."""
    from xoropt.circuits.kernels.boyar_peralta import bp_greedy

    return bp_greedy(task.units, task.targets, task.rows.astype(np.uint8), MODES[name], random, limit)


BP, RNBP, A1, A2 = (Method(partial(run, name=name)) for name in MODES)
