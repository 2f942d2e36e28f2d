"""Binary matrices: the least depth of a circuit for them, and text files with one row of 0 and 1 on each line."""

import os
from pathlib import Path

import numpy as np

from xoropt.circuits.circuit import MAX_INPUTS, as_matrix
from xoropt.common.arguments import check_int
from xoropt.common.errors import FormatError
from xoropt.common.files import read_text
from xoropt.common.kinds import checked

__all__ = ["least_depth", "read_matrix"]


def least_depth(matrix: object, max_inputs: int = 2) -> int:
    """Return the least possible depth of a circuit for a matrix: the levels that its heaviest row needs.

    Args:
        matrix: bool (n_out, n_in).
        max_inputs: the most inputs that one gate may have.

    Raises:
        ArgumentError: `matrix` is not a binary matrix, or `max_inputs` is out of range.

    >>> least_depth(np.ones((1, 5), dtype=bool))
    3
    """
    check_int("max_inputs", max_inputs, 2, MAX_INPUTS)
    heaviest = int(as_matrix(matrix).sum(axis=1).max(initial=0))
    depth = 0
    while max_inputs**depth < heaviest:
        depth += 1
    return depth


@checked
def read_matrix(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a binary matrix from a text file.

    Each line holds one row of 0 and 1, with or without blanks or commas between them. A '#' starts a comment.

    Args:
        path: the file.

    Returns:
        The matrix as bool (rows, columns).

    Raises:
        FormatError: the file has no rows, rows of different lengths, or other characters; the message names the line.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    text = read_text(path, "not a text file; write a row of 0 and 1 on each line: np.savetxt(FILE, matrix, fmt='%d').")
    rows: list[np.ndarray] = []
    for number, line in enumerate(text.splitlines(), start=1):
        digits = "".join(line.partition("#")[0].replace(",", " ").split())
        if not digits:
            continue
        row = np.frombuffer(digits.encode("utf-8"), dtype=np.uint8) - ord("0")
        if (row > 1).any():
            raise FormatError(f"{path}, line {number}: a row holds only 0 and 1, not {digits.strip('01')[0]!r}.")
        if rows and len(row) != len(rows[0]):
            raise FormatError(
                f"{path}, line {number}: a row must have {len(rows[0])} columns as above, not {len(row)}."
            )
        rows.append(row)
    if not rows:
        raise FormatError(f"{path}: the file has no row; write a row of 0 and 1 on each line.")
    return np.array(rows).astype(bool)
