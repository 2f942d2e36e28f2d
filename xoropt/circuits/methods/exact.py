"""Exact synthesis by SAT: C. Fuhs and P. Schneider-Kamp, "Synthesizing shortest linear straight-line programs over
GF(2) using SAT", SAT 2010.

A formula for a given number of gates says which two earlier signals each gate adds, and which gate makes each row.
The number of gates falls until the formula has no model. This is feasible for matrices of about a dozen gates.
"""

import itertools
import time

import numpy as np
from xoropt_solvers.interrupts import AbandonedError, call_within

from xoropt.circuits.methods.cutting import cut_out, local_gates, put_back, random_order
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.task import Search, Task, tidy

__all__ = ["METHOD", "exact_gates"]

MOST_CLAUSES = 200_000
"""The most clauses of a formula that is solved."""
CLAUSES_A_SECOND = 100_000
"""A formula is not begun where it would have more clauses for the time that is left."""
WINDOW = 9
"""The most gates of a window."""


def run(search: Search, seed: int) -> None:
    """Look for fewer gates until none are proven possible; for large circuits, in windows until the time is over."""
    if search.gates is None:
        search.offer(paar_gates(search.task, np.array([2 * seed + 1], dtype=np.uint64), search.flag))
    assert search.gates is not None
    if _clauses(search.task, len(search.gates)) <= MOST_CLAUSES:
        gates = _fewer(search.task, search.gates, search)
        search.offer(gates)
        return
    rng = np.random.default_rng(seed)
    gates = search.gates
    while search.left:
        gates = random_order(search.task, gates, rng)
        size = int(rng.integers(3, WINDOW + 1))
        first = int(rng.integers(max(1, len(gates) - size + 1)))
        window = cut_out(search.task, gates, first, size)
        old = local_gates(search.task, gates, window)
        if len(window.outputs) < size and _clauses(window.part, size) <= MOST_CLAUSES:
            new = _fewer(window.part, old, search)
            if len(new) < size:
                gates = tidy(search.task, put_back(search.task, gates, window, new))
                search.offer(gates)


def _fewer(task: Task, gates: np.ndarray, search: Search) -> np.ndarray:
    """Return the fewest gates that SAT finds for a map in the time left, starting from the given ones."""
    while len(gates) > len(task.rows) and _clauses(task, len(gates)) <= CLAUSES_A_SECOND * search.left:
        found = exact_gates(task, len(gates) - 1, search.left)
        if found is None:
            break
        gates = tidy(task, found)
    return gates


def _clauses(task: Task, gates: int) -> int:
    """Return roughly the number of clauses of the formula."""
    return 4 * task.n_in * gates * (task.n_in + gates) ** 2 // 2


def exact_gates(task: Task, count: int, seconds: float) -> np.ndarray | None:
    """Return `count` gates that make every row, or None if there are none or the time ran out.

    Args:
        task: the map.
        count: the number of gates.
        seconds: the time limit.

    Returns:
        The gates as int32 (count, 2), or None.
    """
    from pysat.solvers import Glucose4

    ends = time.monotonic() + seconds
    formula = _Formula(task, count)
    solver = Glucose4(bootstrap_with=formula.clauses)
    try:
        satisfied = call_within(
            lambda: solver.solve_limited(expect_interrupt=True),
            max(0.0, ends - time.monotonic()),
            solver.interrupt,
            solver.delete,
        )
    except AbandonedError:
        return None
    found = solver.get_model() if satisfied else []
    solver.delete()
    if not satisfied:
        return None
    model = {literal for literal in found if literal > 0}
    return np.array([next(p for p, v in choices.items() if v in model) for choices in formula.pairs], dtype=np.int32)


class _Formula:
    """The clauses that say which pair each gate adds, which inputs its row holds, and which gate makes each target."""

    def __init__(self, task: Task, count: int) -> None:
        self.clauses: list[list[int]] = []
        self.used = 0
        n = task.n_in
        self.pairs: list[dict[tuple[int, int], int]] = [
            {pair: self._new() for pair in itertools.combinations(range(n + gate), 2)} for gate in range(count)
        ]
        bits = [[self._new() for _ in range(n)] for _ in range(count)]
        for gate in range(count):
            self._exactly_one(list(self.pairs[gate].values()))
            for (a, b), chosen in self.pairs[gate].items():
                for column in range(n):
                    self._add_row(chosen, bits, a, b, n + gate, column, n)
        for row in task.rows:
            places = [self._new() for _ in range(count)]
            self._exactly_one(places)
            for gate, place in enumerate(places):
                self.clauses += [[-place, bits[gate][j] if row[j] else -bits[gate][j]] for j in range(n)]
        # Gates that don't read each other are sorted by their pairs.
        for gate in range(count - 1):
            later = self.pairs[gate + 1]
            for pair, chosen in self.pairs[gate].items():
                self.clauses += [[-chosen, -later[other]] for other in later if n + gate not in other and other <= pair]

    def _new(self) -> int:
        """Return a new variable."""
        self.used += 1
        return self.used

    def _exactly_one(self, literals: list[int]) -> None:
        """Add clauses that exactly one literal holds; registers replace the pairwise clauses (Sinz 2005)."""
        self.clauses.append(literals)
        before = 0
        for i, literal in enumerate(literals):
            if before:
                self.clauses.append([-before, -literal])
            if i < len(literals) - 1:
                register = self._new()
                self.clauses.append([-literal, register])
                if before:
                    self.clauses.append([-before, register])
                before = register

    def _add_row(self, chosen: int, bits: list[list[int]], a: int, b: int, gate: int, column: int, n: int) -> None:
        """Add clauses that make bit `column` of a gate the sum of its operands' bits if the pair is chosen."""
        known, free = 0, [bits[gate - n][column]]
        for signal in (a, b):
            if signal < n:
                known ^= signal == column
            else:
                free.append(bits[signal - n][column])
        for signs in itertools.product((1, -1), repeat=len(free)):
            if sum(sign < 0 for sign in signs) % 2 == (not known):
                self.clauses.append([-chosen, *(sign * literal for sign, literal in zip(signs, free, strict=True))])


METHOD = Method(run, improves=True)
