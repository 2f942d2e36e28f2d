"""Circuits as C: one function that evaluates them on all bits of 64-bit words at once."""

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.verilog import check_name, check_ports
from xoropt.common.kinds import checked

__all__ = ["to_c"]


@checked
def to_c(circuit: XorCircuit, name: str = "xor_circuit") -> str:
    """Return a circuit as a C99 function `void name(const uint64_t x[n_in], uint64_t y[n_out])`.

    The function makes 64 evaluations at once, one in each bit position of the words.

    Args:
        circuit: the circuit.
        name: the function's name.

    Raises:
        ArgumentError: the name is not an identifier, or the circuit has no input or no output.
    """
    check_ports(circuit.n_in, circuit.n_out)
    words = [f"x[{i}]" for i in range(circuit.n_in)] + [f"t{i}" for i in range(circuit.gates)]
    lines = [
        "#include <stdint.h>",
        "",
        f"void {check_name(name)}(const uint64_t x[{circuit.n_in}], uint64_t y[{circuit.n_out}])",
        "{",
    ]
    for gate, row in enumerate(circuit.operands.tolist()):
        lines.append(f"    const uint64_t t{gate} = {' ^ '.join(words[i] for i in row if i != ZERO)};")
    for i, signal in enumerate(circuit.outputs.tolist()):
        lines.append(f"    y[{i}] = {'0' if signal == ZERO else words[signal]};")
    return "\n".join([*lines, "}", ""])
