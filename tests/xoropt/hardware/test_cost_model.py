"""The cost of a decoder: tiny networks counted by hand, and what is shared, delayed and synthesized."""

import doctest
import importlib

import numpy as np
import pytest
from hardware_networks import from_stages, outputs_of

import xoropt
from xoropt.hardware import DecoderConfig, cost
from xoropt.networks import from_matrix, random_block, staged, windowed


@pytest.mark.parametrize("module", ["cost_model", "cycles"])
def test_the_examples_in_docstrings(module):
    result = doctest.testmod(importlib.import_module(f"xoropt.hardware.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


def test_a_block_counted_by_hand():
    """y0 = x0 + x1 + x2, y1 = x1, y2 = x0 + x1."""
    found = cost(from_matrix(np.array([[1, 1, 1], [0, 1, 0], [1, 1, 0]])))
    assert found.gates == 2 + 0 + 1
    assert found.gates_per_output == 1.0
    assert found.depth == 2
    assert found.fan_out == 3  # x1
    assert found.register_bits == 3  # the seed
    assert (found.window, found.lag) == (3, 0)
    assert found.control_bits == 1  # whether a step is pending
    patch = found.patch  # 24 bits of step and 2 of place; a FIFO of 4; one flip in a cycle
    assert patch.counter_gates == 2 * 24
    assert patch.comparator_gates == 2 * (2 * 24 - 1)
    assert patch.flip_gates == 3 * 4
    assert patch.fifo_gates == 3 * 26 * 3 + 3 * 4 * 3  # 3 of 4 patches move; 3 bits of level
    assert patch.gates == 48 + 94 + 12 + 270
    assert (patch.flip_flops, patch.fifo_bits) == (24 + 3 + 3, 4 * 26)
    assert found.flip_flops == 3 + 1 + 30 + 104


def test_a_window_counted_by_hand():
    """y(t) = s(t) + s(t+1) + s(t+2)."""
    found = cost(from_matrix(np.array([[1, 1, 1]]), 1))
    assert (found.gates, found.depth, found.fan_out) == (2, 2, 1)
    assert (found.window, found.lag) == (3, 2)
    assert found.register_bits == 3  # s(t+2) in the first, s(t) in the last
    assert found.control_bits == 1 + 2  # the seeds that a run lacks: 0 to 2


def test_an_output_that_is_another_one_a_step_later_counted_by_hand():
    """y0(t) = z(t) and y1(t) = z(t+1) with z(t) = s(t) + s(t+1)."""
    found = cost(from_matrix(np.array([[1, 1, 0], [0, 1, 1]]), 1))
    assert (found.gates, found.depth, found.fan_out) == (1, 1, 1)
    assert (found.window, found.lag) == (3, 2)
    assert found.register_bits == 2 + 1  # s(t) and s(t+1), and z a step later


def test_two_stages_counted_by_hand():
    """z(t) = s0(t) + s1(t), y0(t) = z(t) + z(t+1), y1(t) = z(t)."""
    found = cost(from_stages(2, (np.array([[0, 1]]), np.array([[0, 1], [0, -1]]))))
    assert found.gates == 1 + 1
    assert found.depth == 2  # the gate of z(t+1), then that of y0; z(t) comes out of a register
    assert found.fan_out == 2  # z(t)
    assert (found.window, found.lag) == (4, 1)
    assert found.register_bits == 2 + 1
    assert found.control_bits == 1 + 1


def test_a_patch_stage_with_two_flips_and_a_rate_counted_by_hand():
    network = from_matrix(np.eye(5, dtype=bool))
    found = cost(network, config=DecoderConfig(fifo=4, flips=2, step_bits=3, rate_bits=7))
    assert found.control_bits == 1 + 3 + 3 * 7  # the base of the rate counts to 5
    assert found.patch.counter_gates == 6
    assert found.patch.comparator_gates == 3 * 5
    assert found.patch.flip_gates == 5 * (2 + 1 + 3)
    assert found.patch.fifo_gates == 3 * 6 * (2 + 2 + 1) + 3 * 4 * 3
    assert (found.patch.flip_flops, found.patch.fifo_bits) == (3 + 5 + 3, 4 * 6)
    figures = found.to_dict()
    assert (figures["gates"], figures["gates_per_output"], figures["patch"]["gates"]) == (0, 0.0, 6 + 15 + 30 + 126)
    assert figures["flip_flops"] == 5 + 25 + 11 + 24


def test_signals_moved_by_whole_steps_are_shared_through_registers():
    row = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    matrix = np.array([np.roll(row, 2 * k) for k in range(4)])
    found = cost(from_matrix(matrix, 2))
    assert found.gates == 2  # of one row of three taps
    # both seed bits are read a step after they come, and the output three steps after it is made
    assert (found.register_bits, found.lag) == (2 + 2 + 3, 4)


def test_nodes_are_shared_through_registers():
    nodes = np.array([[0, 1], [2, 3]])  # the second is the first, a step later
    network = from_stages(2, (nodes, np.array([[0, 1, -1], [1, 0, 2]])))
    found = cost(network)
    assert found.gates == 2  # 0 ^ 1, once, and output 0; output 1 is node 1 + node 0 + node 0 of the next step = node 0
    assert outputs_of(network, np.eye(2, dtype=bool)).shape == (1, 2)


def test_registers_of_a_staged_network():
    network = staged(n_in=2, n_out=9, nodes=4, taps=3, reads=3, memory=5, node_window=12, seed=1)
    taps, reads = network.stages
    seeds, ahead = taps.max() // 2, reads.max() // 4
    expected = sum(seeds - min(e // 2 for e in taps.ravel() if e % 2 == b) + 1 for b in range(2))
    expected += sum(ahead - min(e // 4 for e in reads.ravel() if e % 4 == v) for v in range(4))
    assert cost(network).register_bits == expected
    assert cost(network).lag == seeds + ahead


def test_synthesis_gives_the_better():
    network = random_block(n_in=8, n_out=30, seed=0)
    plain, better = cost(network), cost(network, "paar", 1.0)
    assert better.gates < plain.gates
    assert (better.synthesis, plain.synthesis) == ("paar", None)
    assert better.register_bits == plain.register_bits
    assert cost(windowed(n_in=4, n_out=2, window=32, taps=2), "paar", 0.1).synthesis is None


def test_the_cost_of_the_stages_of_auto():
    network = staged(n_in=1, n_out=10, nodes=2, taps=4, reads=3, memory=448, node_window=512, seed=0)
    found = cost(network)
    assert found.gates_per_output == pytest.approx(2 + 2 * 3 / 10)
    assert found.depth == 3  # two levels of taps, of which one is in registers where it is read last
    assert found.register_bits <= 512 + 2 * 448


def test_an_unknown_synthesis():
    with pytest.raises(xoropt.ArgumentError):
        cost(random_block(), "x")


def test_too_large():
    with pytest.raises(xoropt.ArgumentError, match="too large"):
        cost(random_block(n_in=64, n_out=1 << 21))
