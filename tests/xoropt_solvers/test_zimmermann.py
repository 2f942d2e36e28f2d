"""The Brouwer–Zimmermann search: its minima, its bounds, and what raises them."""

import numpy as np
import pytest
from parity_problems import dense, least_cost, planted, seeded_problem
from xoropt_solvers import Clock, ParityProblem, solve, zimmermann
from xoropt_solvers.zimmermann import search_cosets


def test_the_minimum_of_hundreds_of_problems_is_found_and_proved():
    for seed in range(300):
        problem = seeded_problem(seed, max_k=40, max_n=14, fixed=True)
        solution = solve(problem, "brouwer-zimmermann")
        assert solution.optimal, seed
        assert solution.cost == least_cost(problem), seed


@pytest.mark.parametrize("workers", [1, 3])
def test_parts_on_threads_make_up_the_whole(monkeypatch, workers):
    monkeypatch.setattr(zimmermann, "ONE_PART", 1)
    for seed in range(60):
        problem = seeded_problem(seed, max_k=40, max_n=14, weighted=False)
        assert solve(problem, "brouwer-zimmermann", workers=workers).cost == least_cost(problem), seed


@pytest.mark.parametrize("rows", [60, 130, 200, 300])
def test_syndromes_of_one_to_four_words(rows):
    problem = planted(rows, 20, [1, 5, 9], seed=rows)
    solution = solve(problem, "brouwer-zimmermann")
    assert solution.optimal
    assert solution.mismatches.tolist() == [1, 5, 9]


def test_a_random_code_of_a_hundred_rows_is_proved():
    solution = solve(dense(100, 50, seed=2), "brouwer-zimmermann")
    assert solution.optimal
    assert solution.lower_bound == solution.cost == solve(dense(100, 50, seed=2), "coset").cost


def test_the_bound_grows_with_every_level_and_holds_at_the_limit():
    problem = dense(180, 90, seed=1)
    seen = []
    solution = solve(
        problem, "brouwer-zimmermann", time_limit=0.5, on_improve=lambda cost, bound, _: seen.append((cost, bound))
    )
    bounds = [bound for _, bound in seen]
    assert bounds == sorted(bounds)
    assert 8 <= solution.lower_bound < solution.cost
    assert not solution.optimal


def golay(extended):
    """Codewords of the Golay code [23, 12, 7], or [24, 12, 8], as columns."""
    G = np.zeros((12, 24), bool)
    for i in range(12):
        G[i, i + np.flatnonzero([int(bit) for bit in "110001110101"])] = True  # x^11 + x^10 + x^6 + x^5 + x^4 + x^2 + 1
    G[:, 23] = G[:, :23].sum(axis=1) % 2
    return G.T if extended else G[:, :23].T


@pytest.mark.parametrize(("extended", "weight"), [(False, 7), (True, 8)])
def test_the_least_weight_of_the_golay_codes(extended, weight):
    A = golay(extended)
    costs = [
        solve(ParityProblem(A, np.zeros(len(A), bool), fixed={i: 1}), "brouwer-zimmermann").cost for i in range(12)
    ]
    assert min(costs) == weight


def test_costs_of_one_remainder_skip_bounds_between():
    A = golay(True)
    b = A[:, 0].copy()
    b[:4] ^= True
    assert zimmermann._divisor(ParityProblem(A, np.zeros(24, bool))) == 4
    assert zimmermann._divisor(ParityProblem(A, b)) in (2, 4)
    assert zimmermann._divisor(ParityProblem(golay(False), np.zeros(23, bool))) == 1
    assert search_cosets(ParityProblem(A, b), Clock()).cost == least_cost(ParityProblem(A, b))


def test_patterns_of_large_sets_are_tried_column_by_column(monkeypatch):
    monkeypatch.setattr(zimmermann, "MOST_PAIR_WORDS", 0)
    monkeypatch.setattr(zimmermann, "MOST_HEADS", 0)
    monkeypatch.setattr(zimmermann, "ONE_PART", 1)
    for seed in range(60):
        problem = seeded_problem(seed, max_k=40, max_n=14, weighted=False)
        assert solve(problem, "brouwer-zimmermann").cost == least_cost(problem), seed


@pytest.mark.parametrize("name", ["portfolio", "coset", "brouwer-zimmermann", "isd"])
@pytest.mark.parametrize(("rows", "columns"), [(3000, 1500), (20_000, 20)])
def test_numbers_of_patterns_beyond_floats(name, rows, columns):
    problem = dense(rows, columns)
    solution = solve(problem, name, time_limit=0.3)
    assert 0 < solution.lower_bound <= solution.cost <= solve(problem, "greedy").cost


def test_no_set_but_the_first_is_made_once_half_of_the_time_is_over():
    problem = dense(200, 20)
    assert len(zimmermann._disjoint_sets(problem, Clock())[1]) > 5
    late = Clock(1.0)
    late.begin -= 2.0
    form, sets = zimmermann._disjoint_sets(problem, late)
    assert len(sets) == 1
    assert (sets[0].columns == form.columns.T).all()
