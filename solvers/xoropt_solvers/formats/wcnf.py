"""Weighted CNF, old and as of 2022, for any MaxSAT solver.

Variables 1 … n are x, variables n + 1 … n + k are the errors of the rows, and later ones are auxiliary.
"""

from collections.abc import Iterable

import numpy as np

from xoropt_solvers.encodings import Clauses, add_parity
from xoropt_solvers.errors import InvalidInputError
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.problem import ParityProblem

__all__ = ["clause_line", "fixed_literals", "soft_rows", "write_wcnf"]


def write_wcnf(problem: ParityProblem, path: Place, form: str = "old") -> None:
    """Write weighted CNF for MaxSAT solvers: parities in clauses, a soft clause ¬e for each row of positive weight.

    Args:
        problem: the problem.
        path: the file.
        form: "old", with a header and the weight `top` for what must hold, or "2022", without a header and with h.

    Raises:
        InvalidInputError: `form` is neither.
    """
    if form not in ("old", "2022"):
        raise InvalidInputError(f"Argument 'form' must be 'old' or '2022', not {form!r}.")
    hard: list[list[int]] = []
    clauses = Clauses(hard.append, problem.n + problem.k)
    for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True)):
        add_parity(clauses, [*(np.flatnonzero(row) + 1).tolist(), problem.n + 1 + i], bool(value))
    hard += [[v] for v in fixed_literals(problem)]
    soft = [(w, [-(problem.n + 1 + i)]) for i, w in soft_rows(problem)]
    top = sum(weight for weight, _ in soft) + 1
    if form == "2022":
        new = [f"h {clause_line(clause)}" for clause in hard]
        write_lines(path, [*new, *(f"{weight} {clause_line(clause)}" for weight, clause in soft)])
        return
    lines = [f"p wcnf {clauses.variables} {len(hard) + len(soft)} {top}"]
    lines += [f"{top} {clause_line(clause)}" for clause in hard]
    lines += [f"{weight} {clause_line(clause)}" for weight, clause in soft]
    write_lines(path, lines)


def soft_rows(problem: ParityProblem) -> list[tuple[int, int]]:
    """Return index and weight of the rows that cost something and may be wrong."""
    hard = np.zeros(problem.k, dtype=bool) if problem.hard is None else problem.hard
    return [(i, w) for i, w in enumerate(problem.row_weights.tolist()) if w > 0 and not hard[i]]


def fixed_literals(problem: ParityProblem, errors: bool = True) -> list[int]:
    """Return the literals of what is given: bits of x, and where errors are variables, that hard rows have none."""
    hard = [] if problem.hard is None or not errors else [-problem.n - 1 - int(i) for i in np.flatnonzero(problem.hard)]
    if problem.fixed is None:
        return hard
    return hard + [int(j + 1 if problem.fixed[j] else -j - 1) for j in np.flatnonzero(problem.fixed >= 0)]


def clause_line(clause: Iterable[int]) -> str:
    """Return the line of a clause."""
    return " ".join(map(str, [*clause, 0]))
