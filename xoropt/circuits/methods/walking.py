"""The walk over sets of signals: take a signal out, put another in, keep everything computable.

The neighbourhood is that of equal-cost rewriting (D. Lin, Z. Xiang, X. Zeng, S. Zhang, "A framework to optimize
implementations of matrices", CT-RSA 2021; A. Maximov, "AES MixColumn with 92 XOR gates", 2019), made complete for one
signal: a state is only the set of signals, every way to sum them is open, and a move may put in any vector that makes
the targets computable again. The walk prefers vectors that many pairs of signals sum to, because these are the vectors
that may later cost no extra gate. On a plateau it allows one signal too many for a while.
"""

from collections.abc import Callable

import numpy as np

from xoropt.circuits.methods.boyar_peralta import BP_LIMIT, bp_gates
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, tidy

__all__ = ["WALK_LIMIT", "fresh_start", "vectors_of", "walk_set", "walk_state", "wired", "words_of"]

WALK_LIMIT = 2000
"""The most gates of a circuit that is walked: the tables of a walk grow with the square."""
UP = 0.05
"""The probability with which a walk on a plateau adds a signal."""
PLATEAU, PATIENCE = 50, 5000
"""Moves for each gate without gain, after which a walk is on a plateau, and after which it ends."""
CHUNK_SECONDS = 0.1
"""The time between two looks at the clock."""


def fresh_start(task: Task, rng: np.random.Generator, stop: np.ndarray) -> np.ndarray:
    """Return the tidied gates of one greedy run, of Paar's or of Boyar and Peralta's kind."""
    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    greedy = rng.integers(4)
    if task.max_depth >= 0 or task.rows.size > BP_LIMIT or greedy == 0:
        return tidy(task, paar_gates(task, random, stop))
    return tidy(task, bp_gates(task, ("rnbp", "a1", "a2")[greedy - 1], random, stop))


def vectors_of(task: Task, gates: np.ndarray) -> list[int]:
    """Return the words of all signals, first the inputs, then the gates."""
    words = task.units.tolist()
    for a, b in gates.tolist():
        words.append(words[a] ^ words[b])
    return words


def words_of(task: Task, gates: np.ndarray) -> np.ndarray:
    """Return the words of the gates: uint64."""
    return np.array(vectors_of(task, gates)[task.n_in :], dtype=np.uint64)


def walk_set(search: Search, gates: np.ndarray, seed: int, bias: float) -> np.ndarray:
    """Walk from some gates until nothing more is found or the time is over; offer every circuit that beats the best.

    Args:
        search: the search, whose task the gates make.
        gates: tidy gates, at most `WALK_LIMIT`.
        seed: the seed of the random moves.
        bias: vectors that n pairs sum to are drawn with the weight exp(bias·n).

    Returns:
        The gates of the last smallest set that the walk met.
    """
    from xoropt.circuits.kernels.walk import walk

    task = search.task
    words = words_of(task, gates)

    def moves(state, steps, weights, spare, up):  # type: ignore[no-untyped-def]
        walk(state, steps, weights, spare, up, task.max_depth)

    return wired(task, walk_state(search, words, len(words) + task.n_in + 4, seed, bias, moves))


def walk_state(
    search: Search,
    words: np.ndarray,
    capacity: int,
    seed: int,
    bias: float,
    moves: Callable[..., None],
    at_once: int = 1,
) -> np.ndarray:
    """Walk from a set of words; offer every circuit that beats the best.

    Args:
        search: the search, whose targets the words make.
        words: uint64, the words of the gates.
        capacity: the most words, those of the inputs included.
        seed: the seed of the random moves.
        bias: as for `walk_set`.
        moves: `moves(state, steps, weights, spare, up)` makes some moves, as `xoropt.circuits.kernels.walk.walk` does.
        at_once: the number of words that a move exchanges: the patience is that for so many fewer words.

    Returns:
        The words of the last smallest set that the walk met.
    """
    from xoropt.circuits.kernels import sets
    from xoropt.circuits.kernels.walk import MAX_WEIGHT

    task = search.task
    state = sets.new_state(capacity, seed)
    for kind, some in ((sets.INPUT, task.units), (sets.TARGET, task.targets), (sets.INTERIOR, words)):
        sets.insert_all(state, some, kind)
    state.info[sets.BEST] = size = len(words)
    state.best[:size] = words
    weights = np.exp(bias * np.arange(MAX_WEIGHT + 1))
    steps, idle = 100, 0
    while search.left and size > len(task.rows) and at_once * idle < PATIENCE * size:
        started = search.spent
        spare = 1 if at_once * idle > PLATEAU * size else 0
        moves(state, steps, weights, spare, UP if spare else 0.0)
        idle += steps
        if state.info[sets.BEST] < size:
            size, idle = int(state.info[sets.BEST]), 0
            if size < search.size:
                search.offer(wired(task, state.best[:size]))
        steps = max(10, int(steps * min(2.0, CHUNK_SECONDS / max(search.spent - started, 1e-6))))
        search.tell()
    return state.best[:size].copy()


def wired(task: Task, words: np.ndarray) -> np.ndarray:
    """Return gates of least depth whose signals are the given words: int32 (gates, 2)."""
    from xoropt.circuits.kernels.wiring import wire

    table = 1 << max(4, int(4 * (len(words) + task.n_in)).bit_length())
    return wire(task.units, words, np.zeros(table, np.uint64), np.zeros(table, np.int32))
