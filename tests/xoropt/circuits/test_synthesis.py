"""Every method on matrices of every shape; options; bad input."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from xoropt.circuits import METHODS, XorCircuit, least_depth, synthesize
from xoropt.circuits.methods import local, paar, windows
from xoropt.circuits.registry import find
from xoropt.common.errors import ArgumentError

matrices = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9))
BOUNDED = [name for name in METHODS if find(name).bounded]
EVERY = [pytest.param(name, marks=pytest.mark.slow if name == "sat" else ()) for name in METHODS]


def shapes():
    """Zero rows, equal rows, identity, rank-deficient, 1×1, tall, wide, empty, more columns than a word has bits."""
    rng = np.random.default_rng(0)
    return {
        "zero": np.zeros((3, 4), bool),
        "equal": np.ones((4, 5), bool),
        "identity": np.eye(6, dtype=bool),
        "one": np.ones((1, 1), bool),
        "tall": rng.random((40, 6)) < 0.5,
        "wide": rng.random((3, 40)) < 0.5,
        "deficient": (rng.integers(0, 2, (8, 3)) @ rng.integers(0, 2, (3, 8)) % 2).astype(bool),
        "no rows": np.zeros((0, 4), bool),
        "no columns": np.zeros((4, 0), bool),
        "many columns": rng.random((6, 100)) < 0.2,
        "invertible": np.tri(12, dtype=bool)[rng.permutation(12)],
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", shapes())
def test_every_method_on_every_shape(method, shape):
    matrix = shapes()[shape]
    circuit = synthesize(matrix, method, time_limit=0.05)
    assert circuit.verify(matrix)
    assert circuit.gates <= (matrix.sum(axis=1) - 1).clip(0).sum()


@pytest.mark.parametrize("method", EVERY)
@given(matrix=matrices)
def test_every_method_is_exact(method, matrix):
    assert synthesize(matrix, method, time_limit=0.01).verify(matrix)


@pytest.mark.parametrize("method", BOUNDED)
@given(matrix=matrices, spare=st.integers(0, 2))
def test_depth_bounds_are_kept(method, matrix, spare):
    bound = least_depth(matrix) + spare
    circuit = synthesize(matrix, method, time_limit=0.02, max_depth=bound)
    assert circuit.verify(matrix)
    assert circuit.depth <= bound


@given(
    matrix=matrices, method=st.sampled_from(["paar", "tree"]), max_inputs=st.sampled_from([3, 4]), bounded=st.booleans()
)
@example(matrix=np.ones((1, 9), bool), method="tree", max_inputs=4, bounded=True)
@example(matrix=np.ones((1, 9), bool), method="paar", max_inputs=4, bounded=True)
def test_wide_gates(matrix, method, max_inputs, bounded):
    bound = least_depth(matrix, max_inputs) if bounded else None
    circuit = synthesize(matrix, method, time_limit=0.01, max_inputs=max_inputs, max_depth=bound)
    assert circuit.verify(matrix)
    assert circuit.max_inputs <= max_inputs
    assert bound is None or circuit.depth <= bound


def test_wide_gates_are_fewer():
    matrix = np.ones((1, 10), bool)
    assert synthesize(matrix, time_limit=0.1, max_inputs=4).gates == 3
    assert synthesize(matrix, time_limit=0.1, max_inputs=3).gates == 5
    assert synthesize(matrix, time_limit=0.1).gates == 9


def test_rows_with_too_many_ones_go_in_parts(monkeypatch):
    monkeypatch.setattr(paar, "MOST_ONES", 30)
    matrix = np.random.default_rng(2).random((12, 9)) < 0.5
    assert synthesize(matrix, "paar", time_limit=0.0).verify(matrix)
    assert synthesize(matrix, "paar", time_limit=0.0, max_depth=4).depth <= 4


def test_circuits_too_large_for_a_walk_go_by_windows(monkeypatch):
    monkeypatch.setattr(local, "WALK_LIMIT", 10)
    monkeypatch.setattr(windows, "WINDOW", 10)
    matrix = np.random.default_rng(2).random((12, 9)) < 0.5
    assert synthesize(matrix, "local", time_limit=0.3).verify(matrix)


def test_known_optima():
    # The last row is the sum of the third and the first input: without cancellation it costs a gate more.
    matrix = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]], bool)
    assert synthesize(matrix, "paar", time_limit=0.1).gates == 5
    for method in ("bp", "rnbp", "local", "sat", "auto"):
        assert synthesize(matrix, method, time_limit=2.0 if method == "sat" else 0.3).gates == 4


def test_sat_proves_what_it_ends_with():
    rng = np.random.default_rng(3)
    matrix = rng.random((4, 4)) < 0.6
    best = synthesize(matrix, "sat", time_limit=20.0).gates
    assert synthesize(matrix, "local", time_limit=0.5).gates >= best


def test_local_search_beats_its_start_and_resumes_from_it():
    matrix = np.random.default_rng(1).random((16, 16)) < 0.5
    start = synthesize(matrix, "paar", time_limit=0.0)
    better = synthesize(matrix, "local", time_limit=1.0, resume=start)
    assert better.gates < start.gates
    again = synthesize(matrix, "windows", time_limit=0.0, resume=better)
    assert again.gates <= better.gates


def test_threads_share_the_best_and_report():
    matrix = np.random.default_rng(1).random((12, 12)) < 0.5
    seen = []
    circuit = synthesize(matrix, time_limit=0.6, jobs=2, progress=lambda *figures: seen.append(figures))
    assert circuit.verify(matrix)
    assert min(gates for _, _, gates in seen if gates is not None) == circuit.gates
    assert all(0 <= spent <= limit for spent, limit, _ in seen)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_in_the_progress_ends_the_search(jobs):
    def stop(*figures):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        synthesize(np.ones((8, 8), bool), time_limit=60.0, jobs=jobs, progress=stop)


def test_windows_smaller_than_the_circuit(monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 40)
    matrix = np.random.default_rng(1).random((20, 20)) < 0.5
    start = synthesize(matrix, "tree", time_limit=0.0)
    circuit = synthesize(matrix, "windows", time_limit=1.0, resume=start)
    assert circuit.verify(matrix)
    assert circuit.gates < start.gates


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        ([[0, 2]], {}, "only 0 and 1"),
        ([[0.5, 1]], {}, "only 0 and 1"),
        ([["0", "1"]], {}, "only 0 and 1"),
        ([[0, 1], [1]], {}, "one length"),
        ([0, 1], {}, "two dimensions"),
        ([[1, 1]], {"method": "magic"}, "auto, tree, paar"),
        ([[1, 1]], {"max_inputs": 5}, "from 2 to 4"),
        ([[1, 1]], {"time_limit": float("inf")}, "finite"),
        ([[1, 1]], {"time_limit": -1}, "at least 0 seconds"),
        ([[1, 1]], {"jobs": 0}, "from 1 to 4096"),
        ([[1] * 9], {"max_depth": 3}, "at least 4"),
        ([[1] * 9], {"max_depth": 1, "max_inputs": 4}, "at least 2"),
        ([[1, 1]], {"max_depth": 1, "method": "bp"}, "can't keep a depth bound"),
    ],
)
def test_bad_arguments(matrix, options, message):
    with pytest.raises(ArgumentError, match=message):
        synthesize(matrix, **options)


def test_bad_circuits_to_resume():
    chain = XorCircuit(4, np.array([[0, 1], [2, 4], [3, 5]]), np.array([6]))
    matrix = np.ones((1, 4), bool)
    for other, options, message in (
        (matrix, {"method": "paar"}, "can't start from a circuit"),
        (~matrix, {}, "computes another"),
        (matrix, {"max_depth": 2}, "depth of at most 2, not 3"),
    ):
        with pytest.raises(ArgumentError, match=message):
            synthesize(other, resume=chain, time_limit=0.1, **options)
    wide = XorCircuit(4, np.array([[0, 1, 2, 3]]), np.array([4]))
    with pytest.raises(ArgumentError, match="gates of 2 inputs at most, not 4"):
        synthesize(matrix, resume=wide, time_limit=0.1)


def test_matrices_too_wide_are_refused_at_once():
    """Gates are chosen by a table of all pairs of columns."""
    with pytest.raises(ArgumentError, match="at most 16384 columns, not 16385"):
        synthesize(np.ones((1, 16385), bool), time_limit=0.1)
