"""Binary matrices: from arrays of any kind, and from text files with one row of 0 and 1 a line."""

import os
from pathlib import Path

import numpy as np

from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.files import read_text

__all__ = ["as_matrix", "least_depth", "read_matrix"]


def as_matrix(matrix: object) -> np.ndarray:
    """A binary matrix as bool (rows, columns).

    Raises:
        ArgumentError: not two-dimensional, ragged, or with other values than 0 and 1.
    """
    try:
        array = np.asarray(matrix)
    except ValueError:
        raise ArgumentError("Argument 'matrix' must have rows of one length.") from None
    if array.ndim != 2:
        raise ArgumentError(f"Argument 'matrix' must have two dimensions, not {array.ndim}.")
    if array.dtype == bool or not array.size:
        return array.astype(bool)
    if not np.issubdtype(array.dtype, np.number) or not np.isin(array, (0, 1)).all():
        raise ArgumentError("Argument 'matrix' must hold only 0 and 1.")
    return array.astype(bool)


def least_depth(matrix: np.ndarray, max_inputs: int = 2) -> int:
    """The least possible depth of a circuit for a bool matrix: enough levels for its heaviest row.

    >>> least_depth(np.ones((1, 5), dtype=bool))
    3
    """
    heaviest = int(matrix.sum(axis=1).max(initial=0))
    depth = 0
    while max_inputs**depth < heaviest:
        depth += 1
    return depth


def read_matrix(path: str | os.PathLike[str]) -> np.ndarray:
    """The bool matrix of a text file: rows of 0 and 1, one a line, with or without blanks; '#' starts a remark.

    Raises:
        FormatError: no rows, other characters, or rows of different lengths; the message names the line.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    text = read_text(path, "not a text file; write a row of 0 and 1 on each line.")
    rows: list[np.ndarray] = []
    for number, line in enumerate(text.splitlines(), start=1):
        digits = "".join(line.partition("#")[0].replace(",", " ").split())
        if not digits:
            continue
        row = np.frombuffer(digits.encode("utf-8"), dtype=np.uint8) - ord("0")
        if (row > 1).any():
            raise FormatError(f"{path}, line {number}: a row holds only 0 and 1, not {digits.strip('01')[0]!r}.")
        if rows and len(row) != len(rows[0]):
            raise FormatError(f"{path}, line {number}: this row has {len(row)} columns, those above {len(rows[0])}.")
        rows.append(row)
    if not rows:
        raise FormatError(f"{path}: there is no row in it; write a row of 0 and 1 on each line.")
    return np.array(rows).astype(bool)
