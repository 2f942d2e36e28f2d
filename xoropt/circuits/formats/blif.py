"""Circuits in the Berkeley Logic Interchange Format, as ABC and yosys read and write it.

Only tables (`.names`) of sums, copies and the constant 0 are read. A table is a sum if its rows are those with an odd
number of ones, whether it lists the rows that give 1 or those that give 0.
"""

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.circuits.formats.wiring import circuit_of
from xoropt.common.errors import FormatError
from xoropt.common.foreign_text import shown
from xoropt.common.kinds import checked

__all__ = ["from_blif", "to_blif"]

WIDEST = 8
"""The most inputs of a table."""


@checked
def from_blif(text: str, source: str = "circuit") -> XorCircuit:
    """Return the circuit of a model whose tables are all sums; inputs and outputs are in the model's order.

    Raises:
        FormatError: a table is another function, or a line is not of a combinational model; the message names it.
    """
    inputs: list[str] = []
    outputs: list[str] = []
    tables: list[tuple[int, list[str], list[str]]] = []  # the line, the names, the rows
    number, joined = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        joined += line.partition("#")[0].rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        words, joined = joined.split(), ""
        if not words or words[0] == ".model":
            continue
        if words[0] == ".end":
            break
        if words[0] == ".inputs":
            inputs += words[1:]
        elif words[0] == ".outputs":
            outputs += words[1:]
        elif words[0] == ".names" and 2 <= len(words) <= WIDEST + 2:
            tables.append((number, words[1:], []))
        elif tables and set("".join(words)) <= set("01-"):
            tables[-1][2].append(" ".join(words))
        else:
            raise FormatError(
                f"{source}, line {number}: {shown(words[0][:20])!r} can't be read; a circuit has .inputs, .outputs and"
                f" .names with up to {WIDEST} inputs."
            )
    sums: dict[str, list[str]] = {}
    for number, (*operands, name), rows in tables:
        if name in sums:
            raise FormatError(f"{source}, line {number}: the signal {shown(name[:20])!r} is made twice.")
        if not _is_sum(len(operands), rows):
            raise FormatError(f"{source}, line {number}: the table of {shown(name[:20])!r} is not a sum (XOR).")
        sums[name] = operands
    return circuit_of(inputs, sums, outputs, source)


def _is_sum(width: int, rows: list[str]) -> bool:
    """Return whether a table is the sum of its inputs."""
    if width == 0:
        return not rows or rows == ["0"]
    parts = [row.split() for row in rows]
    if any(len(part) != 2 or len(part[0]) != width or "-" in part[0] for part in parts):
        return False
    results = {result for _, result in parts}
    if len(results) != 1 or results == {"-"}:
        return False
    odd = results == {"1"}
    expected = {f"{i:0{width}b}" for i in range(1 << width) if (i.bit_count() % 2 == 1) == odd}
    return {row for row, _ in parts} == expected


@checked
def to_blif(circuit: XorCircuit, name: str = "xor_circuit") -> str:
    """Return a circuit as a model with the inputs x0 …, the outputs y0 … and a table for each gate."""
    signals = [f"x{i}" for i in range(circuit.n_in)] + [f"t{i}" for i in range(circuit.gates)]
    lines = [f".model {name}", " ".join([".inputs", *signals[: circuit.n_in]])]
    lines.append(" ".join([".outputs", *(f"y{i}" for i in range(circuit.n_out))]))
    for gate, row in enumerate(circuit.operands.tolist()):
        operands = [signals[i] for i in row if i != ZERO]
        lines.append(" ".join([".names", *operands, f"t{gate}"]))
        width = len(operands)
        lines += [f"{i:0{width}b} 1" for i in range(1 << width) if i.bit_count() % 2]
    for i, signal in enumerate(circuit.outputs.tolist()):
        lines += [f".names y{i}"] if signal == ZERO else [f".names {signals[signal]} y{i}", "1 1"]
    return "\n".join([*lines, ".end", ""])
