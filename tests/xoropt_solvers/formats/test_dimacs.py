"""DIMACS as others write it: every form of one problem is the same problem, and what is none names its line."""

import re

import pytest
from xoropt_solvers import FileFormatError, InvalidInputError, formats, solve

ROWS = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
"""x1 ⊕ x2 = 1, x2 ⊕ x3 = 0, x1 ⊕ x3 = 1, with x3 fixed to 1."""
CNF = {
    "plain": "p cnf 3 4\nx1 2 0\nx-2 3 0\nx1 3 0\n3 0\n",
    "indented": "  c by hand\n\tp cnf 3 4\n x1 2 0\n  x -2 3 0\nx 1 3 0\n   3 0\n",
    "several on a line": "p cnf 3 4\nx1 2 0 x-2 3\n0 x1 3 0 3 0\n",
    "over several lines": "p cnf 3 4\nx1\n2 0\nx-2 3\n\nc within\n0\nx1 3 0\n3\n0\n",
    "the end of SATLIB": "p cnf 3 4\nx1 2 0\nx-2 3 0\nx1 3 0\n3 0\n%\n0\n\n",
    "no header": "x1 2 0\nx-2 3 0\nx1 3 0\n3 0\n",
    "line ends of DOS": "p cnf 3 4\r\nx1 2 0\r\nx-2 3 0\r\nx1 3 0\r\n3 0\r\n",
    "comments without a blank": "cmade by hand\np cnf 3 4\nx1 2 0\nx-2 3 0\nx1 3 0\n3 0\n",
    "twice the same literal": "p cnf 3 4\nx1 2 3 3 0\nx-2 3 0\nx1 3 0\n3 0\n",
}
WCNF = {
    "of old": "p wcnf 3 4 9\nx 3 1 2 0\nx 1 -2 3 0\nx 2 1 3 0\n9 3 0\n",
    "of 2022": "c\nh 3 0\n3 x 1 2 0\n1 x -2 3 0\n2 x1 3 0\n",
    "of 2022, several on a line": "3 x 1 2 0 1 x -2 3 0 2\nx 1 3 0 h 3 0\n",
    "of 2022, over several lines": "3 x 1\n 2 0\n1\nx -2 3 0\n2 x 1 3\n0\nh\n3 0\n",
}


@pytest.mark.parametrize("suffix", ["cnf", "txt"])
@pytest.mark.parametrize("name", CNF)
def test_forms_of_cnf(name, suffix, tmp_path):
    path = tmp_path / f"p.{suffix}"
    path.write_bytes(CNF[name].encode())
    problem = formats.read_problem(path)
    assert problem.A.astype(int).tolist() == ROWS
    assert problem.b.tolist() == [True, False, True]
    assert problem.fixed.tolist() == [-1, -1, 1]
    assert problem.weights is None


@pytest.mark.parametrize("suffix", ["wcnf", "txt"])
@pytest.mark.parametrize("name", WCNF)
def test_forms_of_wcnf(name, suffix, tmp_path):
    path = tmp_path / f"p.{suffix}"
    path.write_text(WCNF[name])
    problem = formats.read_problem(path)
    assert problem.A.astype(int).tolist() == ROWS
    assert (problem.weights.tolist(), problem.fixed.tolist()) == ([3, 1, 2], [-1, -1, 1])


@pytest.mark.parametrize(
    "text",
    [
        "h x 1 0\n2 x -1 0\n2 x -1 2 0\n1 x -2 0\n",
        "p wcnf 2 4 9\nx 9 1 0\nx 2 -1 0\nx 2 -1 2 0\nx 1 -2 0\n",
        "p wcnf 2 4 9\nx 12 1 0\n2 -1 0\nx 2 -1 2 0\n1 -2 0\n",  # clauses of one literal are rows, too
        "h x 1 0\n2 -1 0\n2 x -1 2 0\n1 -2 0\n",
    ],
)
def test_a_row_of_the_top_weight_must_hold(text, tmp_path):
    path = tmp_path / "p.wcnf"
    path.write_text(text)
    problem = formats.read_problem(path)
    assert problem.hard.tolist() == [True, False, False, False]
    assert problem.weights.tolist() == [0, 2, 2, 1]
    assert solve(problem).x.tolist() == [True, True]
    assert solve(problem).cost == 3


def test_rows_that_must_hold_and_cannot(tmp_path):
    path = tmp_path / "p.wcnf"
    path.write_text("p wcnf 2 2 9\nx 9 1 2 0\nx 9 -1 2 0\n")
    with pytest.raises(InvalidInputError, match="cannot hold together"):
        solve(formats.read_problem(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x1 2 0\nx3\n", "line 2: must follow a 'p' line and end with a 0"),
        ("x1 2\nx3 0\n", "line 1: must follow a 'p' line and end with a 0"),
        ("x1 0\np cnf 1 1\n", "line 1: must follow a 'p' line"),
        ("x1 2 0\n1 2 0\n", "line 2: a parity problem has XOR lines and clauses of one literal, not '1 2 0'"),
        ("h 1 0\n3 2 1 0\n", "line 2: a parity problem has XOR lines and clauses of one literal, not '3 2 1 0'"),
        ("h 1 0\nx 3 2 0\n", "line 2: must have its weight in front of its x, not 'x 3 2 0'"),
        ("p wcnf 2 1 9\n3 x 1 2 0\n", "line 2: must have its weight behind its x, not '3 x 1 2 0'"),
        ("p cnf 2 1\n3 x 1 2 0\n", "line 2: must have no weight in front of its x"),
        ("h 1 0\n-3 x 2 0\n", "line 2: must have a weight of at least 0, not -3"),
        ("h 1 0\n3 x 2 y 0\n", "line 2: must have integers, not 'y'"),
        ("x1 9999999999 0\n", "line 1: has 9999999999 variables, but the matrix may have at most 2**30 entries"),
        ("p cnf 3 2\nx1 0\n%\nx2 0\n", "line 1: announces 2 lines, but only 1 follow up to line 2"),
    ],
)
def test_what_is_none_names_the_line(text, message, tmp_path):
    path = tmp_path / "p.txt"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=re.escape(message)) as caught:
        formats.read_problem(path)
    assert str(path) in str(caught.value)


def test_an_empty_file_of_this_name(tmp_path):
    (tmp_path / "p.cnf").write_text("c nothing\n")
    assert formats.read_problem(tmp_path / "p.cnf").k == 0
