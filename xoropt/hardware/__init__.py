"""Decoders as hardware: what they cost, their Verilog, how many cycles they take, and their simulation."""

from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.cost_model import DecoderCost, PatchCost, cost
from xoropt.hardware.cycles import Cycles, PortRates, count_cycles
from xoropt.hardware.netlist import Netlist, count_netlist
from xoropt.hardware.simulation import Simulation, simulate
from xoropt.hardware.stimulus import Feed, feed, random_feed
from xoropt.hardware.verilog import Design, design

__all__ = [
    "Cycles",
    "DecoderConfig",
    "DecoderCost",
    "Design",
    "Feed",
    "Netlist",
    "PatchCost",
    "PortRates",
    "Simulation",
    "cost",
    "count_cycles",
    "count_netlist",
    "design",
    "feed",
    "random_feed",
    "simulate",
]
