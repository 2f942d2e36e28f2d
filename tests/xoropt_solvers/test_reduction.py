"""Normal forms of a problem."""

from xoropt_solvers import ParityProblem
from xoropt_solvers.reduction import reduce_problem, substitute_fixed


def test_reduction_merges_equal_rows_and_drops_useless_ones():
    A = [[1, 0], [1, 0], [1, 0], [0, 0], [0, 0], [0, 1]]
    problem = ParityProblem(A, [1, 1, 0, 1, 0, 1], weights=[3, 4, 2, 5, 6, 0])
    reduced = reduce_problem(problem)
    assert reduced.offset == 5 + 2
    assert reduced.problem.A.tolist() == [[True, False]]
    assert reduced.problem.b.tolist() == [True]
    assert reduced.problem.row_weights.tolist() == [5]


def test_fixed_bits_move_to_the_values():
    problem = substitute_fixed(ParityProblem([[1, 1], [0, 1]], [0, 0], fixed={1: 1}))
    assert problem.A.tolist() == [[True], [False]]
    assert problem.b.tolist() == [True, True]
