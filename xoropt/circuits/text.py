"""Circuits as text with one gate on each line, which is read back exactly.

    # comments start with '#'
    xor-circuit 1
    inputs 3
    t0 = x0 + x1
    t1 = t0 + x2
    y0 = t0
    y1 = t1
    y2 = 0

Inputs are x0, x1, …, gates t0, t1, … in topological order, outputs y0, y1, … in order.
"""

import re

from xoropt.circuits.circuit import MAX_INPUTS, ZERO, XorCircuit
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.foreign_text import shown
from xoropt.common.kinds import checked

__all__ = ["from_text", "signal_name", "to_text"]

MAX_SIGNALS = 1 << 24
"""The most inputs that a text may give: bounds what a damaged file can make a reader allocate."""
_SIGNAL = re.compile(r"([xt])(0|[1-9][0-9]{0,7})")


def signal_name(circuit: XorCircuit, signal: int) -> str:
    """Return the name of a signal: x3 for input 3, t5 for gate 5, 0 for the constant 0."""
    if signal == ZERO:
        return "0"
    return f"x{signal}" if signal < circuit.n_in else f"t{signal - circuit.n_in}"


@checked
def to_text(circuit: XorCircuit, remark: str = "") -> str:
    """Return a circuit as text in the format above.

    Args:
        circuit: the circuit.
        remark: lines for the head of the text, where they become comments.

    >>> import numpy as np
    >>> print(to_text(XorCircuit(2, np.array([[0, 1]]), np.array([2])), "a gate"), end="")
    # a gate
    xor-circuit 1
    inputs 2
    t0 = x0 + x1
    y0 = t0
    """
    lines = [f"# {shown(line)}" for line in remark.splitlines()]
    lines += ["xor-circuit 1", f"inputs {circuit.n_in}"]
    for gate, row in enumerate(circuit.operands.tolist()):
        terms = " + ".join(signal_name(circuit, signal) for signal in row if signal != ZERO)
        lines.append(f"t{gate} = {terms}")
    lines += [f"y{i} = {signal_name(circuit, signal)}" for i, signal in enumerate(circuit.outputs.tolist())]
    return "\n".join(lines) + "\n"


@checked
def from_text(text: str, source: str = "circuit") -> XorCircuit:
    """Return the circuit that a text in the format above describes.

    Args:
        text: the text.
        source: the text's name in error messages, such as its file.

    Raises:
        FormatError: the text is not a circuit; the message names the line.
    """
    lines = [(i, line.partition("#")[0].strip()) for i, line in enumerate(text.splitlines(), start=1)]
    lines = [(i, line) for i, line in lines if line]
    if not lines or lines[0][1] != "xor-circuit 1":
        raise FormatError(f"{source}: not a circuit; the first line must read 'xor-circuit 1'.")
    match = re.fullmatch(r"inputs ([0-9]{1,8})", lines[1][1]) if len(lines) > 1 else None
    if match is None or int(match[1]) > MAX_SIGNALS:
        raise FormatError(f"{source}: the second line must give the number of inputs, such as 'inputs 32'.")
    n_in = int(match[1])
    operands: list[list[int]] = []
    outputs: list[int] = []
    for number, line in lines[2:]:
        left, equals, right = line.partition("=")
        expected = f"t{len(operands)}" if left.startswith("t") else f"y{len(outputs)}"
        if not equals or left.strip() != expected or (outputs and left.startswith("t")):
            raise FormatError(
                f"{source}, line {number}: expected 't{len(operands)} = …' or 'y{len(outputs)} = …', not {line[:40]!r}."
            )
        terms = [_signal(term.strip(), n_in, f"{source}, line {number}") for term in right.split("+")]
        if left.startswith("y"):
            if len(terms) != 1:
                raise FormatError(f"{source}, line {number}: an output is one signal or 0.")
            outputs += terms
        elif ZERO in terms or not 2 <= len(terms) <= MAX_INPUTS:
            raise FormatError(f"{source}, line {number}: a gate adds two to {MAX_INPUTS} signals.")
        else:
            operands.append(terms)
    width = max(map(len, operands), default=2)
    rows = [row + [ZERO] * (width - len(row)) for row in operands]
    try:
        return XorCircuit(n_in, rows, outputs)  # type: ignore[arg-type]
    except ArgumentError as error:
        raise FormatError(f"{source}: {error}") from None


def _signal(term: str, n_in: int, where: str) -> int:
    """Return the signal that a term names."""
    if term == "0":
        return ZERO
    match = _SIGNAL.fullmatch(term)
    if match is None:
        raise FormatError(f"{where}: {term[:20]!r} is not a signal; inputs are x0, x1, …, gates t0, t1, …")
    number = int(match[2])
    if match[1] == "x" and number >= n_in:
        raise FormatError(f"{where}: there is no input x{number}; the last is x{n_in - 1}.")
    return number if match[1] == "x" else n_in + number
