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


@given(problem=problems(max_k=14, max_n=6, weighted=True, fixed=True))
def test_odd_cuts_hold(tmp_path_factory, problem):
    path = tmp_path_factory.mktemp("p") / "p.json"
    solution = solve(problem)
    write_proof(problem, solution, path)
    assert check_proof(path).startswith(f"no errors that weigh less than {solution.cost} have this syndrome")
    if problem.weights is not None and solution.cost:
        proof = json.loads(path.read_text())
        for change in ({"minimum": solution.cost - 1}, {"errors": []}, {"weights": [0] * problem.k}):
            path.write_text(json.dumps(proof | change))
            with pytest.raises(ProofError):
                check_proof(path)


CUTS = {
    "checks": [[0, 1], [1, 2], [2, 0]],
    "syndrome": [1, 1, 0],
    "weights": [2, 2, 3],
    "minimum": 2,
    "errors": [1],
    "unit": 1,
    "tree": {"cuts": [[0]], "duals": [2]},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        ({"tree": {"cuts": [[0, 1]], "duals": [2]}}, r"cut \[0, 1\] has the syndrome 0"),
        ({"tree": {"cuts": [[0], [1]], "duals": [1, 2]}}, "the duals of error 1 add up to more than its weight"),
        ({"tree": {"cuts": [[0]], "duals": [1]}}, "the duals of a leaf add up to 1.0; the minimum is not proved"),
        ({"tree": {"cuts": [[0]], "duals": [-1]}}, "each cut must have a dual of at least 0"),
        ({"tree": {"cuts": [[0]], "duals": []}}, "each cut must have a dual of at least 0"),
        ({"tree": {"error": 1, "without": {"cuts": [[0]], "duals": [2]}, "with": {"cuts": [], "duals": []}}}, None),
        ({"tree": {"error": 9}}, "is no proof of a minimum"),
        ({"errors": [0], "syndrome": [1, 0, 1]}, None),
        ({"errors": [0]}, "the errors do not have the syndrome"),
        ({"errors": [0, 0, 1]}, "the errors must be different"),
        ({"checks": [[0, 1], [1, 7], [2, 0]]}, "check 1 has an error that has no weight"),
        ({"weights": [2, -2, 3]}, "weights must be at least 0"),
        ({"unit": 0}, "the unit at least 1"),
        ({"syndrome": [1]}, "each check have a syndrome"),
    ],
)
def test_changed_cuts_are_refused(tmp_path, change, message):
    (tmp_path / "p.json").write_text(json.dumps(CUTS | change))
    if message is None:
        assert "weigh less than 2" in check_proof(tmp_path / "p.json")
        return
    with pytest.raises(ProofError, match=message):
        check_proof(tmp_path / "p.json")


def test_proofs_with_branches(tmp_path):
    branched = 0
    for seed in (2, 4, 6):
        H = np.random.default_rng(seed).random((18, 40)) < 0.5
        s = np.random.default_rng(seed + 99).random(18) < 0.5
        problem = ParityProblem.from_checks(H, s, np.full(40, 2))
        solution = solve(problem)
        write_proof(problem, solution, tmp_path / "p.json")
        branched += '"error"' in (tmp_path / "p.json").read_text()
        assert f"less than {solution.cost} have this syndrome" in check_proof(tmp_path / "p.json")
    assert branched


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
    heavy = ParityProblem([[1], [1], [1]], [0, 1, 1], [1, 2, 2**40])
    with pytest.raises(LimitExceededError, match=r"takes weights below 2\*\*40: use a \.cnf"):
        write_proof(heavy, solve(heavy), tmp_path / "p.json")
    with pytest.raises(InvalidInputError, match=r"must end in \.json .* or \.cnf"):
        write_proof(TRIANGLE, solve(TRIANGLE), tmp_path / "p.txt")
    open_ = dense(60, 30, seed=2)
    with pytest.raises(InvalidInputError, match="needs a proved minimum"):
        write_proof(open_, solve(open_, "greedy"), tmp_path / "p.json")
    hard = dense(90, 30, seed=2)
    with pytest.raises(LimitExceededError, match=r"No proof was found within 0\.1 s: allow more time, or use a \.cnf"):
        write_proof(hard, solve(hard), tmp_path / "p.json", time_limit=0.1)
    assert not list(tmp_path.iterdir())


def test_many_rows_of_one_unknown(tmp_path):
    far = ParityProblem(np.ones((200, 1), bool), np.arange(200) % 2 == 0)
    write_proof(far, solve(far), tmp_path / "p.json")
    assert check_proof(tmp_path / "p.json").startswith("no errors that weigh less than 100")


def test_half_sums_are_all_sets():
    assert sorted(half_sums(np.array([1, 2, 4, 8], dtype=np.uint64), 2).tolist()) == [3, 5, 6, 9, 10, 12]
