"""Windows of circuits: cut out, numbered by themselves, put back."""

import numpy as np
import pytest

from xoropt.circuits.methods.cutting import cut_out, local_gates, put_back, random_order
from xoropt.circuits.methods.tree import tree_operands
from xoropt.circuits.methods.walking import vectors_of
from xoropt.circuits.task import make_task

# x0+x1, x0+x1+x2 and x1+x2+x3 in this order of gates: t0 = x0+x1, t1 = x2+t0, t2 = x2+x3, t3 = x1+t2
MATRIX = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]], dtype=bool)
GATES = np.array([[0, 1], [2, 4], [2, 3], [1, 6]])


def test_a_window_reads_and_makes_what_it_should():
    window = cut_out(make_task(MATRIX), GATES, 1, 2)
    assert (window.first, window.size) == (1, 2)
    assert window.inputs.tolist() == [2, 3, 4]  # x2, x3 and t0
    assert window.outputs.tolist() == [5, 6]  # t1 is a target, t2 is read by t3
    assert sorted(window.part.rows.tolist()) == [[True, False, True], [True, True, False]]
    assert local_gates(make_task(MATRIX), GATES, window).tolist() == [[0, 2], [0, 1]]


def test_other_gates_of_the_same_map_fit_back():
    task = make_task(MATRIX)
    window = cut_out(task, GATES, 1, 2)
    swapped = put_back(task, GATES, window, np.array([[0, 1], [0, 2]]))
    assert swapped.tolist() == [[0, 1], [2, 3], [2, 4], [1, 5]]


@pytest.mark.parametrize("size", [1, 5, 12])
def test_gates_put_back_unchanged_are_the_same_circuit(size):
    task = make_task(np.random.default_rng(0).random((10, 9)) < 0.5)
    gates = tree_operands(task, 2)
    for first in range(0, len(gates) - size + 1, 3):
        window = cut_out(task, gates, first, size)
        assert (put_back(task, gates, window, local_gates(task, gates, window)) == gates).all()


def test_a_random_order_has_the_same_signals_in_topological_order():
    task = make_task(np.random.default_rng(0).random((10, 9)) < 0.5)
    gates = tree_operands(task, 2)
    other = random_order(task, gates, np.random.default_rng(1))
    assert (other < task.n_in + np.arange(len(gates))[:, None]).all()
    assert sorted(vectors_of(task, other)) == sorted(vectors_of(task, gates))
    assert (other != gates).any()
