"""CPLEX LP, for any integer programming solver; it is only written."""

import numpy as np

from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.formats.wcnf import fixed_literals, soft_rows
from xoropt_solvers.problem import ParityProblem

__all__ = ["write_lp"]


def write_lp(problem: ParityProblem, path: Place) -> None:
    """Write CPLEX LP: each parity is Σ x + e − 2·s = value, with an integer s that its row bounds."""
    goal = [f"{w} e{i + 1}" for i, w in soft_rows(problem)]
    rows, bounds = [], []
    for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True)):
        names = [*(f"x{v + 1}" for v in np.flatnonzero(row)), f"e{i + 1}"]
        rows.append(f" r{i + 1}: {names[0]}")
        rows += [f" + {name}" for name in names[1:]]
        rows.append(f" - 2 s{i + 1} = {int(value)}")
        bounds.append(f" 0 <= s{i + 1} <= {(len(names) - int(value)) // 2}")
    bounds += [f" x{abs(v)} = {int(v > 0)}" for v in fixed_literals(problem, errors=False)]
    if problem.hard is not None:
        bounds += [f" e{i + 1} = 0" for i in np.flatnonzero(problem.hard).tolist()]
    binaries = [*(f" x{j + 1}" for j in range(problem.n)), *(f" e{i + 1}" for i in range(problem.k))]
    # One term in each line, since readers cut lines of more than 510 characters.
    lines = ["Minimize", " cost:", *(f" + {term}" for term in goal or ["0 e1"]), "Subject To", *rows, "Bounds", *bounds]
    write_lines(path, [*lines, "Binaries", *binaries, "Generals", *(f" s{i + 1}" for i in range(problem.k)), "End"])
