"""XOR circuits: synthesis of linear maps over GF(2) with few gates, and their export to hardware and software."""

from xoropt.circuits.c_source import to_c
from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.drawing import to_dot, to_svg
from xoropt.circuits.files import read_circuit, write_circuit
from xoropt.circuits.graph import from_networkx, to_networkx
from xoropt.circuits.matrices import least_depth, read_matrix
from xoropt.circuits.registry import METHODS
from xoropt.circuits.synthesis import synthesize
from xoropt.circuits.text import from_text, to_text
from xoropt.circuits.verilog import matrix_verilog, to_verilog

__all__ = [
    "METHODS",
    "XorCircuit",
    "from_networkx",
    "from_text",
    "least_depth",
    "matrix_verilog",
    "read_circuit",
    "read_matrix",
    "synthesize",
    "to_c",
    "to_dot",
    "to_networkx",
    "to_svg",
    "to_text",
    "to_verilog",
    "write_circuit",
]
