"""Parity problems as files, in formats that other programs understand.

`read_problem` reads these formats, and a function for each writes them:

- ``.npz``: arrays A and b, or rows (packed uint64), values and n; and weights and fixed where the problem has them.
- Plain text: a row in each line, in zeros and ones with or without blanks or commas between them, its value last. A
  weight may follow after a colon (``0 1 1 1 : 5``). What follows a ``#`` is a comment.
- DIMACS with XOR lines, as CryptoMiniSat reads them: ``x1 2 -3 0`` is the row x1 ⊕ x2 ⊕ x3 with value 0, since the XOR
  of the literals must be true. `dimacs` describes the forms: CNF and WCNF, of 2022 too, with a header or without.

Other formats are only written, for engines of other kinds: `write_wcnf` (for any MaxSAT solver), `write_opb`
(pseudo-Boolean), `write_lp` (for any integer programming solver), and `write_cnf` with a bound on the cost. In these,
variables 1 … n are x, variables n + 1 … n + k are the errors of the rows, and later ones are auxiliary.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from xoropt_solvers import checks
from xoropt_solvers.dimacs import is_dimacs, number, read_dimacs
from xoropt_solvers.encodings import Clauses, add_parity, add_weight_sum
from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.problem import ParityProblem

__all__ = [
    "SUFFIXES",
    "read_problem",
    "write_cnf",
    "write_lp",
    "write_npz",
    "write_opb",
    "write_problem",
    "write_text",
    "write_wcnf",
]

Place = str | os.PathLike[str]
SUFFIXES = (".npz", ".txt", ".cnf", ".wcnf", ".dimacs", ".xcnf")
"""How the names of files end that `compare` finds in a folder."""


def read_problem(path: Place) -> ParityProblem:
    """Read a problem from a file in any of the formats above.

    Raises:
        FileFormatError: the file cannot be read, or holds something else; the message names the file and the line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}.") from error
    if data[:4] == b"PK\x03\x04":
        return _read_npz(path)
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: is neither a .npz file nor text.") from error
    return read_dimacs(path, lines) if is_dimacs(path, lines) else _read_text(path, lines)


def write_problem(problem: ParityProblem, path: Place) -> None:
    """Write a problem in the format that the suffix names: .npz, .txt, .cnf, .wcnf, .opb or .lp.

    Raises:
        InvalidInputError: the suffix is none of these, or the format cannot hold the problem.
        FileFormatError: the file cannot be written.
    """
    writers = {
        ".npz": write_npz,
        ".txt": write_text,
        ".cnf": write_cnf,
        ".wcnf": write_wcnf,
        ".opb": write_opb,
        ".lp": write_lp,
    }
    suffix = Path(path).suffix
    if suffix not in writers:
        raise InvalidInputError(f"Argument 'path' must end in one of {', '.join(writers)}, not {suffix!r}.")
    writers[suffix](problem, path)


def write_npz(problem: ParityProblem, path: Place) -> None:
    """Write the problem's arrays."""
    arrays = {"A": problem.A, "b": problem.b}
    if problem.weights is not None:
        arrays["weights"] = problem.weights
    if problem.fixed is not None:
        arrays["fixed"] = problem.fixed
    with _replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_text(problem: ParityProblem, path: Place) -> None:
    """Write a row in each line, its value last.

    Raises:
        InvalidInputError: the problem has fixed bits, which this format cannot hold.
    """
    if problem.fixed is not None:
        raise InvalidInputError("Argument 'problem' has fixed bits, which plain text cannot hold: use .npz or .cnf.")
    lines = []
    for row, value, weight in zip(problem.A, problem.b, problem.row_weights, strict=True):
        line = " ".join(map(str, [*row.astype(int), int(value)]))
        lines.append(line if problem.weights is None else f"{line} : {weight}")
    _write_lines(path, lines)


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
        weighted = problem.weights is not None
        top = int(problem.row_weights.sum()) + 1
        lines = []
        for row, value, weight in zip(problem.A, problem.b, problem.row_weights, strict=True):
            literals = _parity_literals((np.flatnonzero(row) + 1).tolist(), bool(value))
            lines.append(f"x {weight} {literals}0" if weighted else f"x {literals}0")
        # A row that always holds needs a variable; where there is none, one comes back that is not used.
        variables = problem.n if problem.b.all() else max(1, problem.n)
        lines += [f"{top} {v} 0" if weighted else f"{v} 0" for v in _fixed_literals(problem)]
        header = f"p wcnf {variables} {len(lines)} {top}" if weighted else f"p cnf {variables} {len(lines)}"
        _write_lines(path, [header, *lines])
        return
    checks.integer(bound, "bound", 0)
    lines = _error_rows(problem)
    clauses = Clauses(lambda clause: lines.append(_line(clause)), problem.n + problem.k)
    pairs = [(problem.n + 1 + i, int(w)) for i, w in enumerate(problem.row_weights) if w > 0]
    for literal in add_weight_sum(clauses, [pairs], bound + 1).at_most(bound):
        clauses.add([literal])
    lines += [f"{v} 0" for v in _fixed_literals(problem)]
    _write_lines(path, [f"p cnf {clauses.variables} {len(lines)}", *lines])


def write_wcnf(problem: ParityProblem, path: Place) -> None:
    """Write weighted CNF for MaxSAT solvers: parities in clauses, a soft clause ¬e for each row of positive weight."""
    hard: list[list[int]] = []
    clauses = Clauses(hard.append, problem.n + problem.k)
    for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True)):
        add_parity(clauses, [*(np.flatnonzero(row) + 1).tolist(), problem.n + 1 + i], bool(value))
    hard += [[v] for v in _fixed_literals(problem)]
    soft = [(int(w), [-(problem.n + 1 + i)]) for i, w in enumerate(problem.row_weights) if w > 0]
    top = sum(weight for weight, _ in soft) + 1
    lines = [f"p wcnf {clauses.variables} {len(hard) + len(soft)} {top}"]
    lines += [f"{top} {_line(clause)}" for clause in hard]
    lines += [f"{weight} {_line(clause)}" for weight, clause in soft]
    _write_lines(path, lines)


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
    rows += [f"+1 x{abs(v)} = {int(v > 0)} ;" for v in _fixed_literals(problem)]
    goal = " ".join(f"+{w} x{n + 1 + i}" for i, w in enumerate(problem.row_weights) if w > 0)
    _write_lines(path, [f"* #variable= {last} #constraint= {len(rows)}", f"min: {goal} ;", *rows])


def write_lp(problem: ParityProblem, path: Place) -> None:
    """Write CPLEX LP: each parity is Σ x + e − 2·s = value, with an integer s that its row bounds."""
    goal = [f"{w} e{i + 1}" for i, w in enumerate(problem.row_weights) if w > 0]
    rows, bounds = [], []
    for i, (row, value) in enumerate(zip(problem.A, problem.b, strict=True)):
        names = [*(f"x{v + 1}" for v in np.flatnonzero(row)), f"e{i + 1}"]
        rows.append(f" r{i + 1}: {names[0]}")
        rows += [f" + {name}" for name in names[1:]]
        rows.append(f" - 2 s{i + 1} = {int(value)}")
        bounds.append(f" 0 <= s{i + 1} <= {(len(names) - int(value)) // 2}")
    bounds += [f" x{abs(v)} = {int(v > 0)}" for v in _fixed_literals(problem)]
    binaries = [*(f" x{j + 1}" for j in range(problem.n)), *(f" e{i + 1}" for i in range(problem.k))]
    # One term in each line, since readers cut lines of more than 510 characters.
    lines = ["Minimize", " cost:", *(f" + {term}" for term in goal or ["0 e1"]), "Subject To", *rows, "Bounds", *bounds]
    _write_lines(path, [*lines, "Binaries", *binaries, "Generals", *(f" s{i + 1}" for i in range(problem.k)), "End"])


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


def _fixed_literals(problem: ParityProblem) -> list[int]:
    if problem.fixed is None:
        return []
    return [int(j + 1 if problem.fixed[j] else -j - 1) for j in np.flatnonzero(problem.fixed >= 0)]


def _line(clause: Iterable[int]) -> str:
    return " ".join(map(str, [*clause, 0]))


def _write_lines(path: Place, lines: list[str]) -> None:
    with _replacing(path) as temporary:
        Path(temporary).write_text("\n".join([*lines, ""]), encoding="utf-8")


@contextmanager
def _replacing(path: Place) -> Iterator[str]:
    """Yield a file beside `path` that replaces it when the body is done: the output appears whole or not at all."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be written: {error.strerror or error}.") from error
    os.close(handle)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _read_npz(path: Path) -> ParityProblem:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged archive
        raise FileFormatError(f"{path}: damaged .npz file: {error}.") from error
    extra = {name: arrays.get(name) for name in ("weights", "fixed")}
    try:
        if {"A", "b"} <= arrays.keys():
            return ParityProblem(arrays["A"], arrays["b"], **extra)
        if {"rows", "values", "n"} <= arrays.keys():
            return ParityProblem.from_rows(arrays["rows"], arrays["values"], arrays["n"][()], **extra)
    except (InvalidInputError, TypeError, ValueError) as error:
        raise FileFormatError(f"{path}: {error}") from error
    found = ", ".join(sorted(arrays)) or "none"
    raise FileFormatError(f"{path}: must hold the arrays A and b, or rows, values and n; it holds {found}.")


def _read_text(path: Path, lines: list[str]) -> ParityProblem:
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
