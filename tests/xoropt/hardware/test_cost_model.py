"""The pipeline computes what the network does, and its cost counts what it consists of."""

import numpy as np
import pytest
from hardware_networks import NAMED, from_stages, networks, outputs_of
from hypothesis import given

import xoropt
from xoropt.hardware import DecoderConfig, cost
from xoropt.hardware.circuits import arrivals, depth_of, stage_circuits
from xoropt.hardware.register_stages import pipeline
from xoropt.networks import from_matrix, random_block, staged, windowed


def clocked(plan, circuits, seeds):
    """The outputs of every step, one seed a cycle through lines of registers as long as `lengths` says."""
    lines = [[np.zeros(n, dtype=bool) for n in length] for length in plan.lengths]
    made = []
    for seed in seeds:
        now = seed
        for i, (stage, circuit) in enumerate(zip(plan.stages, circuits, strict=True)):
            # Seeds stand in registers, so that delay 0 is the first of them; other signals are their own delay 0.
            held = [np.concatenate([[bit], line]) for bit, line in zip(now, lines[i], strict=True)]
            inputs = np.array([held[v][d] for v, d in zip(*stage.taps[:2], strict=True)], dtype=bool)
            lines[i] = [wire[: len(line)] for wire, line in zip(held, lines[i], strict=True)]
            now = circuit.evaluate(inputs[:, None])[:, 0]
        made.append(now)
    return np.array(made[plan.lag :])


@given(network=networks())
def test_any_pipeline_computes_its_network(network):
    plan = pipeline(network)
    circuits = stage_circuits(plan)
    rng = np.random.default_rng(0)
    ahead = max(network.memory, plan.lag)  # where taps cancel, the lag can be the longer one
    seeds = rng.random((ahead + 12, network.n_in)) < 0.5
    assert (clocked(plan, circuits, seeds)[:12] == outputs_of(network, seeds)[:12]).all()
    found = cost(network)
    assert found.gates == sum(circuit.gates for circuit in circuits)
    assert found.depth == depth_of(plan, circuits) == arrivals(plan)[-1].max()
    assert found.fan_out == max(1, *(circuit.fan_out.max(initial=0) for circuit in circuits))


@pytest.mark.parametrize("name", NAMED)
def test_the_described_gates(name):
    network = NAMED[name]
    plain = (
        network.matrix().sum(axis=1) - 1 if network.stages is None else [(s >= 0).sum(1) - 1 for s in network.stages]
    )
    found = cost(network)
    assert found.gates <= sum(int(np.sum(part)) for part in plain)
    assert found.gates_per_output == found.gates / network.n_out
    assert found.window == network.window
    assert found.to_dict()["patch"]["gates"] == found.patch.gates


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


@pytest.mark.parametrize(
    "settings", [{"fifo": 1}, {"flips": 4}, {"flips": 0}, {"step_bits": 1}, {"fifo": 300}, {"rate_bits": -1}]
)
def test_wrong_settings(settings):
    with pytest.raises(xoropt.ArgumentError):
        DecoderConfig(**settings)


def test_an_unknown_synthesis():
    with pytest.raises(xoropt.ArgumentError):
        cost(random_block(), "x")


def test_too_large():
    with pytest.raises(xoropt.ArgumentError, match="too large"):
        cost(random_block(n_in=64, n_out=1 << 21))
