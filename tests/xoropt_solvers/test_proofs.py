"""Proofs: the checker accepts those that are written, and none that was changed to say more."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from parity_problems import TRIANGLE, dense, problems
from xoropt_solvers import InvalidInputError, LimitExceededError, ParityProblem, solve
from xoropt_solvers.proof_checking import ProofError, check_proof, half_sums
from xoropt_solvers.proofs import write_proof


@given(problem=problems(max_k=14, max_n=6, weighted=False, fixed=True))
def test_an_enumeration_holds(tmp_path_factory, problem):
    path = tmp_path_factory.mktemp("p") / "p.json"
    solution = solve(problem)
    write_proof(problem, solution, path)
    assert check_proof(path).startswith(f"no errors of weight below {solution.cost} ")


@given(problem=problems(max_k=12, max_n=5))
def test_a_refutation_holds(tmp_path_factory, problem):
    path = tmp_path_factory.mktemp("p") / "p.cnf"
    solution = solve(problem)
    write_proof(problem, solution, path)
    assert check_proof(path).startswith(f"contradiction: cost < {solution.cost}")


def test_a_larger_block(tmp_path):
    problem = dense(40, 20, seed=4)
    solution = solve(problem)
    assert solution.cost >= 5
    for name in ("p.json", "p.cnf"):
        write_proof(problem, solution, tmp_path / name)
        done = subprocess.run(
            [sys.executable, "-m", "xoropt_solvers.proof_checking", str(tmp_path / name)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert str(solution.cost) in done.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum": 6, "errors": [0, 1, 2, 3, 4, 5]}, "do not add up to the syndrome"),
        ({"errors": [0]}, "must be . different columns"),
        ({"below": []}, "must list every weight from 0 to"),
        ({"columns": None}, "is no proof of a minimum"),
    ],
)
def test_changed_enumerations_are_refused(tmp_path, change, message):
    problem = dense(24, 12, seed=1)
    write_proof(problem, solve(problem), tmp_path / "p.json")
    proof = json.loads((tmp_path / "p.json").read_text())
    (tmp_path / "p.json").write_text(json.dumps(proof | change))
    with pytest.raises(ProofError, match=message):
        check_proof(tmp_path / "p.json")


def test_a_minimum_that_is_too_high_is_refused(tmp_path):
    proof = {"columns": ["1", "2", "3"], "syndrome": "3", "minimum": 2, "errors": [0, 1]}
    below = [{"weight": 0, "left": 1, "right": 1}, {"weight": 1, "left": 3, "right": 1}]
    (tmp_path / "p.json").write_text(json.dumps(proof | {"below": below}))
    with pytest.raises(ProofError, match="1 columns may add up to the syndrome"):
        check_proof(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("cnf", "drat", "message"),
    [
        ("p cnf 2 2\n1 2 0\n-1 -2 0\n", "0\n", "line 1: does not follow by unit propagation"),
        ("p cnf 2 2\n1 2 0\n-1 -2 0\n", "", "ends without the empty clause"),
        ("p cnf 1 1\n1 x 0\n", "0\n", "must hold clauses"),
        ("p cnf 1 1\n1\n", "0\n", "a clause ends with its only 0"),
    ],
)
def test_wrong_refutations_are_refused(tmp_path, cnf, drat, message):
    (tmp_path / "p.cnf").write_text(cnf)
    (tmp_path / "p.drat").write_text(drat)
    with pytest.raises(ProofError, match=message):
        check_proof(tmp_path / "p.cnf")


def test_what_cannot_be_proved_so(tmp_path):
    weighted = ParityProblem([[1], [1], [1]], [0, 1, 1], [1, 2, 3])
    with pytest.raises(InvalidInputError, match=r"must end in \.cnf for a problem with weights"):
        write_proof(weighted, solve(weighted), tmp_path / "p.json")
    with pytest.raises(InvalidInputError, match=r"must end in \.json .* or \.cnf"):
        write_proof(TRIANGLE, solve(TRIANGLE), tmp_path / "p.txt")
    open_ = dense(60, 30, seed=2)
    with pytest.raises(InvalidInputError, match="needs a proved minimum"):
        write_proof(open_, solve(open_, "greedy"), tmp_path / "p.json")
    far = ParityProblem(np.ones((200, 1), bool), np.arange(200) % 2 == 0)
    with pytest.raises(LimitExceededError, match=r"would take .* sums of 50 of 200 columns"):
        write_proof(far, solve(far), tmp_path / "p.json")
    assert not list(tmp_path.iterdir())


def test_half_sums_are_all_sets():
    assert sorted(half_sums(np.array([1, 2, 4, 8], dtype=np.uint64), 2).tolist()) == [3, 5, 6, 9, 10, 12]
