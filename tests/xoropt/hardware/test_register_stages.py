"""The stages of any network, with their registers, compute the network."""

import numpy as np
from hardware_networks import networks, outputs_of
from hypothesis import given

from xoropt.hardware import cost
from xoropt.hardware.circuits import arrivals, depth_of, stage_circuits
from xoropt.hardware.register_stages import register_stages_of


def clocked(plan, circuits, seeds):
    """Return the outputs of every step, with one seed per cycle through lines of registers as long as `lengths`."""
    lines = [[np.zeros(n, dtype=bool) for n in length] for length in plan.lengths]
    made = []
    for seed in seeds:
        now = seed
        for i, (stage, circuit) in enumerate(zip(plan.stages, circuits, strict=True)):
            # Delay 0 is the first register of a line for seeds, and the signal itself between stages.
            held = [np.concatenate([[bit], line]) for bit, line in zip(now, lines[i], strict=True)]
            inputs = np.array([held[v][d] for v, d in zip(*stage.taps[:2], strict=True)], dtype=bool)
            lines[i] = [wire[: len(line)] for wire, line in zip(held, lines[i], strict=True)]
            now = circuit.evaluate(inputs[:, None])[:, 0]
        made.append(now)
    return np.array(made[plan.lag :])


@given(network=networks())
def test_any_stages_compute_their_network(network):
    plan = register_stages_of(network)
    circuits = stage_circuits(plan)
    rng = np.random.default_rng(0)
    ahead = max(network.memory, plan.lag)  # where taps cancel, the lag can be the longer one
    seeds = rng.random((ahead + 12, network.n_in)) < 0.5
    assert (clocked(plan, circuits, seeds)[:12] == outputs_of(network, seeds)[:12]).all()
    found = cost(network)
    assert found.gates == sum(circuit.gates for circuit in circuits)
    assert found.depth == depth_of(plan, circuits) == arrivals(plan)[-1].max()
    assert found.fan_out == max(1, *(circuit.fan_out.max(initial=0) for circuit in circuits))
