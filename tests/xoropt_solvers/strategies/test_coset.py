"""The coset search."""

from parity_problems import planted
from xoropt_solvers import solve


def test_a_planted_error_among_many_rows_is_proved():
    solution = solve(planted(200, 64, [1, 50, 90, 120, 130], seed=1), "coset")
    assert solution.optimal
    assert solution.mismatches.tolist() == [1, 50, 90, 120, 130]
