"""Files: what is written means the same to others, and comes back as it was."""

import importlib.util
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from parity_problems import TRIANGLE, least_cost, problems
from xoropt_solvers import FileFormatError, InvalidInputError, ParityProblem, formats

WEIGHTED = ParityProblem([[1, 0, 1], [0, 1, 1], [0, 0, 0], [0, 0, 0]], [0, 1, 0, 1], weights=[3, 0, 2, 7])
FIXED = ParityProblem([[1, 0, 1], [0, 1, 1]], [0, 1], fixed={0: 1, 2: 0})


def same(a, b):
    return (
        np.array_equal(a.A, b.A)
        and np.array_equal(a.b, b.b)
        and np.array_equal(a.row_weights, b.row_weights)
        and (a.fixed is None) == (b.fixed is None)
        and (a.fixed is None or np.array_equal(a.fixed, b.fixed))
    )


def test_the_text_of_a_triangle(tmp_path):
    formats.write_text(TRIANGLE, tmp_path / "p.txt")
    assert (tmp_path / "p.txt").read_text() == "1 0 1\n0 1 1\n1 1 1\n"


def test_the_xor_lines_of_a_weighted_problem(tmp_path):
    formats.write_cnf(WEIGHTED, tmp_path / "p.cnf")
    lines = ["p wcnf 3 4 13", "x 3 -1 3 0", "x 0 2 3 0", "x 2 -1 1 0", "x 7 0"]
    assert (tmp_path / "p.cnf").read_text().splitlines() == lines


@pytest.mark.parametrize("suffix", [".npz", ".txt", ".cnf"])
@pytest.mark.parametrize("problem", [TRIANGLE, WEIGHTED, FIXED])
def test_problems_come_back_as_they_were(tmp_path, problem, suffix):
    if suffix == ".txt" and problem is FIXED:
        with pytest.raises(InvalidInputError, match="fixed bits"):
            formats.write_problem(problem, tmp_path / "p.txt")
        return
    formats.write_problem(problem, tmp_path / f"p{suffix}")
    assert same(formats.read_problem(tmp_path / f"p{suffix}"), problem)
    assert [path.name for path in tmp_path.iterdir()] == [f"p{suffix}"]


@given(problem=problems(max_k=8, max_n=5, fixed=True))
def test_any_problem_comes_back_from_dimacs(tmp_path_factory, problem):
    if problem.n == 0:
        return
    path = tmp_path_factory.mktemp("f") / "p.cnf"
    formats.write_cnf(problem, path)
    assert same(formats.read_problem(path), problem)


def test_text_may_be_packed_commented_and_weighted(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("# three rows\n101\n\n0, 1, 1 : 4  # heavy\n1 1 1\n")
    problem = formats.read_problem(path)
    assert problem.A.tolist() == TRIANGLE.A.tolist()
    assert problem.row_weights.tolist() == [1, 4, 1]


def test_packed_rows_in_npz(tmp_path):
    np.savez(tmp_path / "p.npz", rows=np.array([1, 2, 3], np.uint64), values=np.ones(3, bool), n=2)
    assert same(formats.read_problem(tmp_path / "p.npz"), TRIANGLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no row"),
        ("102\n", "line 1: must hold zeros and ones"),
        ("101\n10\n", "line 2: must hold 3 bits"),
        ("101 : x\n", "line 1: must have integers, not 'x'"),
        ("101 : -1\n", "line 1: must have a number of at least 0, not -1"),
        ("p sat 3\n", "line 1: must be the only 'p cnf'"),
        ("p cnf 2 1\np cnf 2 1\n", "line 2: must be the only 'p cnf'"),
        ("p cnf 2 1\nx1 3 0\n", "line 2: has variable 3, the header allows 2"),
        ("p cnf 2 1\nx1 2\n", "line 2: must follow a 'p' line and end with a 0"),
        ("p cnf 2 1\nx1 x2 0\n", "line 2: must follow a 'p' line and end with a 0"),
        ("p cnf 2 1\n1 2 0\n", "line 2: a parity problem has XOR lines"),
        ("p cnf 2 1\n1 0\n-1 0\n", "line 3: fixes variable 1 to both values"),
        ("p cnf 2 1\nxa 0\n", "line 2: must have integers, not 'a'"),
        ("p wcnf 2 1 9\nx -3 1 0\n", "line 2: must have a weight of at least 0"),
        ("p wcnf 2 1 9\n3 1 2 0\n", "line 2: a parity problem has XOR lines"),
        ("p cnf 2 3\nx1 0\nx2 0\n", "line 1: announces 3 lines, but only 2 follow up to line 3"),
        ("c cut\np cnf 2 1\n", "line 2: announces 1 lines, but only 0 follow up to line 2"),
        ("p cnf 99999999999 1\nx1 0\n", "line 1: has 99999999999 variables"),
        ("p cnf 2 x\n", "line 1: must have integers, not 'x'"),
        (f"101\n101 : {10**30}\n", "line 2: must have numbers of at most 2**62"),
        (f"101\n101 : {10**400}\n", "line 2: must have numbers of at most 2**62"),
        (f"101 : {2**61}\n101 : {2**61}\n", "'weights' must sum to less than 2**62"),
        (b"\xff\xfe\x00", "is neither a .npz file nor text"),
        (b"PK\x03\x04rest", "damaged .npz"),
    ],
)
def test_bad_files_name_the_line(tmp_path, content, message):
    path = tmp_path / "p.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FileFormatError, match=re.escape(message)) as caught:
        formats.read_problem(path)
    assert str(path) in str(caught.value)


def test_bad_archives_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", A=np.ones((2, 2)), b=np.ones(2, bool))
    with pytest.raises(FileFormatError, match="'A' must hold booleans"):
        formats.read_problem(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", other=np.ones(2))
    with pytest.raises(FileFormatError, match=r"must hold the arrays A and b.*holds other"):
        formats.read_problem(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", A=np.array([[None]], dtype=object), b=np.ones(1, bool))
    with pytest.raises(FileFormatError, match="damaged"):
        formats.read_problem(tmp_path / "c.npz")
    with pytest.raises(FileFormatError, match="cannot be read"):
        formats.read_problem(tmp_path / "none.npz")
    with pytest.raises(FileFormatError, match="cannot be written"):
        formats.write_problem(TRIANGLE, tmp_path / "none" / "p.npz")
    with pytest.raises(InvalidInputError, match="end the name in one of"):
        formats.write_problem(TRIANGLE, tmp_path / "p.doc")


CASES = [TRIANGLE, WEIGHTED, FIXED] + [
    ParityProblem(
        np.random.default_rng(seed).random((9, 5)) < 0.5,
        np.random.default_rng(seed + 50).random(9) < 0.5,
        weights=np.random.default_rng(seed).integers(0, 4, 9) if seed % 2 else None,
        fixed={1: 1} if seed % 3 == 0 else None,
    )
    for seed in range(6)
]


@pytest.mark.parametrize("problem", CASES)
def test_a_maxsat_solver_reads_the_wcnf(tmp_path, problem):
    from pysat.examples.rc2 import RC2
    from pysat.formula import WCNF

    formats.write_wcnf(problem, tmp_path / "p.wcnf")
    with RC2(WCNF(from_file=str(tmp_path / "p.wcnf"))) as engine:
        engine.compute()
        assert engine.cost == least_cost(problem)


@pytest.mark.skipif(importlib.util.find_spec("highspy") is None, reason="highspy reads CPLEX LP; OR-Tools does not")
def test_an_integer_programming_solver_reads_the_lp(tmp_path):
    for i, problem in enumerate(CASES):
        formats.write_lp(problem, tmp_path / f"{i}.lp")
    # A process of its own: highspy and OR-Tools cannot share one.
    code = """
import sys, highspy
for path in sys.argv[1:]:
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    assert engine.readModel(path) == highspy.HighsStatus.kOk
    engine.run()
    print("minimum", round(engine.getInfo().objective_function_value))
"""
    paths = [str(tmp_path / f"{i}.lp") for i in range(len(CASES))]
    found = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True)
    minima = [int(line.split()[1]) for line in found.stdout.splitlines() if line.startswith("minimum")]
    assert minima == [least_cost(problem) for problem in CASES]


@pytest.mark.parametrize("problem", CASES)
def test_a_bounded_cnf_is_satisfiable_from_the_minimum_on(tmp_path, problem):
    import pycryptosat

    least = least_cost(problem)
    for bound in {max(0, least - 1), least, least + 1}:
        formats.write_cnf(problem, tmp_path / "p.cnf", bound=bound)
        engine = pycryptosat.Solver()
        for line in (tmp_path / "p.cnf").read_text().splitlines()[1:]:
            literals = [int(word) for word in line.lstrip("x").split()[:-1]]
            if line.startswith("x"):
                value = 1 ^ (sum(v < 0 for v in literals) & 1)
                engine.add_xor_clause([abs(v) for v in literals], bool(value))
            else:
                engine.add_clause(literals)
        assert engine.solve()[0] == (bound >= least)


@pytest.mark.parametrize("problem", CASES)
def test_the_pseudo_boolean_file_has_the_same_minimum(tmp_path, problem):
    from ortools.sat.python import cp_model

    formats.write_opb(problem, tmp_path / "p.opb")
    header, goal, *rows = (tmp_path / "p.opb").read_text().splitlines()
    variables, constraints = map(int, re.findall(r"\d+", header))
    program = cp_model.CpModel()
    x = [program.new_bool_var("") for _ in range(variables + 1)]

    def terms(text):
        return sum(int(a) * x[int(v)] for a, v in re.findall(r"([+-]\d+) x(\d+)", text))

    assert len(rows) == constraints
    for row in rows:
        left, right = row.rstrip(" ;").split("=")
        program.add(terms(left) == int(right))
    program.minimize(terms(goal))
    engine = cp_model.CpSolver()
    assert engine.solve(program) == cp_model.OPTIMAL
    assert round(engine.objective_value) == least_cost(problem)


@pytest.mark.parametrize("weights", [None, [2, 3, 4]])
def test_a_problem_without_unknowns_can_be_read_again(tmp_path, weights):
    problem = ParityProblem(np.zeros((3, 0), bool), [1, 0, 1], weights)
    formats.write_cnf(problem, tmp_path / "p.cnf")
    found = formats.read_problem(tmp_path / "p.cnf")
    assert not found.A.any()
    assert found.b.tolist() == problem.b.tolist()
    assert found.row_weights.tolist() == problem.row_weights.tolist()


@pytest.mark.parametrize("n", [2.7, 2.0, [2, 2], "2"])
def test_the_number_of_unknowns_must_be_an_integer(tmp_path, n):
    np.savez(tmp_path / "p.npz", rows=np.array([1], np.uint64), values=np.ones(1, bool), n=n)
    with pytest.raises(FileFormatError, match="'n' must be an integer"):
        formats.read_problem(tmp_path / "p.npz")


@pytest.mark.parametrize("text", ["1 0 1\n0 1 1\n1 1 1\n", "p cnf 2 3\nx1 0\nx2 0\nx1 2 0\n"])
def test_a_byte_order_mark_is_no_row(tmp_path, text):
    (tmp_path / "p.txt").write_text(text, encoding="utf-8-sig")
    assert same(formats.read_problem(tmp_path / "p.txt"), TRIANGLE)
