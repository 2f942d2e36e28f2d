"""`solve`: what it refuses, and how it checks what strategies claim."""

import numpy as np
import pytest
from parity_problems import TRIANGLE
from xoropt_solvers import Answer, InvalidInputError, ParityProblem, Strategy, WrongAnswerError, solve, solve_many


def test_unknown_options_are_refused():
    with pytest.raises(InvalidInputError, match=r"'greedy' does not take.*'colour'"):
        solve(TRIANGLE, "greedy", colour="red")


def test_options_are_checked_where_no_search_is_needed():
    with pytest.raises(InvalidInputError, match=r"'sat' does not take.*'bogus'"):
        solve(ParityProblem([[1]], [1]), "sat", bogus=1)


def test_a_problem_must_be_a_problem():
    with pytest.raises(InvalidInputError, match="'problem' must be a ParityProblem, not list; make one"):
        solve([[1]], "greedy")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(np.ones(2, bool), 0, 0), "claims cost 0"),
        (Answer(np.ones(2, bool), 1, 2), "lower bound 2"),
        (Answer(np.ones(3, bool), 1, 0), r"returned x of shape \(3,\)"),
    ],
)
def test_a_wrong_answer_raises(register, answer, message):
    register(Strategy("other", lambda problem, clock: answer, exact=False, reduces=False))
    with pytest.raises(WrongAnswerError, match=message):
        solve(TRIANGLE, "other")
    with pytest.raises(WrongAnswerError, match=message):
        solve_many([TRIANGLE], "other")


@pytest.mark.parametrize("reduces", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "answer",
        Answer(None, 1, 0),
        Answer(np.array(["1", "1"]), 1, 0),
        Answer(np.array([np.nan, 1.0]), 1, 0),
        Answer(np.array([2, 1]), 1, 0),
        Answer(np.ones(5, bool), 1, 0),
        Answer(np.ones(2, bool), None, 0),
        Answer(np.ones(2, bool), "1", 0),
        Answer(np.ones(2, bool), 1, float("nan")),
        Answer(np.ones(2, bool), 1, 1.9),
        Answer(np.ones(2, bool), 1, 0, None),
    ],
)
def test_an_answer_of_wrong_types_raises(register, answer, reduces):
    register(Strategy("other", lambda problem, clock: answer, exact=False, reduces=reduces))
    for problem in (TRIANGLE, ParityProblem([[1, 0, 1], [0, 1, 0], [1, 1, 0]], [1, 1, 1], fixed={2: 0})):
        with pytest.raises(WrongAnswerError, match=r"'other' (returned|claims)"):
            solve(problem, "other")


@pytest.mark.parametrize("reduces", [False, True])
def test_a_strategy_cannot_change_the_problem(register, reduces):
    def run(problem, clock):
        for array in (problem.A, problem.b):
            array.flags.writeable = True
            array[:] = 0
        return Answer(np.zeros(problem.n, bool), 0, 0)

    register(Strategy("other", run, exact=False, reduces=reduces))
    problem = ParityProblem(TRIANGLE.A, TRIANGLE.b)
    with pytest.raises(WrongAnswerError, match="claims cost 0"):
        solve(problem, "other")
    assert problem.b.all()
