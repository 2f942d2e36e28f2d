"""A checker of proofs that a minimum is one. It shares nothing with the strategies, and needs NumPy alone.

Two kinds of proofs, as `xoropt_solvers.proofs` writes them:

- An enumeration (.json): the columns of H, a syndrome s, as many columns that add up to s, and for each weight below
  how many sums were compared. That no fewer columns add up to s is checked by all sums of half as many of them:
  errors of weight w are a set of ⌈w/2⌉ columns and one of ⌊w/2⌋ that add up to s together.
- A refutation: a CNF (.cnf) that says "costs less", and beside it (.drat) clauses each of which follows from those
  before it by unit propagation, the last one empty (Goldberg and Novikov 2003). DRAT checkers such as drat-trim read
  the same two files.

Run it as `python -m xoropt_solvers.proof_checking FILE`.
"""

import json
import sys
from collections.abc import Iterable
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ProofError", "check_proof", "half_sums"]


class ProofError(ValueError):
    """A proof does not show what it says; the message names the file and the place."""


def check_proof(path: Path | str) -> str:
    """Check a proof and say what it proves.

    Raises:
        ProofError: the file is no proof, or it does not hold.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return _check_enumeration(path, json.loads(text))
        return _check_refutation(path, text, path.with_suffix(".drat").read_text(encoding="utf-8"))
    except OSError as error:
        raise ProofError(f"{error.filename}: cannot be read: {error.strerror}.") from error
    except (KeyError, TypeError, OverflowError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ProofError(f"{path}: is no proof of a minimum: {error!r}.") from error


def _check_enumeration(path: Path, proof: dict[str, Any]) -> str:
    columns = np.array([int(word, 16) for word in proof["columns"]], dtype=np.uint64)
    syndrome, minimum, errors = int(proof["syndrome"], 16), int(proof["minimum"]), [int(e) for e in proof["errors"]]
    if len(set(errors)) != minimum or any(not 0 <= e < len(columns) for e in errors):
        raise ProofError(f"{path}: the errors must be {minimum} different columns.")
    if int(np.bitwise_xor.reduce(columns[errors], initial=0)) != syndrome:
        raise ProofError(f"{path}: the columns of the errors do not add up to the syndrome.")
    stated = {int(entry["weight"]): (int(entry["left"]), int(entry["right"])) for entry in proof["below"]}
    if sorted(stated) != list(range(minimum)):
        raise ProofError(f"{path}: must list every weight from 0 to {minimum - 1}.")
    halves: dict[int, np.ndarray] = {}
    for weight in range(minimum):
        left, right = weight - weight // 2, weight // 2
        if stated[weight] != (comb(len(columns), left), comb(len(columns), right)):
            raise ProofError(f"{path}: weight {weight} has other numbers of sums than stated.")
        for size in (left, right):
            if size not in halves:
                halves[size] = np.unique(half_sums(columns, size))
        if np.isin(halves[right] ^ np.uint64(syndrome), halves[left], assume_unique=True).any():
            raise ProofError(f"{path}: {weight} columns may add up to the syndrome; the minimum is not proved.")
    return f"no errors of weight below {minimum} have this syndrome, and {minimum} columns add up to it"


def half_sums(columns: np.ndarray, size: int) -> np.ndarray:
    """Add up all sets of so many columns, uint64 (C(columns, size),)."""
    sums, last = np.zeros(1, dtype=np.uint64), np.full(1, -1)
    for _ in range(size):
        more = len(columns) - 1 - last
        start = np.repeat(last + 1, more)
        offset = np.arange(more.sum()) - np.repeat(np.cumsum(more) - more, more)
        last = start + offset
        sums = np.repeat(sums, more) ^ columns[last]
    return sums


def _check_refutation(path: Path, cnf: str, drat: str) -> str:
    lines = cnf.splitlines()
    clauses = [_literals(path, line) for line in lines if line and line[0] not in "cp"]
    claim = next((line[2:] for line in lines if line.startswith("c cost")), "the clauses contradict each other")
    checker = _Propagation(clauses)
    for number, line in enumerate(drat.splitlines(), 1):
        if not line.strip() or line.startswith(("c", "d")):
            continue  # what is deleted only spares time
        lemma = _literals(path.with_suffix(".drat"), line)
        if not checker.refutes(lemma):
            raise ProofError(f"{path.with_suffix('.drat')}, line {number}: does not follow by unit propagation.")
        if not lemma:
            return f"contradiction: {claim}"
        checker.add(lemma)
    if checker.refutes([]):
        return f"contradiction: {claim}"
    raise ProofError(f"{path.with_suffix('.drat')}: ends without the empty clause.")


def _literals(path: Path, line: str) -> list[int]:
    try:
        literals = [int(word) for word in line.split()]
    except ValueError:
        raise ProofError(f"{path}: must hold clauses, not {line[:40]!r}.") from None
    if not literals or literals[-1] != 0 or 0 in literals[:-1]:
        raise ProofError(f"{path}: a clause ends with its only 0, not {line[:40]!r}.")
    return literals[:-1]


class _Propagation:
    """Unit propagation with two watched literals."""

    def __init__(self, clauses: Iterable[list[int]]) -> None:
        self._watches: dict[int, list[list[int]]] = {}
        self._units: list[int] = []
        self._empty = False
        for clause in clauses:
            self.add(clause)

    def add(self, clause: list[int]) -> None:
        literals = list(dict.fromkeys(clause))
        if not literals:
            self._empty = True
        elif len(literals) == 1:
            self._units.append(literals[0])
        else:
            for literal in literals[:2]:
                self._watches.setdefault(literal, []).append(literals)

    def refutes(self, lemma: list[int]) -> bool:
        """Tell whether the clauses and the lemma's negation contradict each other by propagation."""
        if self._empty:
            return True
        true: set[int] = set()
        waiting = [*self._units, *(-literal for literal in lemma)]
        while waiting:
            literal = waiting.pop()
            if -literal in true:
                return True
            if literal in true:
                continue
            true.add(literal)
            kept: list[list[int]] = []
            watching = self._watches.get(-literal, [])
            for at, clause in enumerate(watching):
                if clause[0] == -literal:
                    clause[0], clause[1] = clause[1], clause[0]
                if clause[0] in true:
                    kept.append(clause)
                    continue
                for i in range(2, len(clause)):
                    if -clause[i] not in true:
                        clause[1], clause[i] = clause[i], clause[1]
                        self._watches.setdefault(clause[1], []).append(clause)
                        break
                else:
                    kept.append(clause)
                    if -clause[0] in true:
                        kept += watching[at + 1 :]
                        self._watches[-literal] = kept
                        return True
                    waiting.append(clause[0])
            self._watches[-literal] = kept
        return False


if __name__ == "__main__":
    try:
        print(check_proof(sys.argv[1]))
    except ProofError as error:
        sys.exit(str(error))
