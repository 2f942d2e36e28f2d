"""Elimination of rows of any length against elimination on Python's integers."""

import numpy as np
import pytest
from parity_problems import dense
from xoropt_solvers.elimination import eliminate_wide, greedy_answer
from xoropt_solvers.problem import ParityProblem, mismatch_mask
from xoropt_solvers.reduction import independent_columns
from xoropt_solvers.systematic import member_sums


def first_independent(rows):
    """The rows that are no sum of those before them."""
    system, chosen = {}, []
    for i, row in enumerate(rows):
        word = int("".join(map(str, row.astype(int)[::-1])) or "0", 2)
        while word and word & -word in system:
            word ^= system[word & -word]
        if word:
            system[word & -word] = word
            chosen.append(i)
    return chosen


def low_rank(k, n, rank, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.integers(0, 2, (k, rank)) @ rng.integers(0, 2, (rank, n)) & 1).astype(bool)


@pytest.mark.parametrize(
    ("k", "n", "rank"), [(0, 5, 3), (5, 0, 3), (30, 64, 20), (70, 65, 40), (200, 130, 129), (90, 300, 88)]
)
def test_independent_rows_and_columns(k, n, rank):
    A = low_rank(k, n, rank)
    assert independent_columns(A).tolist() == first_independent(A.T)
    members, dependent, sums = member_sums(A)
    assert members.tolist() == first_independent(A)
    assert sorted([*members, *dependent]) == list(range(k))
    assert ((sums.astype(int) @ A[members].astype(int) & 1) == A[dependent]).all()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("k", "n"), [(40, 12), (90, 64), (64, 64)])
def test_one_word_and_several_give_the_same_answer(k, n, weighted):
    given = dense(k, n)
    problem = ParityProblem(given.A, given.b, np.arange(k) % 5 if weighted else None)
    narrow, wide = greedy_answer(problem), eliminate_wide(problem)
    assert narrow.x.tolist() == wide.x.tolist()
    assert (narrow.cost, narrow.lower_bound) == (wide.cost, wide.lower_bound)


def test_more_unknowns_than_a_word():
    problem = dense(300, 200)
    answer = eliminate_wide(problem)
    assert answer.cost == mismatch_mask(problem, answer.x).sum()
    assert not mismatch_mask(problem, answer.x)[first_independent(problem.A)].any()
