"""Searches that are stopped: there is always a whole circuit, and never a worse one than what takes a moment."""

import contextlib

import numpy as np
import pytest
from xoropt_solvers.interrupts import never

from xoropt.circuits import METHODS, least_depth, synthesis, synthesize
from xoropt.circuits.kernels.groups import depth_of
from xoropt.circuits.methods import columns, exact, quick
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.methods.quick import quick_gates
from xoropt.circuits.methods.wide import widen
from xoropt.circuits.registry import find
from xoropt.circuits.task import Search, assemble, make_task

BOUNDED = [name for name in METHODS if find(name).bounded]


def shapes():
    rng = np.random.default_rng(4)
    return {
        "square": rng.random((30, 30)) < 0.5,
        "tall": rng.random((90, 7)) < 0.5,
        "wide": rng.random((5, 150)) < 0.4,
        "sparse": rng.random((40, 80)) < 0.05,
        "deficient": (rng.integers(0, 2, (20, 4)) @ rng.integers(0, 2, (4, 20)) % 2).astype(bool),
        "one": np.ones((1, 9), bool),
    }


def stopped_search(matrix, max_depth=None):
    search = Search(make_task(matrix, max_depth), 0.0)
    search.flag.fill(1)
    return search


@pytest.mark.parametrize("shape", shapes())
@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_is_stopped_at_once_has_a_circuit(method, shape):
    matrix = shapes()[shape]
    search = stopped_search(matrix)
    find(method).run(search, 0)
    circuit = assemble(matrix, search.gates)
    assert circuit.verify(matrix)
    if method != "in-place":  # Gaussian elimination may take more than each row by itself
        assert circuit.gates <= (matrix.sum(axis=1) - 1).clip(0).sum()


@pytest.mark.parametrize("shape", shapes())
@pytest.mark.parametrize("method", BOUNDED)
def test_a_method_that_is_stopped_at_once_keeps_the_least_depth(method, shape):
    matrix = shapes()[shape]
    search = stopped_search(matrix, least_depth(matrix))
    find(method).run(search, 0)
    assert assemble(matrix, search.gates).depth <= least_depth(matrix)


@pytest.mark.parametrize("max_depth", [None, 5, 7])
def test_a_greedy_run_that_is_stopped_later_has_fewer_gates(max_depth):
    matrix = np.random.default_rng(0).random((24, 24)) < 0.5
    task = make_task(matrix, max_depth)
    random = np.array([7], dtype=np.uint64)
    at_once = assemble(matrix, paar_gates(task, random, np.ones(1, dtype=np.int64)))
    whole = assemble(matrix, paar_gates(task, random, never()))
    assert whole.gates < at_once.gates
    assert max_depth is None or max(whole.depth, at_once.depth) <= max_depth


@pytest.mark.parametrize("shape", shapes())
def test_four_russians_make_every_row(shape):
    matrix = shapes()[shape]
    task = make_task(matrix)
    gates = quick_gates(task)
    circuit = assemble(matrix, gates)
    assert depth_of(gates, task.n_in) == circuit.depth
    bound = least_depth(matrix)
    bounded = quick_gates(make_task(matrix, bound))
    assert bounded is None or assemble(matrix, bounded).depth <= bound


def test_four_russians_share_more_than_trees_do():
    matrix = np.random.default_rng(0).random((128, 128)) < 0.5
    assert len(quick_gates(make_task(matrix))) < 0.9 * synthesize(matrix, "tree").gates


@contextlib.contextmanager
def at_once(interrupt, seconds):
    interrupt()
    yield


@pytest.mark.parametrize("method", METHODS)
def test_a_stopped_search_of_a_large_matrix_is_no_worse_than_four_russians(monkeypatch, method):
    monkeypatch.setattr(synthesis, "interrupting", at_once)
    monkeypatch.setattr(quick, "QUICK_SIZE", 0)
    monkeypatch.setattr(synthesis, "QUICK_SIZE", 0)
    matrix = np.random.default_rng(0).random((40, 40)) < 0.5
    circuit = synthesize(matrix, method, time_limit=1e-3)
    assert circuit.verify(matrix)
    if method == "tree":
        assert circuit.depth == least_depth(matrix)
    else:
        assert circuit.gates <= len(quick_gates(make_task(matrix)))


def test_without_a_time_limit_one_run_is_made_whole(monkeypatch):
    limits = []

    @contextlib.contextmanager
    def interrupting(interrupt, seconds):
        limits.append(seconds)
        yield

    monkeypatch.setattr(synthesis, "interrupting", interrupting)
    synthesize(np.ones((3, 4)), "paar", time_limit=0)
    assert limits == [None]
    synthesize(np.ones((3, 4)), "paar", time_limit=1e-3)
    assert 0 <= limits[1] <= 1e-3


def test_no_other_size_of_groups_is_tried_when_the_time_is_up(monkeypatch):
    tried = []
    original = columns.column_gates

    def column_gates(task, order, size, rng, stop):
        tried.append(size)
        return original(task, order, size, rng, stop)

    monkeypatch.setattr(columns, "column_gates", column_gates)
    columns.run(stopped_search(shapes()["tall"]), 0)
    assert tried == [2]


def test_no_formula_is_begun_without_time_for_it(monkeypatch):
    def exact_gates(*args):
        raise AssertionError

    monkeypatch.setattr(exact, "exact_gates", exact_gates)
    matrix = np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 0, 1]], bool)
    search = stopped_search(matrix)
    exact.METHOD.run(search, 0)
    assert assemble(matrix, search.gates).verify(matrix)


@pytest.mark.parametrize("dissolved", [0, 1, 5, 1000])
def test_widening_may_end_after_any_gate(dissolved):
    matrix = np.random.default_rng(1).random((20, 20)) < 0.5
    task = make_task(matrix, max_inputs=4)
    gates = paar_gates(task, np.array([7], dtype=np.uint64), never())
    looks = iter(range(10**6))
    wide = widen(task, gates, np.random.default_rng(0), lambda: next(looks) >= dissolved)
    circuit = assemble(matrix, wide)
    assert circuit.max_inputs <= 4
    assert len(gates) - dissolved <= circuit.gates <= len(gates) or dissolved == 1000
    assert (circuit.gates < len(gates)) == (dissolved >= 1)
