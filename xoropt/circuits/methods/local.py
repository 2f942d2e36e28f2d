"""Local search over the set of signals: take a signal out, put another in, keep everything computable.

The neighbourhood is that of equal-cost rewriting (D. Lin, Z. Xiang, X. Zeng, S. Zhang, "A framework to optimize
implementations of matrices", CT-RSA 2021; A. Maximov, "AES MixColumn with 92 XOR gates", 2019), made complete for one
signal: a state is only the set of signals, every way to sum them is open, and a move may put in any vector that makes
the targets computable again. Vectors that many pairs of signals sum to are preferred: they are the ones that can later
be had for nothing. On a plateau a signal too many is allowed for a while.
"""

import numpy as np

from xoropt.circuits.methods.boyar_peralta import BP_LIMIT, bp_gates
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, tidy

__all__ = ["METHOD", "WALK_LIMIT", "vectors_of", "walk_set"]

BIASES = (0.5, 0.8, 0.25)
"""Candidates that n pairs sum to are drawn with weight exp(bias·n); walks take these in turn."""
WALK_LIMIT = 2000
"""Gates at most: the tables of a walk grow with the square."""
UP = 0.05
"""How often a walk on a plateau adds a signal."""
PLATEAU, PATIENCE = 50, 5000
"""A walk without gain for so many moves a gate is on a plateau, and has nothing more to find."""
CHUNK_SECONDS = 0.1


def run(search: Search, seed: int) -> None:
    """Walks from the best gates so far; when one has nothing more to find, from the best again or from a new start.

    Windows of the circuit instead, when it is too large to be walked as a whole.
    """
    rng = np.random.default_rng(seed)
    gates = search.gates
    if gates is None:
        gates = fresh_start(search.task, rng)
        search.offer(gates, "paar")
    if search.size > WALK_LIMIT:
        from xoropt.circuits.methods import windows  # which imports this module

        windows.run(search, seed)
        return
    turn = seed
    while search.left and search.size > len(search.task.rows):
        walk_set(search, gates, int(rng.integers(1 << 30)), BIASES[turn % len(BIASES)])
        turn += 1
        best = search.gates if rng.random() < 0.5 else None
        gates = fresh_start(search.task, rng) if best is None else best


def fresh_start(task: Task, rng: np.random.Generator) -> np.ndarray:
    """Tidied gates of one greedy run."""
    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    greedy = rng.integers(4)
    if task.max_depth >= 0 or task.rows.size > BP_LIMIT or greedy == 0:
        return tidy(task, paar_gates(task, random))
    return tidy(task, bp_gates(task, ("rnbp", "a1", "a2")[greedy - 1], random))


def vectors_of(task: Task, gates: np.ndarray) -> list[int]:
    """The words of all signals: inputs, then gates."""
    words = task.units.tolist()
    for a, b in gates.tolist():
        words.append(words[a] ^ words[b])
    return words


def walk_set(search: Search, gates: np.ndarray, seed: int, bias: float) -> np.ndarray:
    """One walk from these gates until it has nothing more to find or the time is over; offers what beats the best.

    Args:
        gates: tidy, at most `WALK_LIMIT`.

    Returns: the gates of the last smallest set that the walk met.
    """
    from xoropt.circuits.kernels import sets
    from xoropt.circuits.kernels.walk import MAX_WEIGHT, walk

    task = search.task
    words = np.array(vectors_of(task, gates), dtype=np.uint64)
    state = sets.new_state(len(words) + 4, seed)
    for kind, some in ((sets.INPUT, task.units), (sets.TARGET, task.targets), (sets.INTERIOR, words[task.n_in :])):
        sets.insert_all(state, some, kind)
    state.info[sets.BEST] = size = len(gates)
    state.best[:size] = words[task.n_in :]
    weights = np.exp(bias * np.arange(MAX_WEIGHT + 1))
    steps, idle = 100, 0
    while search.left and size > len(task.rows) and idle < PATIENCE * size:
        started = search.spent
        spare = 1 if idle > PLATEAU * size else 0
        walk(state, steps, weights, spare, UP if spare else 0.0, task.max_depth)
        idle += steps
        if state.info[sets.BEST] < size:
            size, idle = int(state.info[sets.BEST]), 0
            if size < search.size:
                search.offer(wired(task, state.best[:size]), "local")
        steps = max(10, int(steps * min(2.0, CHUNK_SECONDS / max(search.spent - started, 1e-6))))
        search.tell()
    return wired(task, state.best[:size])


def wired(task: Task, words: np.ndarray) -> np.ndarray:
    """Gates of least depth whose signals are these words; int32 (gates, 2)."""
    from xoropt.circuits.kernels.wiring import wire

    table = 1 << max(4, int(4 * (len(words) + task.n_in)).bit_length())
    return wire(task.units, words, np.zeros(table, np.uint64), np.zeros(table, np.int32))


METHOD = Method(run, bounded=True, improves=True)
