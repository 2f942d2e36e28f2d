"""MacKay's alist: a sparse parity-check matrix as lists of the ones in each column and in each row.

The lists of MacKay's collection are filled up with zeros, those of Kaiserslautern's are not; both are read. The
syndrome is a file beside it.
"""

from pathlib import Path

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.formats.check_matrix import BESIDE, CheckMatrix, checks_of, syndrome_lines, too_wide
from xoropt_solvers.formats.dimacs import number
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.parity_checks import ParityChecks
from xoropt_solvers.problem import ParityProblem

__all__ = ["read_alist", "write_alist"]


def read_alist(path: Path, lines: list[str]) -> CheckMatrix:
    """Read the matrix; the lists of the rows must say what those of the columns say.

    Raises:
        FileFormatError: the lines hold something else; the message names the line.
    """
    table = [[number(path, at, word, 0) for word in line.split()] for at, line in enumerate(lines, 1)]
    if table and len(table[0]) == 2:
        whole = 4 + sum(table[0])  # an empty list may be an empty line, others at the end mean nothing
        while len(table) > whole and not table[-1]:
            table.pop()
    if len(table) < 4 or len(table[0]) != 2:
        raise FileFormatError(
            f"{path}: an alist begins with its numbers of columns and rows, the largest weights, and all."
        )
    n, m = table[0]
    wrong = too_wide(m, n)
    if wrong:
        raise FileFormatError(f"{path}, line 1: {wrong}")
    if len(table[2]) != n or len(table[3]) != m or len(table) != 4 + n + m:
        raise FileFormatError(
            f"{path}: an alist of {n} columns and {m} rows has {4 + n + m} lines with {n} and {m} weights in lines"
            f" 3 and 4, but it has {len(table)} lines with {len(table[2])} and {len(table[3])}."
        )
    by_column = {(row, column + 1) for column in range(n) for row in table[4 + column] if row}
    by_row = {(row + 1, column) for row in range(m) for column in table[4 + n + row] if column}
    for (row, column), listed in ((one, "column") for one in by_column ^ by_row):
        where = "columns" if (row, column) in by_column else "rows"
        other = "rows" if where == "columns" else "columns"
        raise FileFormatError(
            f"{path}: the lists of {where} have a one in row {row}, {listed} {column}, those of {other} do not."
        )
    ones = sorted(by_row)
    starts = np.searchsorted([row for row, _ in ones], np.arange(1, m + 2))
    columns = np.array([column - 1 for _, column in ones], dtype=np.int64)
    return CheckMatrix(ParityChecks(starts.astype(np.int64), columns, np.zeros(m, dtype=bool), n))


def write_alist(problem: ParityProblem, path: Place) -> None:
    """Write the checks as MacKay does, and the syndrome beside them.

    Raises:
        InvalidInputError: the problem has weights or hard rows, which an alist cannot hold.
    """
    if problem.weights is not None:
        raise InvalidInputError("Argument 'problem' has weights, which an alist cannot hold: use .npz.")
    given = checks_of(problem)
    rows, columns = given.rows, given.columns
    by_row = np.split(columns + 1, given.starts[1:-1]) if len(given) else []
    order = np.argsort(columns, kind="stable")
    ends = np.cumsum(np.bincount(columns, minlength=given.length))[:-1]
    by_column = np.split(rows[order] + 1, ends) if given.length else []
    lists = [[one.tolist() for one in side] for side in (by_column, by_row)]
    most = [max(map(len, side), default=0) for side in lists]
    lines = [f"{given.length} {len(given)}", f"{most[0]} {most[1]}"]
    lines += [" ".join(str(len(one)) for one in side) for side in lists]
    lines += [" ".join(map(str, one + [0] * (most[i] - len(one)))) for i, side in enumerate(lists) for one in side]
    write_lines(path, lines)
    write_lines(Path(path).with_suffix(BESIDE), syndrome_lines(given))
