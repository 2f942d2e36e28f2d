"""Local search over the set of signals: take a signal out, put another in, keep everything computable.

The neighbourhood is that of equal-cost rewriting (D. Lin, Z. Xiang, X. Zeng, S. Zhang, "A framework to optimize
implementations of matrices", CT-RSA 2021; A. Maximov, "AES MixColumn with 92 XOR gates", 2019), made complete for one
signal: a state is only the set of signals, every way to sum them is open, and a move may put in any vector that makes
the targets computable again. Vectors that many pairs of signals sum to are preferred: they are the ones that can later
be had for nothing. On a plateau a signal too many is allowed for a while.
"""

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "WALK_LIMIT", "vectors_of", "walk_set"]

BIASES = (0.5, 0.8, 0.25)
"""Candidates that n pairs sum to are drawn with weight exp(bias·n); walks take these in turn."""
WALK_LIMIT = 2000
"""Gates at most: the tables of a walk grow with the square."""
UP = 0.05
"""How often a walk on a plateau adds a signal."""
CHUNK_SECONDS = 0.1
WALK_SECONDS = 6.0


def run(search: Search, seed: int) -> None:
    """Walks from the best gates so far, or from Paar's, until the time is over."""
    if search.gates is None:
        search.offer(paar_gates(search.task, np.array([2 * seed + 1], dtype=np.uint64)), "paar")
    turn = seed
    while search.left and search.gates is not None and len(search.gates) > len(search.task.rows):
        walk_set(search, search.gates, turn, BIASES[turn % len(BIASES)], WALK_SECONDS)
        turn += 1


def vectors_of(task: Task, gates: np.ndarray) -> list[int]:
    """The words of all signals: inputs, then gates."""
    words = task.units.tolist()
    for a, b in gates.tolist():
        words.append(words[a] ^ words[b])
    return words


def walk_set(search: Search, gates: np.ndarray, seed: int, bias: float, seconds: float = np.inf) -> np.ndarray:
    """One walk from these gates until the time is over, offering every smaller set; the gates of its last smallest one.

    Args:
        gates: at most `WALK_LIMIT`.
        seconds: the time of this walk, if the search has more.
    """
    from xoropt.circuits.kernels import swaps

    task = search.task
    words = np.array(vectors_of(task, gates), dtype=np.uint64)
    state = swaps.new_state(len(words) + 4, seed)
    for kind, some in ((swaps.INPUT, task.units), (swaps.TARGET, task.targets), (swaps.INTERIOR, words[task.n_in :])):
        swaps.insert_all(state, some, kind)
    state.info[swaps.BEST] = len(gates)
    state.best[: len(gates)] = words[task.n_in :]
    weights = np.exp(bias * np.arange(swaps.MAX_WEIGHT + 1))
    steps, idle = 100, 0
    end = search.spent + min(seconds, search.left)
    while search.left and search.spent < end and state.info[swaps.BEST] > len(task.rows):
        started, size = search.spent, state.info[swaps.BEST]
        spare = 1 if idle > 50 * len(gates) else 0
        swaps.walk(state, steps, weights, spare, UP if spare else 0.0, task.max_depth)
        idle += steps
        if state.info[swaps.BEST] < size:
            idle = 0
            search.offer(wired(task, state.best[: state.info[swaps.BEST]]), "local")
        steps = max(10, int(steps * min(2.0, CHUNK_SECONDS / max(search.spent - started, 1e-6))))
        search.tell()
    return wired(task, state.best[: state.info[swaps.BEST]])


def wired(task: Task, words: np.ndarray) -> np.ndarray:
    """Gates of least depth whose signals are these words; int32 (gates, 2)."""
    from xoropt.circuits.kernels.wiring import wire

    table = 1 << max(4, int(4 * (len(words) + task.n_in)).bit_length())
    return wire(task.units, words, np.zeros(table, np.uint64), np.zeros(table, np.int32))


METHOD = Method(run, bounded=True, improves=True)
