"""The cells that yosys counts are those of the cost."""

import pytest
from hardware_networks import NAMED

import xoropt
from xoropt.circuits import yosys
from xoropt.hardware import DecoderConfig, cost, count_netlist, design

pytestmark = pytest.mark.skipif(not yosys.available(), reason="yosys is missing: pip install pyosys")


@pytest.mark.parametrize("name", NAMED)
def test_flip_flops_and_gates_are_what_yosys_counts(name):
    network, config = NAMED[name], DecoderConfig(fifo=8, flips=3, step_bits=9, rate_bits=7 if "se" in name else 0)
    found, counted = cost(network, config=config), count_netlist(design(network, config, name="unit"))
    assert counted.xor_gates == found.gates
    assert counted.register_bits == found.register_bits
    assert counted.flip_flops == found.flip_flops
    assert counted.patch_gates == pytest.approx(found.patch.gates, rel=0.3)


def test_synthesized_gates_are_what_yosys_counts():
    network = xoropt.networks.random_block(n_in=8, n_out=30, seed=0)
    built = design(network, synthesis="paar", time_limit=0.5)
    assert built.cost.gates < cost(network).gates
    assert count_netlist(built).xor_gates == built.cost.gates
