"""XOR circuits: synthesis of linear maps over GF(2) with few gates, and their export to hardware and software."""

from xoropt.circuits.c_source import to_c
from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.drawing import to_dot, to_svg
from xoropt.circuits.files import read_circuit, write_circuit
from xoropt.circuits.formats.blif import from_blif, to_blif
from xoropt.circuits.formats.gate_list import from_json, to_json
from xoropt.circuits.formats.slp import from_slp, to_slp
from xoropt.circuits.formats.verilog_netlist import from_verilog
from xoropt.circuits.graph import from_networkx, to_networkx
from xoropt.circuits.matrices import least_depth, read_matrix
from xoropt.circuits.registry import METHODS
from xoropt.circuits.synthesis import circuit_for, front, synthesize
from xoropt.circuits.text import from_text, to_text
from xoropt.circuits.verilog import matrix_verilog, to_verilog
from xoropt.circuits.warming import warm_up

__all__ = [
    "METHODS",
    "XorCircuit",
    "circuit_for",
    "from_blif",
    "from_json",
    "from_networkx",
    "from_slp",
    "from_text",
    "from_verilog",
    "front",
    "least_depth",
    "matrix_verilog",
    "read_circuit",
    "read_matrix",
    "synthesize",
    "to_blif",
    "to_c",
    "to_dot",
    "to_json",
    "to_networkx",
    "to_slp",
    "to_svg",
    "to_text",
    "to_verilog",
    "warm_up",
    "write_circuit",
]
