"""XOR circuits: synthesis of linear maps over GF(2) with few gates, and their export to hardware and software."""

from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.graph import from_networkx, to_networkx
from xoropt.circuits.matrices import least_depth, read_matrix
from xoropt.circuits.registry import METHODS
from xoropt.circuits.synthesis import synthesize
from xoropt.circuits.text import from_text, read_circuit, to_text, write_circuit
from xoropt.circuits.verilog import matrix_verilog

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
    "to_networkx",
    "to_text",
    "write_circuit",
]
