"""The Verilog of a decoder: what it is not written for; simulations and yosys check what is written."""

import pytest
from hardware_networks import NAMED

import xoropt
from xoropt.hardware import design


def test_modules():
    verilog = design(NAMED["staged"], name="unit").verilog
    assert [line.split()[1] for line in verilog.splitlines() if line.startswith("module ")] == [
        "unit",
        "unit_network",
        "unit_patches",
    ]
    assert verilog.count("endmodule") == 3


def test_what_is_not_written():
    with pytest.raises(xoropt.ArgumentError, match="too large"):
        design(xoropt.networks.random_block(n_in=60, n_out=20_000))
    with pytest.raises(xoropt.ArgumentError, match="'name'"):
        design(NAMED["block"], name="1st")
