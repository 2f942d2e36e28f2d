"""Simulated annealing over sets of signals, with or without a bound of the depth.

A state is a set of signals that makes every output, with any number of gates and at whatever level. Its energy is the
number of levels by which outputs come too late, and a price for each gate more than wanted: one less than the best
circuit has (S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", Science 220, 1983).
Circuits within a bound that have few gates lie far from each other, but the states between them are many: such as
are a gate too large, or late at one output. Where the energy is zero there is a better circuit, and the next one is to
have a gate less. A run that fails is followed by one twice as long.
"""

import numpy as np

from xoropt.circuits.methods import windows
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.walking import WALK_LIMIT, fresh_start, wired, words_of
from xoropt.circuits.task import Search

__all__ = ["METHOD", "annealed"]

PRICE = 2.0
"""The energy of a gate too many; that of an output that comes a level too late is 1."""
HOT, COLD = 0.5, 0.2
"""The energy that a move may cost with a probability of 1/e, at first and at last."""
ROUNDS = 40
"""The temperatures of a run."""
MOVES = 1000
"""The moves for each signal of the first run."""
UP = 0.3
"""The probability of trying a move that only adds a signal."""
SPARE = 12
"""The most gates too many."""
BIASES = (0.5, 0.2)
"""The biases of the runs, in turn: vectors that n pairs sum to are drawn with the weight exp(bias·n)."""
CHUNK_SECONDS = 0.1
"""The time between two looks at the clock."""


def run(search: Search, seed: int) -> None:
    """Anneal from the best gates, to ever fewer, until the time is over."""
    rng = np.random.default_rng(seed)
    if search.gates is None:
        search.offer(fresh_start(search.task, rng, search.flag))
    if search.size > WALK_LIMIT:
        windows.run(search, seed)
        return
    moves, turn = MOVES, seed
    while search.left and search.size > len(search.task.rows):
        assert search.gates is not None
        words, most = words_of(search.task, search.gates), search.size - 1
        found = annealed(search, words, most, moves, int(rng.integers(1 << 30)), BIASES[turn % len(BIASES)])
        turn += 1
        if found is None:
            moves *= 2
        else:
            search.offer(wired(search.task, found))


def annealed(search: Search, words: np.ndarray, most: int, moves: int, seed: int, bias: float) -> np.ndarray | None:
    """Anneal from the words of a circuit, of any depth and size, to those of a small one within the bound.

    Args:
        search: the search, whose targets the words make.
        words: uint64, the words of the gates.
        most: the most gates that are wanted.
        moves: the number of moves for each signal.
        seed: the seed of the random moves.
        bias: vectors that n pairs sum to are drawn with the weight exp(bias·n).

    Returns:
        The words of a circuit of at most so many gates within the depth bound, or None if none was found.
    """
    from xoropt.circuits.kernels import sets
    from xoropt.circuits.kernels.early import ANY, early_walk
    from xoropt.circuits.kernels.orbits import image_tables
    from xoropt.circuits.kernels.walk import MAX_WEIGHT

    task = search.task
    tables = image_tables(np.arange(task.n_in)[None])
    state = sets.new_state(task.n_in + max(most, len(words)) + SPARE, seed)
    for kind, some in ((sets.INPUT, task.units), (sets.TARGET, task.targets), (sets.INTERIOR, words)):
        sets.insert_all(state, some, kind)
    weights = np.exp(bias * np.arange(MAX_WEIGHT + 1))
    bound = ANY if task.max_depth < 0 else task.max_depth
    steps = 100
    for heat in np.geomspace(HOT, COLD, ROUNDS):
        left = -(-moves * most // ROUNDS)
        while left > 0:
            if not search.left:
                return None
            started, count = search.spent, min(steps, left)
            if early_walk(state, tables, count, weights, most, bound, PRICE, heat, UP) == 0:
                members = state.live[: state.info[sets.LIVE]]
                return state.vectors[members[state.kind[members] != sets.INPUT]].copy()
            left -= count
            steps = max(10, int(steps * min(2.0, CHUNK_SECONDS / max(search.spent - started, 1e-6))))
            search.tell()
    return None


METHOD = Method(run, bounded=True, improves=True)
