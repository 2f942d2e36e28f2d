"""DIMACS with XOR lines, in the forms that solvers and collections of problems write.

``x1 2 -3 0`` is the row x1 ⊕ x2 ⊕ x3 with value 0, since the XOR of the literals must be true. A clause of one literal
fixes its unknown; where it has a weight, it is a row of one unknown. The forms differ in what surrounds the lines:

- ``p cnf VARIABLES LINES`` comes first, or is missing; then the largest variable counts.
- ``p wcnf VARIABLES LINES TOP``: the weight comes first in each XOR line, ``x 5 1 2 -3 0``, and in each clause. What
  must hold has the weight TOP or more, as in the files of GaussMaxHS (Soos and Meel 2021).
- WCNF as of 2022 has no header: the weight stands before the x, ``5 x 1 2 -3 0``, or ``h`` for what must hold.

Comments begin with c. Lines may be indented, a row or clause may go on over several lines, up to its 0, and others may
follow it on the same line; a line with % ends the file, as in SATLIB's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.problem import ParityProblem

__all__ = ["is_dimacs", "number", "read_dimacs"]

MOST_ENTRIES = 1 << 30  # of the matrix, a byte for each: only a typing error asks for more
SUFFIXES = (".cnf", ".wcnf", ".dimacs", ".xcnf")
NO_HEADER = re.compile(r"\s*(x|h\b|\d+\s+x)")
HARD = "h"


@dataclass(frozen=True)
class _Head:
    """What a header says, or what a file without one is.

    Attributes:
        form: "cnf", "wcnf" or, for WCNF as of 2022, "new".
        line: of the header, from 1; 0: there is none.
        variables: the largest that may occur; None: any.
        announced: the number of rows and clauses.
        top: the weight from which on a clause is hard.
    """

    form: str
    line: int = 0
    variables: int | None = None
    announced: int = 0
    top: int = 1 << 62


@dataclass(frozen=True)
class _Statement:
    """A row or a clause.

    Attributes:
        line: where it begins, from 1.
        parity: whether it is a row.
        weight: None for one that must hold.
        literals: without the 0 at the end.
        text: its beginning, for messages.
    """

    line: int
    parity: bool
    weight: int | None
    literals: list[int]
    text: str


def is_dimacs(path: Path, lines: list[str]) -> bool:
    """Tell whether a text is DIMACS: by the end of its name, or by its first line, which no table of bits has."""
    first = next((line for line in lines if line.strip() and line.lstrip()[0] not in "c#"), "")
    return path.suffix.lower() in SUFFIXES or first.lstrip().startswith("p ") or bool(NO_HEADER.match(first))


def read_dimacs(path: Path, lines: list[str]) -> ParityProblem:
    """Read a problem from the lines of a file.

    Raises:
        FileFormatError: they hold something else; the message names the line.
    """
    end = next((at for at, line in enumerate(lines) if line.lstrip().startswith("%")), len(lines))
    lines = lines[:end]
    head = _read_head(path, lines)
    found, largest = 0, 0
    rows: list[_Statement] = []
    fixed: dict[int, int] = {}
    for one in _statements(path, lines, head):
        found += 1
        largest = max(largest, max(map(abs, one.literals), default=0))
        if head.variables is not None and largest > head.variables:
            raise _bad(path, one.line, f"has variable {largest}, the header allows {head.variables}")
        if one.parity or (len(one.literals) == 1 and one.weight is not None):
            rows.append(one)
        elif len(one.literals) == 1:
            variable, bit = abs(one.literals[0]), int(one.literals[0] > 0)
            if fixed.setdefault(variable - 1, bit) != bit:
                raise _bad(path, one.line, f"fixes variable {variable} to both values")
        else:
            what = f"a parity problem has XOR lines and clauses of one literal, not {one.text!r}"
            raise _bad(path, one.line, what)
    if found < head.announced:  # the file is probably truncated
        what = f"announces {head.announced} lines, but only {found} follow up to line {len(lines)}"
        raise _bad(path, head.line, what)
    n = largest if head.variables is None else head.variables
    if n * max(1, len(rows)) > MOST_ENTRIES:
        most = MOST_ENTRIES // max(1, len(rows))
        what = f"has {n} variables, but the matrix may have at most 2**30 entries, {most} variables here"
        raise _bad(path, max(1, head.line), what)
    return _problem(path, n, rows, fixed, head.form != "cnf")


def _problem(path: Path, n: int, rows: list[_Statement], fixed: dict[int, int], weighted: bool) -> ParityProblem:
    A, b = np.zeros((len(rows), n), dtype=bool), []
    for i, row in enumerate(rows):
        b.append(1 ^ sum(v < 0 for v in row.literals) & 1)
        for v in row.literals:
            A[i, abs(v) - 1] ^= True
    hard = np.array([row.weight is None for row in rows], dtype=bool)
    weights = [row.weight or 0 for row in rows]
    try:
        return ParityProblem(A, b, weights if weighted else None, fixed or None, hard if hard.any() else None)
    except InvalidInputError as error:
        raise FileFormatError(f"{path}: {error}") from error


def _read_head(path: Path, lines: list[str]) -> _Head:
    """Read the header, which no row comes before; without one the lines tell the form."""
    headers = [(at, line.split()) for at, line in enumerate(lines, 1) if line.split(maxsplit=1)[:1] == ["p"]]
    if not headers:
        new = path.suffix.lower() == ".wcnf" or any(re.match(r"\s*(h\b|\d+\s+x)", line) for line in lines)
        return _Head("new" if new else "cnf")
    for at, words in headers:
        if at != headers[0][0] or len(words) < 4 or words[1] not in ("cnf", "wcnf"):
            what = f"must be the only 'p cnf' or 'p wcnf' header, not {lines[at - 1].strip()[:40]!r}"
            raise _bad(path, at, what)
    at, words = headers[0]
    early = next((i for i, line in enumerate(lines[: at - 1], 1) if line.strip() and line.lstrip()[0] != "c"), 0)
    if early:
        raise _unfinished(path, early)
    top = number(path, at, words[4], 1) if words[1] == "wcnf" and len(words) > 4 else 1 << 62
    announced = number(path, at, words[3], 0)
    return _Head(words[1], at, number(path, at, words[2], 0), announced, top if words[1] == "wcnf" else 0)


def _statements(path: Path, lines: list[str], head: _Head) -> Iterator[_Statement]:
    """Yield the rows and clauses: each goes on over lines up to its 0, and another may follow it on the same line."""
    begin, words = 0, list[str]()
    for at, line in enumerate(lines, 1):
        text = line.lstrip()
        if not text or text[0] == "c" or at == head.line:
            continue
        for word in text.replace("x", " x ").split():
            if not words:
                begin = at
            elif word == "x" and (len(words) > 1 or words[0] == "x" or (head.form == "cnf" and at > begin)):
                raise _unfinished(path, begin)  # a row begins, and what was begun has no end
            words.append(word)
            if word == "0" and len(words) > _before(words, head.form):
                yield _statement(path, begin, words, head)
                words = []
    if words:
        raise _unfinished(path, begin)


def _before(words: list[str], form: str) -> int:
    """Count the words that come before the literals: an x, and a weight or an h."""
    return (words[0] == "x" or words[1:2] == ["x"]) + (form != "cnf")


def _statement(path: Path, line: int, words: list[str], head: _Head) -> _Statement:
    text, parity = " ".join(words)[:40], "x" in words[:2]
    if head.form == "cnf" and parity and words[0] != "x":
        raise _bad(path, line, f"must have no weight in front of its x, not {text!r}")
    literals = [number(path, line, word) for word in words[_before(words, head.form) : -1]]
    if head.form == "cnf":
        return _Statement(line, parity, 1 if parity else None, literals, text)
    if parity and (words[0] == "x") == (head.form == "new"):
        place = "in front of its x" if head.form == "new" else "behind its x"
        raise _bad(path, line, f"must have its weight {place}, not {text!r}")
    word = words[1] if words[0] == "x" else words[0]
    if word == HARD and head.form == "new":
        return _Statement(line, parity, None, literals, text)
    weight = number(path, line, word)
    if weight < 0:
        raise _bad(path, line, f"must have a weight of at least 0, not {weight}")
    return _Statement(line, parity, weight if weight < head.top else None, literals, text)


def _bad(path: Path, line: int, what: str) -> FileFormatError:
    return FileFormatError(f"{path}, line {line}: {what}.")


def _unfinished(path: Path, line: int) -> FileFormatError:
    return _bad(path, line, "must follow a 'p' line and end with a 0")


def number(path: Path, line: int, word: str, least: int | None = None) -> int:
    """Return the integer that a word of a file is.

    Args:
        path, line: where, for messages.
        word: the word.
        least: the least value allowed; None: any.

    Raises:
        FileFormatError: it is no integer, too small, or above 2^62.
    """
    try:
        value = int(word)
    except ValueError:
        raise FileFormatError(f"{path}, line {line}: must have integers, not {word[:20]!r}.") from None
    if least is not None and value < least:
        raise FileFormatError(f"{path}, line {line}: must have a number of at least {least}, not {value}.")
    if value > 1 << 62:
        raise FileFormatError(f"{path}, line {line}: must have numbers of at most 2**62, not {word[:30]}.")
    return value
