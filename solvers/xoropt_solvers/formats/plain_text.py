"""Plain text: a row in each line, in zeros and ones with or without blanks or commas between them, its value last.

A weight may follow after a colon (``0 1 1 1 : 5``). What follows a ``#`` is a comment.
"""

import re
from pathlib import Path

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.formats.dimacs import number
from xoropt_solvers.formats.places import Place, write_lines
from xoropt_solvers.problem import ParityProblem

__all__ = ["read_text", "write_text"]


def write_text(problem: ParityProblem, path: Place) -> None:
    """Write a row in each line, its value last.

    Raises:
        InvalidInputError: the problem has fixed bits or hard rows, which this format cannot hold.
    """
    if problem.fixed is not None or problem.hard is not None:
        raise InvalidInputError(
            "Argument 'problem' has fixed bits or hard rows, which plain text cannot hold: use .npz or .cnf."
        )
    lines = []
    for row, value, weight in zip(problem.A, problem.b, problem.row_weights, strict=True):
        line = " ".join(map(str, [*row.astype(int), int(value)]))
        lines.append(line if problem.weights is None else f"{line} : {weight}")
    write_lines(path, lines)


def read_text(path: Path, lines: list[str]) -> ParityProblem:
    """Read a problem from the lines of a file.

    Raises:
        FileFormatError: they hold something else; the message names the line.
    """
    rows: list[list[int]] = []
    weights: list[int] = []
    for at, line in enumerate(lines, 1):
        text = line.split("#")[0].strip()
        if not text:
            continue
        digits, colon, weight = text.partition(":")
        bits = re.sub(r"[\s,;]", "", digits)
        if not bits or set(bits) - {"0", "1"}:
            raise FileFormatError(f"{path}, line {at}: must hold zeros and ones, not {line.strip()[:40]!r}.")
        if rows and len(bits) != len(rows[0]):
            raise FileFormatError(
                f"{path}, line {at}: must hold {len(rows[0])} bits as the first row does, not {len(bits)}."
            )
        rows.append([int(bit) for bit in bits])
        weights.append(number(path, at, weight.strip(), 0) if colon else 1)
    if not rows:
        raise FileFormatError(f"{path}: holds no row.")
    table = np.array(rows, dtype=np.int64)
    try:
        return ParityProblem(table[:, :-1], table[:, -1], weights if any(w != 1 for w in weights) else None)
    except InvalidInputError as error:  # the sum of the weights, which is no single line's fault
        raise FileFormatError(f"{path}: {error}") from error
