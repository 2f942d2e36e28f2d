"""NumPy's archives: A and b, packed rows, or a decoder's H with syndromes and priors; also SciPy's sparse matrices.

The arrays are, in these sets:

- A (k, n) and b (k,); or rows (packed uint64), values and n; weights (k,), fixed (n,) and hard (k,) may go with them.
- H (checks, errors), or what `scipy.sparse.save_npz` writes (format, shape, indptr, indices), and its syndrome s
  (checks,), or syndromes (shots, checks), each a problem of its own. With H go weights or priors (errors,), the
  probabilities of the errors, and hard (errors,).
"""

from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.formats.check_matrix import MOST_ENTRIES, CheckMatrix, read_syndromes, too_wide
from xoropt_solvers.formats.places import Place, replacing
from xoropt_solvers.inflating import fault_of_inflating
from xoropt_solvers.parity_checks import ParityChecks, read_checks, weights_of_priors
from xoropt_solvers.problem import ParityProblem

__all__ = ["read_npz", "write_npz"]

SYNDROMES = ("s", "syndrome", "syndromes")


def write_npz(problem: ParityProblem, path: Place) -> None:
    """Write the problem's arrays; of one that is given by its checks, these, as SciPy writes a sparse matrix."""
    given = problem.checks
    if given is None:
        arrays: dict[str, Any] = {"A": problem.A, "b": problem.b}
    else:
        arrays = {
            "format": b"csr",
            "shape": np.array([len(given), given.length]),
            "data": np.ones(len(given.columns), dtype=np.uint8),
            "indptr": given.starts,
            "indices": given.columns,
            "s": given.syndrome,
        }
    for name in ("weights", "fixed", "hard"):
        if getattr(problem, name) is not None:
            arrays[name] = getattr(problem, name)
    if problem.weights is not None and problem.scale != 1:
        arrays["weights"] = problem.weights / problem.scale
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def read_npz(path: Path, lines: list[str]) -> ParityProblem | CheckMatrix:
    """Read an archive.

    Raises:
        FileFormatError: it is damaged, would inflate to far more than it is, or holds other arrays.
    """
    try:
        fault = fault_of_inflating(path)
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {} if fault else {name: file[name] for name in file.files}
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged archive
        raise FileFormatError(f"{path}: damaged .npz file: {error}.") from error
    if fault:
        raise FileFormatError(f"{path}: {fault}.")
    extra = {name: arrays.get(name) for name in ("weights", "fixed", "hard")}
    try:
        if {"A", "b"} <= arrays.keys():
            return ParityProblem(arrays["A"], arrays["b"], **extra)
        if {"rows", "values", "n"} <= arrays.keys():
            n = arrays["n"]
            entries = len(np.atleast_1d(arrays["rows"])) * int(n) if n.shape == () and n.dtype.kind in "iu" else 0
            if entries > MOST_ENTRIES:
                raise InvalidInputError(f"Array 'n' asks for a matrix of {entries} entries, more than 2**32.")
            return ParityProblem.from_rows(arrays["rows"], arrays["values"], arrays["n"][()], **extra)
        if "H" in arrays or {"format", "shape", "indptr", "indices"} <= arrays.keys():
            return _check_matrix(arrays)
    except (InvalidInputError, TypeError, ValueError) as error:
        raise FileFormatError(f"{path}: {error}") from error
    found = ", ".join(sorted(arrays)) or "none"
    raise FileFormatError(f"{path}: must hold the arrays A and b, or H, or rows, values and n; it holds {found}.")


def _check_matrix(arrays: dict[str, np.ndarray]) -> CheckMatrix:
    whole = arrays.get("H")
    H = _sparse(arrays) if whole is None else read_checks(whole, np.zeros(len(np.atleast_1d(whole)), dtype=bool))
    weights, hard = arrays.get("weights"), arrays.get("hard")
    if "priors" in arrays:
        if weights is not None:
            raise InvalidInputError("Arrays 'weights' and 'priors' say the same twice; keep one of them.")
        weights, never = weights_of_priors(arrays["priors"])
        hard = never if hard is None else never | hard
    for name, array in (("weights", weights), ("hard", hard)):
        if array is not None and array.shape != (H.length,):
            raise InvalidInputError(
                f"Array '{name}' must have shape ({H.length},), one entry an error, not {array.shape}."
            )
    said = next((arrays[name] for name in SYNDROMES if name in arrays), None)
    return CheckMatrix(H, weights, hard, None if said is None else read_syndromes(said))


def _sparse(arrays: dict[str, np.ndarray]) -> ParityChecks:
    """Read the arrays of a SciPy matrix, by rows or by columns."""
    form = bytes(arrays["format"].item()).decode() if arrays["format"].dtype.kind == "S" else str(arrays["format"])
    shape, starts, inner = arrays["shape"].tolist(), arrays["indptr"], arrays["indices"].astype(np.int64)
    if form not in ("csr", "csc") or len(shape) != 2 or len(starts) != shape[form == "csc"] + 1:
        raise InvalidInputError("A sparse matrix must be stored by rows or columns (csr or csc).")
    wrong = "has a negative size." if min(shape) < 0 else too_wide(*shape)
    if wrong:
        raise InvalidInputError(f"Array 'shape' {wrong}")
    if not np.isin(arrays.get("data", np.ones(1)), (0, 1)).all() or (
        len(inner) and not 0 <= inner.min() <= inner.max()
    ):
        raise InvalidInputError("A parity-check matrix holds zeros and ones.")
    outer = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    data = np.broadcast_to(arrays.get("data", np.ones(1)), inner.shape).astype(bool)
    rows, columns = (outer[data], inner[data]) if form == "csr" else (inner[data], outer[data])
    if len(rows) and (rows.max() >= shape[0] or columns.max() >= shape[1]):
        raise InvalidInputError("A sparse matrix has indices beyond its shape.")
    order = np.lexsort((columns, rows))
    by_row = np.searchsorted(rows[order], np.arange(shape[0] + 1)).astype(np.int64)
    return ParityChecks(by_row, columns[order].astype(np.int64), np.zeros(shape[0], dtype=bool), int(shape[1]))
