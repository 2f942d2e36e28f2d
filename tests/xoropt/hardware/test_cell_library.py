"""Decoders in the cells of a library: area, flip-flops and delay, with a library of a few cells and a real one."""

import json

import pytest
from click.testing import CliRunner
from debian_packages import find_program

import xoropt
from xoropt.circuits import yosys
from xoropt.cli import cli
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.hardware import cost, design, map_to_cells, open_library

pytestmark = pytest.mark.skipif(not yosys.available(), reason="yosys is missing: pip install pyosys")

CELL = """  cell({name}) {{ area : {area};
{inputs}    pin(Y) {{ direction : output; function : "{function}"; {times} }}
  }}
"""
FLIP_FLOP = """  cell(FF) { area : 10;
    ff(IQ, IQN) { clocked_on : "C"; next_state : "D"; }
    pin(C) { direction : input; clock : true; capacitance : 1; }
    pin(D) { direction : input; capacitance : 1; }
    pin(Q) { direction : output; function : "IQ"; }
  }
"""
GATES = {"INV": (1, "(!A)", "A"), "AND": (3, "(A & B)", "AB"), "OR": (3, "(A | B)", "AB"), "XOR": (5, "(A ^ B)", "AB")}


def small_library():
    """A library in which an inverter takes 1, a gate 3, an XOR gate 5 and a flip-flop 10."""
    cells = ""
    for name, (area, function, pins) in GATES.items():
        inputs = "".join(f"    pin({pin}) {{ direction : input; capacitance : 1; }}\n" for pin in pins)
        cells += CELL.format(name=name, area=area, function=function, inputs=inputs, times="")
    return f"library(small) {{\n{cells}{FLIP_FLOP}}}\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("cells") / "small.lib"
    path.write_text(small_library())
    return path


def test_area_is_that_of_the_cells(library):
    built = design(xoropt.networks.sequential(n_in=2, n_out=5, n_s=1, seed=0))
    found = map_to_cells(built.verilog, "decoder", library)
    assert 0 <= built.cost.flip_flops - found.flip_flops <= 1  # a register that holds a constant may go
    assert found.register_area == 10 * found.flip_flops
    gates = found.cells - found.flip_flops
    assert gates <= found.area - found.register_area <= 5 * gates


def test_a_parity_takes_one_gate_less_than_inputs(library):
    verilog = "module m (input [7:0] a, output y); assign y = ^a; endmodule\n"
    found = map_to_cells(verilog, "m", library)
    assert (found.area, found.cells, found.flip_flops) == (35, 7, 0)


def test_no_library(tmp_path):
    with pytest.raises(ArgumentError, match="there is no file"):
        map_to_cells("", "m", tmp_path / "none.lib")
    (tmp_path / "bad.lib").write_text("not a library")
    with pytest.raises(XoroptError, match="yosys"):
        map_to_cells("module m (input a, output y); assign y = ~a; endmodule", "m", tmp_path / "bad.lib")


def test_the_command_shows_area(library):
    run = CliRunner().invoke(
        cli, ["hardware", "block:n_in=4,n_out=6,seed=0", "--liberty", str(library), "--json"], catch_exceptions=False
    )
    assert run.exit_code == 0, run.output
    figures = json.loads(run.stdout)["mapped"]
    assert list(figures) == ["area", "register_area", "cells", "flip_flops", "delay_ps"]
    run = CliRunner().invoke(cli, ["hardware", "block:n_in=4,n_out=6,seed=0", "--liberty", str(library)])
    assert "mapped: area" in run.output


@pytest.mark.debian("qflow-tech-osu018")
def test_an_open_library():
    name, path = open_library()
    assert name == "OSU 0.18 µm"
    assert str(path) == find_program("qflow-tech-osu018")
    network = xoropt.networks.random_block(n_in=8, n_out=30, seed=0)
    found = map_to_cells(design(network).verilog, "decoder", path)
    assert found.flip_flops == cost(network).flip_flops
    assert 96 * found.flip_flops == found.register_area  # DFFPOSX1
    assert 200 < found.delay_ps < 20_000
