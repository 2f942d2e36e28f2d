"""Straight-line programs in the format of the NIST Circuit Complexity project (`data/slp` of usnistgov/Circuits).

begin circuit adder
Inputs: x1:x3
Outputs: y1:y2
Internal: t1
GateSyntax: GateName Output Inputs
begin SLP
XOR t1 x1 x2
XOR y1 t1 x3
EQUAL y2 x3
end SLP
end circuit
"""

import re

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.formats.wiring import circuit_of, numbers_of
from xoropt.common.errors import FormatError
from xoropt.common.foreign_text import shown
from xoropt.common.kinds import checked

__all__ = ["from_slp", "is_slp", "to_slp"]


def is_slp(text: str) -> bool:
    """Return whether a text looks like a straight-line program."""
    return re.search(r"^\s*begin (SLP|circuit)\b", text, re.MULTILINE) is not None


@checked
def from_slp(text: str, source: str = "circuit") -> XorCircuit:
    """Return the circuit of a straight-line program of XOR and EQUAL.

    Raises:
        FormatError: a line is no gate, or there are no inputs or outputs; the message names the line.
    """
    heads: dict[str, list[str]] = {}
    sums: dict[str, list[str]] = {}
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        head, _, rest = line.partition("#")[0].partition(":")
        if words[:2] in (["begin", "SLP"], ["end", "SLP"]):
            inside = words[0] == "begin"
        elif not inside and head.strip() in ("Inputs", "Outputs"):
            heads[head.strip()] = numbers_of(rest)
        elif inside and words:
            gate, *names = words
            if (gate, len(names)) != ("EQUAL", 2) and (gate != "XOR" or len(names) < 3):
                raise FormatError(
                    f"{source}, line {number}: expected 'XOR signal signal signal', not {shown(line.strip()[:40])!r}."
                )
            if names[0] in sums:
                raise FormatError(f"{source}, line {number}: {shown(names[0][:20])!r} is assigned to twice.")
            sums[names[0]] = names[1:]
    if set(heads) != {"Inputs", "Outputs"}:
        raise FormatError(f"{source}: lacks 'Inputs:' or 'Outputs:'; give both, such as 'Inputs: x1:x32'.")
    return circuit_of(heads["Inputs"], sums, heads["Outputs"], source)


@checked
def to_slp(circuit: XorCircuit, name: str = "xor_circuit") -> str:
    """Return a circuit as a straight-line program with the inputs x1 …, the outputs y1 … and the gates t1 …"""
    signals = [f"x{i + 1}" for i in range(circuit.n_in)] + [f"t{i + 1}" for i in range(circuit.gates)]
    lines = [f"begin circuit {name}", f"Inputs: x1:x{circuit.n_in}", f"Outputs: y1:y{circuit.n_out}"]
    lines += [f"Internal: t1:t{circuit.gates}" if circuit.gates else "Internal:"]
    lines += ["GateSyntax: GateName Output Inputs", "begin SLP"]
    for gate, row in enumerate(circuit.operands.tolist()):
        lines.append(f"XOR t{gate + 1} {' '.join(signals[i] for i in row if i != ZERO)}")
    for i, signal in enumerate(circuit.outputs.tolist()):
        lines.append(f"EQUAL y{i + 1} {'0' if signal == ZERO else signals[signal]}")
    return "\n".join([*lines, "end SLP", "end circuit", ""])
