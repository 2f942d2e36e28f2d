"""Simulated annealing for circuits of bounded depth: the number of gates is fixed, and the outputs are brought forward.

Bounded circuits with few gates are rare, and lie far from each other; circuits with as few gates and any depth are
many, and near. So the walk goes over sets of signals with at most one gate less than the best, each of which makes
every output, at whatever level. Its energy is the number of levels by which outputs come too late (S. Kirkpatrick,
C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", Science 220, 1983). Where it reaches zero there is a
circuit within the bound, and the next one is to have a gate less. A run that fails is followed by one twice as long.
"""

from dataclasses import replace

import numpy as np

from xoropt.circuits.methods import local
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.walking import WALK_LIMIT, fresh_start, walk_set, wired, words_of
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "early_words"]

START_SHARE = 0.1
"""The most of the time that is left for a start: a circuit without a bound that is small enough."""
HOT, COLD = 1.0, 0.15
"""The levels that a move may lose with a probability of 1/e, at first and at last."""
ROUNDS = 40
"""The temperatures of a run."""
MOVES = 1000
"""The moves for each signal of the first run."""
UP = 0.3
"""The probability of adding a signal where there are fewer than allowed."""
BIASES = (0.5, 0.2)
"""The biases of the runs, in turn: vectors that n pairs sum to are drawn with the weight exp(bias·n)."""
CHUNK_SECONDS = 0.1
"""The time between two looks at the clock."""


def run(search: Search, seed: int) -> None:
    """Anneal circuits with ever fewer gates until the time is over; without a depth bound search locally."""
    task, rng = search.task, np.random.default_rng(seed)
    if search.gates is None:
        search.offer(fresh_start(task, rng, search.flag))
    if task.max_depth < 0 or search.size > WALK_LIMIT:
        local.run(search, seed)
        return
    free = replace(task, max_depth=-1)
    moves, turn = MOVES, seed
    pool: list[np.ndarray] = []
    while search.left and search.size > len(task.rows):
        most = search.size - 1
        pool = [words for words in pool if len(words) <= most]
        if not pool or rng.random() < 0.5:
            pool.append(_start(search, free, most, rng))
        words = pool[int(rng.integers(len(pool)))]
        if len(words) > most:  # no bound, and still as many gates: the bound is not what costs them
            _walk_bounded(search, rng)
            continue
        found = early_words(search, words, most, moves, int(rng.integers(1 << 30)), BIASES[turn % len(BIASES)])
        turn += 1
        if found is None:
            moves *= 2
        else:
            search.offer(wired(task, found))


def _start(search: Search, free: Task, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return the words of a circuit without a bound, of at most so many gates if one is found in time."""
    end = search.spent + START_SHARE * search.left
    best: np.ndarray | None = None
    while best is None or (len(best) > most and search.left and search.spent < end):
        sub = Search(free, min(end, search.time_limit), started=search.started)
        sub.stopped, sub.flag = search.stopped, search.flag
        gates = fresh_start(free, rng, search.flag)
        words = words_of(free, walk_set(sub, gates, int(rng.integers(1 << 30)), 0.5, most))
        if best is None or len(words) < len(best):
            best = words
        search.tell()
    return best


def _walk_bounded(search: Search, rng: np.random.Generator) -> None:
    """Walk from the best circuit within the bound for a share of the time."""
    assert search.gates is not None
    sub = search.until(search.spent + START_SHARE * search.left)
    search.offer(walk_set(sub, search.gates, int(rng.integers(1 << 30)), BIASES[0]))


def early_words(search: Search, words: np.ndarray, most: int, moves: int, seed: int, bias: float) -> np.ndarray | None:
    """Anneal from the words of a circuit of any depth to those of one within the bound.

    Args:
        search: the search, whose targets the words make.
        words: uint64, the words of the gates.
        most: the most gates.
        moves: the number of moves for each signal.
        seed: the seed of the random moves.
        bias: vectors that n pairs sum to are drawn with the weight exp(bias·n).

    Returns:
        The words of a circuit within the depth bound, or None if none was found.
    """
    from xoropt.circuits.kernels import sets
    from xoropt.circuits.kernels.early import early_walk
    from xoropt.circuits.kernels.orbits import image_tables
    from xoropt.circuits.kernels.walk import MAX_WEIGHT

    task = search.task
    tables = image_tables(np.arange(task.n_in)[None])
    state = sets.new_state(task.n_in + max(most, len(words)) + 4, seed)
    for kind, some in ((sets.INPUT, task.units), (sets.TARGET, task.targets), (sets.INTERIOR, words)):
        sets.insert_all(state, some, kind)
    weights = np.exp(bias * np.arange(MAX_WEIGHT + 1))
    steps, over = 100, 1
    for heat in np.geomspace(HOT, COLD, ROUNDS):
        left = -(-moves * most // ROUNDS)
        while left > 0:
            if not search.left:
                return None
            started, count = search.spent, min(steps, left)
            over = early_walk(state, tables, count, weights, most, task.max_depth, heat, UP)
            if over == 0:
                members = state.live[: state.info[sets.LIVE]]
                return state.vectors[members[state.kind[members] != sets.INPUT]].copy()
            left -= count
            steps = max(10, int(steps * min(2.0, CHUNK_SECONDS / max(search.spent - started, 1e-6))))
            search.tell()
    return None


METHOD = Method(run, bounded=True, improves=True)
