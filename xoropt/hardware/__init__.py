"""Decoders as hardware: their cost, their Verilog, the cycles that they take, and their simulation."""

from xoropt.hardware.cell_library import MappedDesign, map_to_cells, open_library
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.cost_model import DecoderCost, PatchCost, cost
from xoropt.hardware.cycles import Cycles, PortRates, count_cycles
from xoropt.hardware.netlist import Netlist, count_netlist
from xoropt.hardware.simulation import Simulation, simulate
from xoropt.hardware.stimulus import Stimulus, random_stimulus, stimulus_of
from xoropt.hardware.value_stage import values_verilog
from xoropt.hardware.verilog import Design, design

__all__ = [
    "Cycles",
    "DecoderConfig",
    "DecoderCost",
    "Design",
    "MappedDesign",
    "Netlist",
    "PatchCost",
    "PortRates",
    "Simulation",
    "Stimulus",
    "cost",
    "count_cycles",
    "count_netlist",
    "design",
    "map_to_cells",
    "open_library",
    "random_stimulus",
    "simulate",
    "stimulus_of",
    "values_verilog",
]
