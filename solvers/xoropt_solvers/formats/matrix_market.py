"""Matrix Market: a parity-check matrix, read and written by SciPy; the syndrome is a file beside it."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError, MissingPackageError
from xoropt_solvers.formats.check_matrix import BESIDE, CheckMatrix, checks_of, syndrome_lines, too_wide
from xoropt_solvers.formats.places import Place, replacing, write_lines
from xoropt_solvers.parity_checks import read_checks
from xoropt_solvers.problem import ParityProblem

__all__ = ["read_matrix_market", "write_matrix_market"]


def read_matrix_market(path: Path, lines: list[str]) -> CheckMatrix:
    """Read the matrix, which must hold zeros and ones.

    Raises:
        FileFormatError: it holds something else.
        MissingPackageError: SciPy is not installed.
    """
    at, size = next(((i, line.split()) for i, line in enumerate(lines, 1) if line.strip() and line[0] != "%"), (0, []))
    if len(size) in (2, 3) and all(word.isdecimal() for word in size):
        wrong = too_wide(int(size[0]), int(size[1]))
        if wrong:
            raise FileFormatError(f"{path}, line {at}: {wrong}")
        if len(size) == 3 and int(size[2]) > len(lines) - at:
            raise FileFormatError(f"{path}, line {at}: announces {size[2]} ones, but {len(lines) - at} lines follow.")
    try:
        with warnings.catch_warnings():  # a sparse array, as announced, suits as well
            warnings.simplefilter("ignore", DeprecationWarning)
            H = _scipy_io().mmread(str(path))
    except (ValueError, OSError, OverflowError) as error:
        raise FileFormatError(f"{path}: damaged Matrix Market file: {error}.") from error
    if not hasattr(H, "tocsr"):
        H = np.asarray(H)
    values = H.data if hasattr(H, "tocsr") else H
    if not np.isin(values, (0, 1)).all():
        raise FileFormatError(f"{path}: a parity-check matrix holds zeros and ones.")
    H = H.astype(np.uint8)
    return CheckMatrix(read_checks(H, np.zeros(H.shape[0], dtype=bool)))


def write_matrix_market(problem: ParityProblem, path: Place) -> None:
    """Write the checks as a pattern, and the syndrome beside them.

    Raises:
        InvalidInputError: the problem has weights or hard rows, which the format cannot hold.
        MissingPackageError: SciPy is not installed.
    """
    if problem.weights is not None:
        raise InvalidInputError("Argument 'problem' has weights, which Matrix Market cannot hold: use .npz.")
    given = checks_of(problem)
    mmwrite = _scipy_io().mmwrite
    from scipy.sparse import csr_array

    ones = np.ones(len(given.columns), dtype=np.int64)
    H = csr_array((ones, given.columns, given.starts), shape=(len(given), given.length))
    with replacing(path) as temporary, open(temporary, "wb") as file:
        mmwrite(file, H, field="pattern", symmetry="general")
    write_lines(Path(path).with_suffix(BESIDE), syndrome_lines(given))


def _scipy_io() -> Any:
    try:
        import scipy.io
    except ImportError:
        raise MissingPackageError(
            "Matrix Market files need scipy, which is not installed: pip install 'xoropt[decoding]'"
        ) from None
    return scipy.io
