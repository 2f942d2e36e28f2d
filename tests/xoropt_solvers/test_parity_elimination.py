"""The elimination under all strategies: compiled and on Python integers."""

import numpy as np
from hypothesis import given
from parity_problems import problems
from xoropt_solvers import ParityBatch
from xoropt_solvers.elimination import eliminate_wide, greedy_answer, heaviest_first


@given(problems(max_k=20, max_n=10))
def test_wide_rows_give_the_answer_of_narrow_ones(problem):
    wide, narrow = eliminate_wide(problem), greedy_answer(problem)
    assert wide.x.tolist() == narrow.x.tolist()
    assert (wide.cost, wide.lower_bound) == (narrow.cost, narrow.lower_bound)


def test_rows_of_a_block_are_sorted_by_weight_and_keep_their_order_otherwise():
    batch = ParityBatch(
        rows=np.arange(6, dtype=np.uint64),
        values=np.array([0, 1, 0, 1, 0, 1], dtype=bool),
        starts=np.array([0, 2, 6]),
        n=3,
        weights=np.array([1, 2, 3, 4, 4, 3]),
    )
    found = heaviest_first(batch)
    assert found.rows.tolist() == [1, 0, 3, 4, 2, 5]
    assert found.values.tolist() == [True, False, True, False, False, True]
    assert found.weights.tolist() == [2, 1, 4, 4, 3, 3]
    assert found.starts.tolist() == [0, 2, 6]
