"""No claim of an optimum is ever wrong: ten thousand random problems, shared out among the strategies."""

import pytest
from parity_problems import least_cost, seeded_problem
from xoropt_solvers import available, solve

PROBLEMS = 10_000


@pytest.mark.slow
@pytest.mark.parametrize("name", available())
def test_no_claim_is_wrong(name):
    names = available()
    for seed in range(names.index(name), PROBLEMS, len(names)):
        problem = seeded_problem(seed, max_k=28, max_n=9, fixed=True)
        least = least_cost(problem)
        solution = solve(problem, name, time_limit=0.05 if name == "isd" else 20.0)
        assert solution.lower_bound <= least <= solution.cost, seed
        assert solution.optimal == (solution.lower_bound == solution.cost), seed
