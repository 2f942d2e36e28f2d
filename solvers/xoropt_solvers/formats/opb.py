"""Pseudo-Boolean constraints (OPB): each parity is Σ x + e − 2·s = value, with s in binary."""

import re
from pathlib import Path

import numpy as np

from xoropt_solvers.errors import FileFormatError
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.formats.wcnf import fixed_literals, soft_rows
from xoropt_solvers.parity_checks import ParityChecks
from xoropt_solvers.problem import ParityProblem

__all__ = ["read_opb", "write_opb"]

TERM = re.compile(r"([+-]?\d+)\s+x(\d+)")


def write_opb(problem: ParityProblem, path: Place) -> None:
    """Write pseudo-Boolean constraints: each parity is Σ x + e − 2·s = value, with s in binary."""
    n, k = problem.n, problem.k
    last = n + k
    rows = []
    for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True)):
        terms = [f"+1 x{v}" for v in [*(np.flatnonzero(row) + 1).tolist(), n + 1 + i]]
        for bit in range(((len(terms) - int(value)) // 2).bit_length()):
            last += 1
            terms.append(f"-{2 << bit} x{last}")
        rows.append(f"{' '.join(terms)} = {int(value)} ;")
    rows += [f"+1 x{abs(v)} = {int(v > 0)} ;" for v in fixed_literals(problem)]
    goal = " ".join(f"+{w} x{n + 1 + i}" for i, w in soft_rows(problem))
    write_lines(path, [f"* #variable= {last} #constraint= {len(rows)}", f"min: {goal} ;", *rows])


def read_opb(path: Path, lines: list[str]) -> ParityProblem:
    """Read constraints that are parities, as `write_opb` and others write them, and a goal to minimize.

    A variable that a constraint has with an even coefficient, and no other constraint or the goal at all, is auxiliary;
    those of a constraint must reach every even number that its other variables can add up to. All other variables are
    errors of the problem, of weight 0 where the goal does not have them.

    Raises:
        FileFormatError: a constraint is no parity; the message names the line.
    """
    goal: dict[int, int] = {}
    constraints: list[tuple[int, dict[int, int], int]] = []
    for at, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("*"):
            continue
        terms = {int(v): int(a) for a, v in TERM.findall(text)}
        if text.startswith("min:"):
            goal = terms
            continue
        end = re.fullmatch(r".*?=\s*([+-]?\d+)\s*;", text)
        if ">=" in text or end is None or TERM.sub("", text[: text.index("=")]).strip():
            raise FileFormatError(f"{path}, line {at}: must be a parity, Σ x − 2·s = value ;, not {text[:40]!r}.")
        constraints.append((at, terms, int(end[1])))
    uses: dict[int, int] = {}
    for _, terms, _ in constraints:
        for v in terms:
            uses[v] = uses.get(v, 0) + 1
    rows: list[list[int]] = []
    for at, terms, value in constraints:
        own = [v for v, a in terms.items() if abs(a) == 1]
        reach = sum(
            -a for v, a in terms.items() if v not in own and a < 0 and a % 2 == 0 and uses[v] == 1 and v not in goal
        )
        steps = sorted(-a for v, a in terms.items() if v not in own)
        whole = all(step <= 2 + sum(steps[:i]) for i, step in enumerate(steps))
        if (
            any(terms[v] < 0 for v in own)
            or sum(steps) != reach
            or not whole
            or value not in (0, 1)
            or (reach < len(own) - value - (len(own) - value) % 2)
        ):
            raise FileFormatError(f"{path}, line {at}: is no parity of its variables.")
        rows.append([*own, value])
    errors = sorted({v for row in rows for v in row[:-1]} | goal.keys())
    if any(weight < 0 for weight in goal.values()):
        raise FileFormatError(f"{path}: the goal must have weights of at least 0.")
    place = {v: i for i, v in enumerate(errors)}
    columns = [sorted(place[v] for v in row[:-1]) for row in rows]
    starts = np.cumsum([0, *map(len, columns)]).astype(np.int64)
    flat = np.array([i for column in columns for i in column], dtype=np.int64)
    syndrome = np.array([row[-1] == 1 for row in rows], dtype=bool)
    H = ParityChecks(starts, flat, syndrome, len(errors))
    return ParityProblem.from_checks(H, syndrome, [goal.get(v, 0) for v in errors])
