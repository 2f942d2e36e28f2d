"""Circuits with the symmetries of their matrix: greedy starts and walks in which whole orbits of gates come and go.

A circulant matrix of 8×8 bytes has a group of eight symmetries, and so has a Hadamard matrix; FOX's has seven. Where
the signals of a circuit are a union of orbits, a move changes up to eight gates at once, so that a walk is as short as
that for a matrix of an eighth of the size. Which group is best is found by a race: of several circuits with groups of
their own the worse half is dropped, again and again (successive halving: Karnin, Koren, Somekh, ICML 2013). What the
symmetry loses, a walk with fewer symmetries, and then with none, may gain afterwards.
"""

from dataclasses import dataclass

import numpy as np

from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.methods.walking import WALK_LIMIT, fresh_start, walk_set, walk_state, wired, words_of
from xoropt.circuits.symmetry import is_group, orders, symmetries
from xoropt.circuits.task import Search, Task

__all__ = ["METHOD", "groups_of", "races", "symmetric_walk"]

MOST_ELEMENTS = 16
"""The most elements of a group that is used."""
MOST_COLUMNS = 64
"""The most columns: with more, a word does not say which columns it sums."""
BIASES = (0.5, 0.8, 0.25)
"""The biases of the walks, in turn."""
ARMS = 8
"""The circuits that a race starts with."""
RACE_SHARE = 0.6
"""The share of the time for the races; in the rest the winner is walked with fewer symmetries, then with none."""
SHORT_COLUMNS, SHORT_RACES = 32, 4
"""Matrices of so few columns have several races, each with a share of the time."""


@dataclass
class _Arm:
    """A circuit in a race: its group of symmetries, None for none, and its words so far (None before it is made)."""

    group: np.ndarray | None
    bias: float
    words: np.ndarray | None = None


def run(search: Search, seed: int) -> None:
    """Race circuits with different groups of symmetries until the time is over; without time make one greedy run."""
    if search.gates is None:
        search.offer(paar_gates(search.task, np.array([2 * seed + 1], dtype=np.uint64), search.flag))
    races(search, seed, search.time_limit)


def races(search: Search, seed: int, end: float) -> None:
    """Race circuits with different groups of symmetries, if there are any, until some time of the search."""
    rng = np.random.default_rng(seed)
    groups = groups_of(search.task) if search.left else []
    length = (end - search.spent) / (SHORT_RACES if search.task.n_in <= SHORT_COLUMNS else 1)
    while groups and search.left and search.spent < end and search.size > len(search.task.rows):
        _race(search, groups, rng, min(end, search.spent + length))


def _race(search: Search, groups: list[np.ndarray], rng: np.random.Generator, end: float) -> None:
    """Start some circuits, half of them with the largest groups; drop the worse half again and again."""
    chosen = [groups[int(rng.integers(len(groups)))] for _ in range(ARMS - 1)]
    arms = [_Arm(group, BIASES[int(rng.integers(len(BIASES)))]) for group in [*chosen, None]]
    time = RACE_SHARE * (end - search.spent)
    levels = ARMS.bit_length()
    for level in range(levels):
        slice_ = time / levels / len(arms)
        for arm in arms:
            if not search.left:
                return
            _advance(search, arm, rng, min(search.spent + slice_, end))
        arms = sorted((arm for arm in arms if arm.words is not None), key=lambda arm: len(arm.words))  # type: ignore[arg-type]
        arms = arms[: max(1, ARMS >> (level + 1))]
    for arm in arms[:1]:
        part = [] if arm.group is None else [some for some in groups if len(some) < len(arm.group)]
        inside = [some for some in part if _contains(arm.group, some)]
        for group in [*inside[:1], None]:
            arm.group = group
            half = 0.5 * (end - search.spent) if group is not None else end - search.spent
            _advance(search, arm, rng, search.spent + half)


def _contains(group: np.ndarray | None, some: np.ndarray) -> bool:
    """Return whether every element of `some` is one of a group."""
    rows = {element.tobytes() for element in group} if group is not None else set()
    return all(element.tobytes() in rows for element in some)


def _advance(search: Search, arm: _Arm, rng: np.random.Generator, end: float) -> None:
    """Walk a circuit of the race until some time of the search; make it first if there is none."""
    task = search.task
    if arm.words is None:
        if arm.group is None:
            arm.words = words_of(task, fresh_start(task, rng, search.flag))
        else:
            arm.words = _greedy(task, arm.group, rng)
    if len(arm.words) + task.n_in > WALK_LIMIT:
        return
    sub = search.until(end)
    seed = int(rng.integers(1 << 30))
    if arm.group is None:
        arm.words = words_of(task, walk_set(sub, wired(task, arm.words), seed, arm.bias))
    else:
        arm.words = symmetric_walk(sub, arm.group, arm.words, seed, arm.bias)
    if len(arm.words) < search.size:
        search.offer(wired(task, arm.words))


def groups_of(task: Task) -> list[np.ndarray]:
    """Return groups of symmetries of a map, the largest first: each int64 (elements, columns)."""
    if task.n_in > MOST_COLUMNS or not len(task.rows):
        return []
    elements = symmetries(task.rows)
    found: dict[bytes, np.ndarray] = {}
    cyclic = []
    for element, order in zip(elements, orders(elements).tolist(), strict=True):
        if 1 < order <= MOST_ELEMENTS:
            powers = [np.arange(task.n_in)]
            while len(powers) < order:
                powers.append(element[powers[-1]])
            cyclic.append(np.array(powers))
    whole = 1 < len(elements) <= MOST_ELEMENTS and is_group(elements)
    candidates = [elements, *cyclic] if whole else list(cyclic)
    # Two cyclic groups whose elements commute make a larger one.
    for i, some in enumerate(cyclic):
        for other in cyclic[:i]:
            product = np.unique(some[:, None][..., other].reshape(-1, task.n_in), axis=0)
            if len(product) <= MOST_ELEMENTS and (some[1][other[1]] == other[1][some[1]]).all():
                candidates.append(product)
    for group in candidates:
        ordered = group[np.lexsort(group.T[::-1])]
        found.setdefault(ordered.tobytes(), ordered)
    return sorted(found.values(), key=len, reverse=True)


def symmetric_walk(search: Search, group: np.ndarray, words: np.ndarray, seed: int, bias: float) -> np.ndarray:
    """Walk from a set of words that a group of symmetries keeps, and return the smallest such set that is met."""
    from xoropt.circuits.kernels.orbits import image_tables, orbit_walk

    tables = image_tables(group)

    def moves(state, steps, weights, spare, up):  # type: ignore[no-untyped-def]
        orbit_walk(state, tables, steps, weights, spare * len(group), up, search.task.max_depth)

    capacity = len(words) + search.task.n_in + 4 * len(group)
    return walk_state(search, words, capacity, seed, bias, moves, len(group))


def _greedy(task: Task, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the words of a greedy run of Paar's kind that makes a gate for every image of the best pair: uint64.

    With a depth bound a pair counts only in the rows that can still be finished in time (`paar_bounded` says why).
    """
    from xoropt.circuits.kernels.orbits import image_tables, orbit_pairs

    random = rng.integers(1, 1 << 63, 1, dtype=np.uint64)
    return orbit_pairs(task.units, task.rows.astype(np.uint8), image_tables(group), task.max_depth, random)


METHOD = Method(run, bounded=True, improves=True)
