"""Information-set decoding: a planted pattern is found, with the probability that it would have been."""

from parity_problems import dense, least_cost, planted, seeded_problem
from xoropt_solvers import solve
from xoropt_solvers.decoding import plan_sets


def test_isd_reports_its_probability():
    solution = solve(planted(120, 70, [5, 50, 100], seed=5), "isd", rounds=200, seed=1)
    assert solution.cost == 3
    assert solution.mismatches.tolist() == [5, 50, 100]
    assert solution.info["rounds"] == 200
    assert 0.99 < solution.info["probability"] <= 1.0
    assert not solution.optimal


def test_the_seed_decides_the_answer():
    problem = dense(120, 70)
    first, again = (solve(problem, "isd", rounds=20, seed=7) for _ in range(2))
    assert first.x.tolist() == again.x.tolist()
    assert first.cost < solve(problem, "greedy").cost


def test_weights_are_what_is_minimized():
    problem = seeded_problem(5, max_k=40, max_n=10, weighted=True)
    solution = solve(problem, "isd")
    assert solution.cost == least_cost(problem) > 0


def test_no_round_takes_long_where_patterns_are_heavy():
    """What a round finds for its time may grow with the round; the clock ends the search between two of them."""
    for members, dependents, errors in ((128, 256, 82), (60, 500, 200), (500, 500, 200)):
        assert plan_sets(members, dependents, errors).seconds <= 0.02
    assert plan_sets(20_000, 300, 30).p == 1
