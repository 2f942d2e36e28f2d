"""Annealing of circuits with a bounded depth."""

import numpy as np
import pytest

from xoropt.circuits import least_depth, synthesize
from xoropt.circuits.kernels import sets
from xoropt.circuits.kernels.early import early_walk, levels_over
from xoropt.circuits.kernels.orbits import image_tables
from xoropt.circuits.kernels.walk import MAX_WEIGHT
from xoropt.circuits.methods.anneal import SPARE, annealed
from xoropt.circuits.methods.paar import paar_gates
from xoropt.circuits.methods.walking import wired, words_of
from xoropt.circuits.task import Search, assemble, make_task

MATRIX = np.random.default_rng(5).random((10, 10)) < 0.5


def state_of(task, words, seed=0):
    state = sets.new_state(task.n_in + len(words) + SPARE, seed)
    for kind, some in ((sets.INPUT, task.units), (sets.TARGET, task.targets), (sets.INTERIOR, words)):
        sets.insert_all(state, some, kind)
    return state


def paar_words(task):
    return words_of(task, paar_gates(task, np.ones(1, np.uint64), np.zeros(1, np.int64)))


def test_levels_too_many_are_those_of_the_outputs():
    task = make_task(MATRIX)
    words = paar_words(task)
    circuit = assemble(MATRIX, wired(task, words))  # of least depth for these signals
    state = state_of(task, words)
    sets.reach(state, -1, 1 << 30)
    level = circuit.levels[circuit.outputs]
    for bound in range(5):
        assert levels_over(state, bound) == np.maximum(level - bound, 0).sum()


@pytest.mark.parametrize("heat", [0.2, 3.0])
def test_every_output_stays_computable(heat):
    task = make_task(MATRIX)
    words = paar_words(task)
    most, bound = len(words) - 3, least_depth(MATRIX)
    tables, weights = image_tables(np.arange(10)[None]), np.exp(0.5 * np.arange(MAX_WEIGHT + 1))
    state = state_of(task, words)
    for _ in range(20):
        energy = early_walk(state, tables, 50, weights, most, bound, 2.0, heat, 0.3)
        assert sets.reach(state, -1, 1 << 30) == 0
        size = state.info[sets.HOT] + state.info[sets.TARGETS]
        assert energy == levels_over(state, bound) + 2.0 * max(0, size - most)


def test_what_is_found_keeps_the_bound():
    bound = least_depth(MATRIX) + 1
    task = make_task(MATRIX, bound)
    words = paar_words(make_task(MATRIX))
    found = annealed(Search(task, 5.0), words, len(words) + 6, 3000, 1, 0.5)
    assert found is not None
    circuit = assemble(MATRIX, wired(task, found))
    assert circuit.depth <= bound
    assert circuit.gates <= len(words) + 6


def test_no_circuit_is_found_without_time():
    task = make_task(MATRIX, least_depth(MATRIX))
    words = paar_words(make_task(MATRIX))
    assert annealed(Search(task, 0.0), words, len(words), 10, 0, 0.5) is None


@pytest.mark.parametrize("extra", [0, 1, None])
def test_the_method(extra):
    bound = None if extra is None else least_depth(MATRIX) + extra
    circuit = synthesize(MATRIX, "anneal", 0.5, bound)
    assert circuit.verify(MATRIX)
    assert bound is None or circuit.depth <= bound
    better = synthesize(MATRIX, "anneal", 0.3, bound, resume=circuit)
    assert better.gates <= circuit.gates
