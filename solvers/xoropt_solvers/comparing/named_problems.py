"""Problems with names, from files and folders or as they are."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from xoropt_solvers.errors import FileFormatError, InvalidInputError
from xoropt_solvers.formats import SUFFIXES
from xoropt_solvers.formats import read_problems as read_file
from xoropt_solvers.problem import ParityProblem

__all__ = ["NamedProblem", "fingerprint", "problems_of_file", "read_problems"]


@dataclass(frozen=True, eq=False)
class NamedProblem:
    """A problem to compare strategies on.

    Attributes:
        name: what tables call it.
        problem: the problem.
        family: the problems of one family are also summed up by themselves; a file's is its folder, and where that
            holds problems with and without a parity-check matrix, "decoding" or "parity" behind it.
    """

    name: str
    problem: ParityProblem = field(repr=False)
    family: str = ""


def read_problems(source: Any) -> list[NamedProblem]:
    """Read problems.

    Args:
        source: a ParityProblem, a NamedProblem, the path of a file, or of a folder whose files are read with those of
            the folders in it; or an iterable of such things, or a mapping from names to problems.

    Returns:
        The problems in their order; a folder's by name.

    Raises:
        FileFormatError: a file is no problem, or a folder has none.
        InvalidInputError: the source is something else, holds nothing, or two problems have one name.
    """
    found = list(_read(source, ""))
    if not found:
        raise InvalidInputError("Argument 'problems' must hold a problem; it is empty.")
    named: dict[str, NamedProblem] = {}
    for i, problem in enumerate(found):
        unnamed = NamedProblem(f"problem {i + 1}", problem.problem, problem.family)
        problem = problem if problem.name else unnamed
        held = named.setdefault(problem.name, problem)
        if held is not problem and fingerprint(held.problem) != fingerprint(problem.problem):
            raise InvalidInputError(f"Argument 'problems' has two different problems called '{problem.name}'.")
    return _told_apart(list(named.values()))


def _told_apart(named: list[NamedProblem]) -> list[NamedProblem]:
    """Make two families of one that has decoding problems and others: they suit unlike strategies."""
    kinds: dict[str, set[bool]] = {}
    for one in named:
        kinds.setdefault(one.family, set()).add(one.problem.checks is None)
    return [
        one
        if len(kinds[one.family]) == 1
        else replace(one, family=f"{one.family} {'parity' if one.problem.checks is None else 'decoding'}".strip())
        for one in named
    ]


def _read(source: Any, name: str) -> Iterable[NamedProblem]:
    if isinstance(source, NamedProblem):
        yield source
    elif isinstance(source, ParityProblem):
        yield NamedProblem(name, source)
    elif isinstance(source, str | PathLike):
        yield from _read_path(Path(fspath(source)))
    elif isinstance(source, Mapping):
        for key, value in source.items():
            yield from _read(value, str(key))
    elif isinstance(source, Iterable):
        for value in source:
            yield from _read(value, "")
    else:
        raise InvalidInputError(
            f"Argument 'problems' must hold problems or paths of files and folders, not {type(source).__name__}."
        )


def _read_path(path: Path) -> Iterable[NamedProblem]:
    if not path.is_dir():
        yield from problems_of_file(path)
        return
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)
    if not files:
        raise FileFormatError(f"{path}: holds no problem; their files end in {', '.join(SUFFIXES)}.")
    for file in files:
        yield from problems_of_file(file, str(file.relative_to(path)))


def problems_of_file(path: Path, name: str = "", syndrome: Path | None = None) -> Iterable[NamedProblem]:
    """Read a file; one with several syndromes holds as many problems, numbered from 1 as by `--shot`.

    Args:
        path: the file.
        name: what its problems are called; "": its path.
        syndrome: the file of its syndromes, where it holds a parity-check matrix; None: as for `formats.read_problem`.
    """
    problems, name = read_file(path, syndrome), name or str(path)
    for i, problem in enumerate(problems, 1):
        yield NamedProblem(name if len(problems) == 1 else f"{name} #{i}", problem, path.parent.name)


def fingerprint(problem: ParityProblem) -> str:
    """Return a text that two problems share only if they are the same."""
    digest = hashlib.sha256()
    given = problem.checks
    arrays = (problem.A, problem.b) if given is None else (given.starts, given.columns, given.syndrome)
    for array in (*arrays, problem.weights, problem.fixed, problem.hard):
        digest.update(b"-" if array is None else f"{array.shape}{array.dtype}".encode())
        digest.update(b"" if array is None else array.tobytes())
    digest.update(f"{problem.scale}".encode())
    return digest.hexdigest()[:16]
