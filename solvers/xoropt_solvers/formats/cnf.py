"""DIMACS CNF with XOR lines, which `xoropt_solvers.formats.dimacs` reads."""

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.encodings import Clauses, add_weight_sum
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.formats.wcnf import clause_line, fixed_literals, soft_rows
from xoropt_solvers.problem import ParityProblem

__all__ = ["write_cnf"]


def write_cnf(problem: ParityProblem, path: Place, bound: int | None = None) -> None:
    """Write DIMACS CNF with XOR lines.

    Args:
        problem: the problem.
        path: the file.
        bound: None writes each row as one XOR line, which `read_problem` reads back (as WCNF where the problem has
            weights); the file is satisfiable if all rows can hold. With a bound, each row gets an error variable, and
            a counter allows errors up to that cost; the file is satisfiable if and only if the minimum is at most that.

    Raises:
        InvalidInputError: `bound` is negative, or no integer.
    """
    if bound is None:
        weighted = problem.weights is not None or problem.hard is not None
        top = int(problem.row_weights.sum()) + 1
        weights = problem.row_weights if problem.hard is None else np.where(problem.hard, top, problem.row_weights)
        lines = []
        for row, value, weight in zip(problem.A, problem.b, weights, strict=True):
            literals = _parity_literals((np.flatnonzero(row) + 1).tolist(), bool(value))
            lines.append(f"x {weight} {literals}0" if weighted else f"x {literals}0")
        # A row that always holds needs a variable; where there is none, one comes back that is not used.
        variables = problem.n if problem.b.all() else max(1, problem.n)
        lines += [f"{top} {v} 0" if weighted else f"{v} 0" for v in fixed_literals(problem, errors=False)]
        header = f"p wcnf {variables} {len(lines)} {top}" if weighted else f"p cnf {variables} {len(lines)}"
        write_lines(path, [header, *lines])
        return
    checks.integer(bound, "bound", 0)
    lines = _error_rows(problem)
    clauses = Clauses(lambda clause: lines.append(clause_line(clause)), problem.n + problem.k)
    pairs = [(problem.n + 1 + i, w) for i, w in soft_rows(problem)]
    for literal in add_weight_sum(clauses, [pairs], bound + 1).at_most(bound):
        clauses.add([literal])
    lines += [f"{v} 0" for v in fixed_literals(problem)]
    write_lines(path, [f"p cnf {clauses.variables} {len(lines)}", *lines])


def _error_rows(problem: ParityProblem) -> list[str]:
    return [
        f"x {_parity_literals([*(np.flatnonzero(row) + 1).tolist(), problem.n + 1 + i], bool(value))}0"
        for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True))
    ]


def _parity_literals(variables: list[int], value: bool) -> str:
    """Return the literals of an XOR line. Their XOR must be true, so that a value of 0 negates the first one.

    An empty row of value 0 becomes a variable and its negation, which always holds.
    """
    literals = list(variables) if variables or value else [1, 1]
    if not value:
        literals[0] = -literals[0]
    return "".join(f"{v} " for v in literals)
