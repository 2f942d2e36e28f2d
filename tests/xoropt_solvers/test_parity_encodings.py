"""Clauses allow what the parity or the sum allows."""

import numpy as np
import pytest
from xoropt_solvers.encodings import Clauses, add_binary_sum, add_parity, add_weight_sum


def satisfied(clauses, bits):
    return all(any(bits[abs(v) - 1] == (v > 0) for v in clause) for clause in clauses)


@pytest.mark.parametrize("length", range(9))
@pytest.mark.parametrize("value", [False, True])
def test_a_cut_parity_allows_what_the_parity_allows(length, value):
    clauses = []
    sink = Clauses(clauses.append, length)
    add_parity(sink, range(1, length + 1), value)
    assert max(map(len, clauses), default=0) <= 4
    for word in range(1 << length):
        x = [(word >> i) & 1 == 1 for i in range(length)]
        some = any(
            satisfied(clauses, x + [(extra >> i) & 1 == 1 for i in range(sink.variables - length)])
            for extra in range(1 << (sink.variables - length))
        )
        assert some == (sum(x) % 2 == value)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("weights", [[1, 1, 1, 1, 1], [3, 1, 4, 1, 5], [7, 7, 2, 1, 1]])
def test_a_bounded_sum_allows_what_the_sum_allows(binary, weights):
    from pysat.solvers import Solver

    with Solver(name="glucose4") as engine:
        sink = Clauses(engine.add_clause, 5)
        pairs = [(i + 1, w) for i, w in enumerate(weights)]
        total = add_binary_sum(sink, pairs) if binary else add_weight_sum(sink, [pairs], sum(weights) + 1)
        assert (total.sums == ()) == binary
        for bound in range(sum(weights)):
            limit = total.at_most(bound)
            for word in range(32):
                x = [i + 1 if (word >> i) & 1 else -i - 1 for i in range(5)]
                cost = np.dot([v > 0 for v in x], weights)
                assert engine.solve(assumptions=[*x, *limit]) == (cost <= bound)


def test_the_sum_of_two_groups_has_their_sums_as_parts():
    from pysat.solvers import Solver

    weights = [3, 1, 4, 1, 5]
    with Solver(name="glucose4") as engine:
        pairs = [(i + 1, w) for i, w in enumerate(weights)]
        total = add_weight_sum(Clauses(engine.add_clause, 5), [pairs[:2], pairs[2:]], 15)
        for part, some in ((total, slice(0, 5)), (total.parts[0], slice(0, 2)), (total.parts[1], slice(2, 5))):
            for bound in range(sum(weights[some])):
                for word in range(32):
                    bits = [(word >> i) & 1 for i in range(5)]
                    x = [i + 1 if bit else -i - 1 for i, bit in enumerate(bits)]
                    cost = np.dot(bits[some], weights[some])
                    assert engine.solve(assumptions=[*x, *part.at_most(bound)]) == (cost <= bound)
