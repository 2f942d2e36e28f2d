"""A checker of proofs that a minimum is one. It shares nothing with the strategies, and needs NumPy alone.

Three kinds of proofs, as `xoropt_solvers.proofs` writes them:

- An enumeration (.json): the columns of H, a syndrome s, as many columns that add up to s, and for each weight below
  how many sums were compared. That no fewer columns add up to s is checked by all sums of half as many of them:
  errors of weight w are a set of ⌈w/2⌉ columns and one of ⌊w/2⌋ that add up to s together.
- Odd cuts (.json): the checks, a syndrome s, weights, errors, and a tree. In a leaf, each cut is a sum of checks whose
  syndrome is 1, so that at least one of its errors is wrong, and has a dual. Where the duals of the cuts that an error
  is in add up to at most its weight, for each error, no errors weigh less than all duals together (weak duality of
  linear programs). A branch has an error: in one part it is not wrong, in the other it is, and its weight and its
  checks are accounted for. Errors with the same checks count as the lightest of them, which is wrong at most once.
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


WRONG = (KeyError, TypeError, IndexError, OverflowError, RecursionError, UnicodeDecodeError, json.JSONDecodeError)
"""What reading something else than a proof raises."""


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
            proof = json.loads(text)
            return (_check_cuts if "tree" in proof else _check_enumeration)(path, proof)
        return _check_refutation(path, text, path.with_suffix(".drat").read_text(encoding="utf-8"))
    except OSError as error:
        raise ProofError(f"{error.filename}: cannot be read: {error.strerror}.") from error
    except (
        KeyError,
        TypeError,
        IndexError,
        OverflowError,
        RecursionError,
        UnicodeDecodeError,
        json.JSONDecodeError,
    ) as error:
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


def _check_cuts(path: Path, proof: dict[str, Any]) -> str:
    weights, minimum = [int(weight) for weight in proof["weights"]], int(proof["minimum"])
    checks = [[int(error) for error in check] for check in proof["checks"]]
    errors, unit = [int(error) for error in proof["errors"]], int(proof["unit"])
    if any(weight < 0 for weight in weights) or unit < 1 or len(proof["syndrome"]) != len(checks):
        raise ProofError(f"{path}: weights must be at least 0, the unit at least 1, and each check have a syndrome.")
    syndrome = sum((int(bit) & 1) << i for i, bit in enumerate(proof["syndrome"]))
    columns = [0] * len(weights)
    for i, check in enumerate(checks):
        if any(not 0 <= error < len(weights) for error in check):
            raise ProofError(f"{path}: check {i} has an error that has no weight.")
        for error in check:
            columns[error] ^= 1 << i
    if len(set(errors)) != len(errors) or any(not 0 <= error < len(weights) for error in errors):
        raise ProofError(f"{path}: the errors must be different ones.")
    total = 0
    for error in errors:
        total ^= columns[error]
    if total != syndrome or sum(weights[error] for error in errors) != minimum:
        raise ProofError(f"{path}: the errors do not have the syndrome, or weigh something else than the minimum.")
    kinds: dict[int, int] = {}
    for column, weight in zip(columns, weights, strict=True):
        kinds[column] = min(weight, kinds.get(column, weight))
    kinds.pop(0, None)
    leaves = _check_tree(path, proof["tree"], kinds, columns, syndrome, minimum, unit)
    return f"no errors that weigh less than {minimum} have this syndrome ({leaves} parts), and {len(errors)} reach it"


def _check_tree(
    path: Path,
    tree: dict[str, Any],
    kinds: dict[int, int],
    columns: list[int],
    syndrome: int,
    least: int,
    unit: int,
) -> int:
    """Check that no errors of these kinds with a syndrome weigh less than `least`; return the number of leaves."""
    if "error" in tree:
        kind = columns[int(tree["error"])]
        left = {column: weight for column, weight in kinds.items() if column != kind}
        if len(left) == len(kinds):
            raise ProofError(f"{path}: branches on error {tree['error']} twice, or on one that no check has.")
        leaves = _check_tree(path, tree["without"], left, columns, syndrome, least, unit)
        return leaves + _check_tree(path, tree["with"], left, columns, syndrome ^ kind, least - kinds[kind], unit)
    cuts, duals = tree["cuts"], [int(dual) for dual in tree["duals"]]
    masks = [sum(1 << check for check in {int(check) for check in cut}) for cut in cuts]
    if len(masks) != len(duals) or any(dual < 0 for dual in duals):
        raise ProofError(f"{path}: each cut must have a dual of at least 0.")
    for at, mask in enumerate(masks):
        if (mask & syndrome).bit_count() % 2 == 0:
            raise ProofError(f"{path}: cut {cuts[at]} has the syndrome 0.")
    for column, weight in kinds.items():
        if (
            sum(dual for mask, dual in zip(masks, duals, strict=True) if (mask & column).bit_count() & 1)
            > weight * unit
        ):
            raise ProofError(f"{path}: the duals of error {columns.index(column)} add up to more than its weight.")
    if sum(duals) <= (least - 1) * unit:
        raise ProofError(f"{path}: the duals of a leaf add up to {sum(duals) / unit}; the minimum is not proved.")
    return 1


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
