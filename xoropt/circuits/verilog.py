"""Circuits as synthesizable Verilog with one assign for each gate."""

import re

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit, as_matrix
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked

__all__ = ["check_name", "check_ports", "matrix_verilog", "to_verilog"]

ZERO_BIT = "1'b0"


def check_name(name: str) -> str:
    """Return `name` if a module or a function can have it; raise ArgumentError otherwise."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ArgumentError(f"Argument 'name' must be a word of letters, digits and '_', not {name!r}.")
    return name


def check_ports(n_in: int, n_out: int) -> None:
    """Raise ArgumentError if a circuit has no input or no output: neither Verilog nor C has ports of width 0."""
    if n_in == 0 or n_out == 0:
        raise ArgumentError(f"A module needs an input and an output; this circuit has {n_in} and {n_out}.")


@checked
def to_verilog(circuit: XorCircuit, name: str = "xor_circuit") -> str:
    """Return a circuit as a combinational module with the ports x [n_in-1:0] and y [n_out-1:0].

    Args:
        circuit: the circuit.
        name: the module's name.

    Raises:
        ArgumentError: the name is not an identifier, or the circuit has no input or no output.
    """
    check_ports(circuit.n_in, circuit.n_out)
    wires = [f"x[{i}]" for i in range(circuit.n_in)] + [f"t[{i}]" for i in range(circuit.gates)]
    lines = _head(check_name(name), circuit.n_in, circuit.n_out)
    if circuit.gates:
        lines.append(f"  wire [{circuit.gates - 1}:0] t;")
    for gate, row in enumerate(circuit.operands.tolist()):
        lines.append(f"  assign t[{gate}] = {' ^ '.join(wires[i] for i in row if i != ZERO)};")
    for i, signal in enumerate(circuit.outputs.tolist()):
        lines.append(f"  assign y[{i}] = {ZERO_BIT if signal == ZERO else wires[signal]};")
    return "\n".join([*lines, "endmodule", ""])


def matrix_verilog(matrix: object, name: str = "xor_matrix") -> str:
    """Return a matrix as a module with the ports of `to_verilog`; each output adds the inputs that its row selects.

    Other tools can minimize the module, or prove that a circuit is equivalent to it.

    Args:
        matrix: bool (n_out, n_in).
        name: the module's name.

    Raises:
        ArgumentError: the name is not an identifier, or the matrix is not binary or has no row or no column.
    """
    array = as_matrix(matrix)
    n_out, n_in = array.shape
    check_ports(n_in, n_out)
    lines = _head(check_name(name), n_in, n_out)
    for i, row in enumerate(array):
        terms = [f"x[{j}]" for j in np.flatnonzero(row)]
        lines.append(f"  assign y[{i}] = {' ^ '.join(terms) or ZERO_BIT};")
    return "\n".join([*lines, "endmodule", ""])


def _head(name: str, n_in: int, n_out: int) -> list[str]:
    """Return the lines that name a module and its ports."""
    return [f"module {name} (", f"  input  wire [{n_in - 1}:0] x,", f"  output wire [{n_out - 1}:0] y", ");"]
