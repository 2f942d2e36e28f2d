"""Boyar and Peralta's greedy and its randomized variants.

J. Boyar, P. Matthews, R. Peralta, "Logic minimization techniques with applications to cryptology", J. Cryptology 26
(2013): the next gate is the sum of two signals that gives the targets the least sum of distances. The distance of a
target is one less than the number of signals that sum to it. Q. Q. Tan and T. Peyrin, "Improved heuristics for short
linear programs", TCHES 2020(1): RNBP breaks ties at random, A1 takes only sums that bring a nearest target nearer, A2
does the same and ignores the norm.

Distances are exact while a target has at most `LIMIT` combinations to try; with more they are upper bounds.
"""

from functools import partial

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.task import Search, Task

__all__ = ["A1", "A2", "BP", "BP_LIMIT", "RNBP", "bp_gates"]

LIMIT = 40_000
"""The most combinations of signals that are tried for one target and step."""
BP_LIMIT = 4096
"""The most entries (rows × columns) of a matrix for which other methods start with these."""
MODES = {"bp": 0, "rnbp": 1, "a1": 2, "a2": 3}
"""The compiled loop's number of each variant."""


def run(search: Search, seed: int, name: str) -> None:
    """Make greedy runs until the time is over, at least one; plain BP is deterministic and runs once."""
    random = np.array([2 * seed + 1], dtype=np.uint64)
    while True:
        search.offer(bp_gates(search.task, name, random, search.flag))
        if name == "bp" or not search.left:
            return


def bp_gates(task: Task, name: str, random: np.ndarray, stop: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """Return the gates of one greedy run: int32 (gates, 2).

    Args:
        task: the map.
        name: the variant, a key of `MODES`.
        random: uint64 (1,), the state of the random numbers, which is advanced.
        stop: int64 (1,); once it is set, the run is finished quickly.
        limit: the most combinations that are tried for one target and step.
    """
    from xoropt.circuits.kernels.boyar_peralta import bp_greedy

    return bp_greedy(task.units, task.targets, task.rows.astype(np.uint8), MODES[name], random, limit, stop)


BP, RNBP, A1, A2 = (Method(partial(run, name=name)) for name in MODES)
