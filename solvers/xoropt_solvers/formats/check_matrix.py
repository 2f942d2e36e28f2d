"""A parity-check matrix in a file that may lack its syndrome, which is then given beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers.absent import reason_of_reading
from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.parity_checks import ParityChecks, read_checks
from xoropt_solvers.problem import ParityProblem
from xoropt_solvers.reduction import substitute_fixed

__all__ = [
    "BESIDE",
    "MOST_ENTRIES",
    "CheckMatrix",
    "checks_of",
    "decoding_problems",
    "read_syndromes",
    "syndrome_lines",
    "too_wide",
]

MOST_ENTRIES = 1 << 32
"""Of the matrix of a problem's unknowns, a byte for each: only a typing error asks for more."""

BESIDE = ".syndrome"
"""How the name of a file ends that holds the syndromes of the matrix in the file of the same name beside it."""


@dataclass(frozen=True, eq=False)
class CheckMatrix:
    """H, and what its errors weigh.

    Attributes:
        H: the matrix; its syndrome is that of the file, or zeros where the file has none.
        weights: (errors,), or None.
        hard: the errors that cannot be, or None.
        syndromes: bool (shots, checks), or None where the file has none.
        logicals: bool (logicals, errors), which errors flip which logical observable, or None where the file has none.
    """

    H: ParityChecks
    weights: np.ndarray | None = None
    hard: np.ndarray | None = None
    syndromes: np.ndarray | None = None
    logicals: np.ndarray | None = None


def too_wide(checks: int, errors: int) -> str | None:
    """Say what is wrong with a matrix whose problem could not be held; None: nothing.

    The unknowns are at least as many as there are errors more than checks.
    """
    if errors * max(errors - checks, checks // 8, 1) <= MOST_ENTRIES and checks <= MOST_ENTRIES:
        return None
    return f"has {checks} checks on {errors} errors, too many to hold in memory: a problem may have 2**32 entries."


def decoding_problems(path: Path, matrix: CheckMatrix, syndrome: Any = None) -> list[ParityProblem]:
    """State a problem for each syndrome: those given, else the file's, else those in the file beside it.

    Raises:
        FileFormatError: there is no syndrome, or one of another length.
    """
    beside = path.with_suffix(BESIDE)
    if syndrome is not None:
        found = read_syndromes(syndrome)
    elif matrix.syndromes is not None:
        found = matrix.syndromes
    elif len(matrix.H) == 0:
        found = np.zeros((1, 0), dtype=bool)
    elif beside.is_file():
        found = read_syndromes(beside)
    else:
        raise FileFormatError(
            f"{path}: holds a parity-check matrix without a syndrome; put one in {beside.name} beside it, or give"
            " 'xoropt solve' its file with --syndrome (syndrome=)."
        )
    if found.shape[1] != len(matrix.H):
        raise FileFormatError(
            f"{path}: has {len(matrix.H)} checks, so that a syndrome has {len(matrix.H)} bits, not {found.shape[1]}."
        )
    return [ParityProblem.from_checks(matrix.H, bits, matrix.weights, matrix.hard) for bits in found]


def read_syndromes(source: Any, what: str = "syndrome") -> np.ndarray:
    """Read syndromes, bool (shots, checks): a file of lines of zeros and ones, a .npy file, or an array.

    `what` names what the lines of a file are, for messages.

    Raises:
        FileFormatError: the file cannot be read, or holds something else.
        InvalidInputError: the array holds something else.
    """
    if not isinstance(source, str | Path):
        array = np.atleast_2d(np.asarray(source))
        if array.ndim != 2 or array.dtype.kind not in "biu" or not np.isin(array, (0, 1)).all():
            raise InvalidInputError("Argument 'syndrome' must hold zeros and ones, one syndrome or one in each row.")
        return array.astype(bool)
    path = Path(source)
    try:
        if path.suffix == ".npy":
            return read_syndromes(np.load(path, allow_pickle=False))
        lines = [line.split("#")[0] for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {reason_of_reading(error, path)}.") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: is no text; write lines of zeros and ones, Stim's format 01.") from error
    except (ValueError, EOFError, MemoryError) as error:
        raise FileFormatError(f"{path}: must hold lines of zeros and ones: {error}.") from error
    rows = [(at, "".join(line.replace(",", " ").split())) for at, line in enumerate(lines, 1) if line.strip()]
    for at, row in rows:
        if set(row) - {"0", "1"} or len(row) != len(rows[0][1]):
            raise FileFormatError(f"{path}, line {at}: must hold {len(rows[0][1])} zeros and ones, not {row[:40]!r}.")
    if not rows:
        raise FileFormatError(f"{path}: holds no {what}.")
    return np.array([[bit == "1" for bit in row] for _, row in rows], dtype=bool)


def syndrome_lines(given: ParityChecks) -> list[str]:
    """Return the syndrome as the line of a file."""
    return ["".join(map(str, given.syndrome.astype(int)))]


def checks_of(problem: ParityProblem) -> ParityChecks:
    """Return the checks that the errors of a problem satisfy; error i is row i of A·x ⊕ b.

    Raises:
        InvalidInputError: the problem has rows that must hold, which a matrix alone does not tell.
    """
    if problem.hard is not None:
        raise InvalidInputError("Argument 'problem' has hard rows, which this format cannot hold: use .npz.")
    if problem.checks is not None:
        return problem.checks
    from xoropt_solvers.models import parity_checks_of

    free = substitute_fixed(problem)
    H = parity_checks_of(free.A)
    syndrome = (H[:, free.b].sum(axis=1) & 1).astype(bool)
    return read_checks(H, syndrome)
