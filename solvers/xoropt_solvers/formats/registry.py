"""All formats by the ends of files' names, and what reads and writes problems in any of them.

A format is a file of its own here and a line in `FORMATS`.
"""

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xoropt_solvers.absent import reason_of_reading
from xoropt_solvers.checks import integer as check_integer
from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.formats.check_matrix import CheckMatrix, decoding_problems, read_syndromes
from xoropt_solvers.formats.decoding_challenge import is_challenge
from xoropt_solvers.formats.dimacs import is_dimacs
from xoropt_solvers.formats.places import Place
from xoropt_solvers.parity_checks import read_checks
from xoropt_solvers.problem import ParityProblem

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Format",
    "read_check_matrix",
    "read_problem",
    "read_problems",
    "read_with_logicals",
    "write_problem",
]


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes:
        suffixes: how names end; the first is usual.
        reader: "module:function" from the path and the lines of a text to a ParityProblem or a CheckMatrix; empty where
            it is only written.
        writer: "module:function" from a problem and a path; empty where it is only read.
    """

    suffixes: tuple[str, ...]
    reader: str = ""
    writer: str = ""


FORMATS = {
    "npz": Format((".npz",), "npz:read_npz", "npz:write_npz"),
    "text": Format((".txt",), "plain_text:read_text", "plain_text:write_text"),
    "dimacs": Format((".cnf", ".dimacs", ".xcnf"), "dimacs:read_dimacs", "cnf:write_cnf"),
    "wcnf": Format((".wcnf",), "dimacs:read_dimacs", "wcnf:write_wcnf"),
    "opb": Format((".opb",), "opb:read_opb", "opb:write_opb"),
    "lp": Format((".lp",), "", "lp:write_lp"),
    "matrix market": Format((".mtx",), "matrix_market:read_matrix_market", "matrix_market:write_matrix_market"),
    "alist": Format((".alist",), "alist:read_alist", "alist:write_alist"),
    "error model": Format((".dem",), "error_model:read_error_model", "error_model:write_error_model"),
    "decoding challenge": Format((".sd",), "decoding_challenge:read_challenge", ""),
}
SUFFIXES = tuple(suffix for one in FORMATS.values() if one.reader for suffix in one.suffixes)
"""How the names of files end that can be read."""


def read_problem(path: Place, syndrome: Any = None, shot: int | None = None) -> ParityProblem:
    """Read a problem from a file in any of the formats.

    Args:
        path: the file. Archives, DIMACS and challenges are known by what they hold, other formats by the name's end.
        syndrome: of a file that holds a parity-check matrix: (checks,) zeros and ones, or the path of a file with
            them; None: the file's own, or that of the file with the same name and the end .syndrome.
        shot: which one where there are several syndromes, counted from 1.

    Raises:
        FileFormatError: the file cannot be read, or holds something else, or several problems; the message names the
            file and the line.
        MissingPackageError: the format needs a package that is not installed.
    """
    return read_with_logicals(path, syndrome, shot)[0]


def read_with_logicals(
    path: Place, syndrome: Any = None, shot: int | None = None
) -> tuple[ParityProblem, np.ndarray | None]:
    """Read a problem as `read_problem` does, and which of its errors flip which logical observable.

    Returns:
        The problem, and bool (logicals, errors), or None where the file has no logicals.
    """
    problems, logicals = _problems_and_logicals(Path(path), syndrome)
    number = check_integer(shot, "shot", 1) if shot is not None else 1
    if number > len(problems) or (shot is None and len(problems) != 1):
        place = path if syndrome is None or not isinstance(syndrome, str | os.PathLike) else syndrome
        raise FileFormatError(
            f"{place}: holds {len(problems)} syndrome{'' if len(problems) == 1 else 's'}, each a problem; name one by "
            f"its number, from 1, with --shot (shot=), or solve all with 'xoropt compare'."
        )
    return problems[number - 1], logicals


def read_check_matrix(path: Place) -> CheckMatrix:
    """Read a parity-check matrix, without a syndrome: any format of `read_problem` that has one, or lines of bits.

    Raises:
        FileFormatError: the file cannot be read, or holds a problem in another form.
    """
    path = Path(path)
    form, lines = _form_and_lines(path)
    if form == "text":
        H = read_syndromes(path, "matrix: it must have lines of zeros and ones")
        return CheckMatrix(read_checks(H, np.zeros(len(H), dtype=bool)))
    found = _function(FORMATS[form].reader)(path, lines) if FORMATS[form].reader else None
    if not isinstance(found, CheckMatrix):
        raise FileFormatError(
            f"{path}: holds no parity-check matrix; name a .mtx, .alist, .npz (H), .dem or .txt file."
        )
    if not found.H.length:
        raise FileFormatError(f"{path}: holds a matrix without columns; there are no words to look for.")
    return found


def read_problems(path: Place, syndrome: Any = None) -> list[ParityProblem]:
    """Read all problems of a file, of which one with several syndromes has several; as `read_problem` otherwise."""
    return _problems_and_logicals(Path(path), syndrome)[0]


def _problems_and_logicals(path: Path, syndrome: Any) -> tuple[list[ParityProblem], np.ndarray | None]:
    form, lines = _form_and_lines(path)
    if not FORMATS[form].reader:
        raise FileFormatError(f"{path}: this format is only written; files can end in {', '.join(SUFFIXES)}.")
    found = _function(FORMATS[form].reader)(path, lines)
    if isinstance(found, CheckMatrix):
        return decoding_problems(path, found, syndrome), found.logicals
    if syndrome is not None:
        hint = "leave '--syndrome' out, or save a parity-check matrix as .npz: np.savez('code.npz', H=H)"
        raise FileFormatError(f"{path}: holds a whole problem, A and b, which no syndrome goes with; {hint}.")
    return [found], None


def _form_and_lines(path: Path) -> tuple[str, list[str]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {reason_of_reading(error, path)}.") from error
    if data[:4] == b"PK\x03\x04":
        return "npz", []
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        hint = "save a problem by names: np.savez('problem.npz', A=A, b=b), or a parity-check matrix with H=H"
        raise FileFormatError(f"{path}: is neither a .npz file nor text; {hint}.") from error
    return _form_of(path, lines), lines


def _form_of(path: Path, lines: list[str]) -> str:
    suffix = path.suffix.lower()
    named = next((name for name, one in FORMATS.items() if suffix in one.suffixes), "text")
    if named == "npz":
        named = "text"
    if named == "text" and is_challenge(lines):
        return "decoding challenge"
    if named == "text" and lines[:1] and lines[0].startswith("%%MatrixMarket"):
        return "matrix market"
    return "dimacs" if named in ("text", "wcnf", "dimacs") and is_dimacs(path, lines) else named


def write_problem(problem: ParityProblem, path: Place) -> None:
    """Write a problem in the format that the end of the name tells; the syndrome of a matrix goes beside it.

    Raises:
        InvalidInputError: no format ends so, or it cannot hold the problem.
        FileFormatError: the file cannot be written.
        MissingPackageError: the format needs a package that is not installed.
    """
    writers = {suffix: one.writer for one in FORMATS.values() if one.writer for suffix in one.suffixes}
    suffix = Path(path).suffix
    if suffix not in writers:
        raise InvalidInputError(f"{path}: no format ends in {suffix!r}; end the name in one of {', '.join(writers)}.")
    _function(writers[suffix])(problem, path)


def _function(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"xoropt_solvers.formats.{module}"), name)
