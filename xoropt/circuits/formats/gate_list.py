"""Circuits as JSON: the number of inputs, a list of the signals that each gate adds, and the outputs' signals.

    {"inputCount": 3, "gates": [[0, 1], [2, 3]], "outputSignals": [4, -1]}

Signals are numbered as in `XorCircuit`; -1 is the constant 0. A bare list of gates is read, too, in brackets or in
parentheses: then the number of inputs must be known, and every signal is an output.
"""

import json
from typing import Any

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.kinds import checked

__all__ = ["from_json", "to_json"]

EXPECTED = "expected {'inputCount': number, 'gates': [[signal, signal], …], 'outputSignals': [signal, …]}"


@checked
def from_json(text: str, source: str = "circuit", n_in: int | None = None) -> XorCircuit:
    """Return the circuit of a list of gates.

    Args:
        text: JSON; where it is a bare list, its first line is read.
        source: the file's name, for messages.
        n_in: the number of inputs of a bare list.

    Raises:
        FormatError: it is not such a list.
    """
    bare = text.lstrip()[:1] in ("(", "[")
    try:
        held: Any = json.loads(_first_line(text) if bare else text)
    except (ValueError, RecursionError):
        raise FormatError(f"{source}: not JSON; {EXPECTED}.") from None
    if bare:
        if n_in is None:
            raise FormatError(f"{source}: a bare list of gates doesn't say how many inputs there are; {EXPECTED}.")
        held = {"inputCount": n_in, "gates": held}
    if not isinstance(held, dict) or not _is_list(held.get("gates")) or type(held.get("inputCount")) is not int:
        raise FormatError(f"{source}: not a circuit; {EXPECTED}.")
    n_in, gates = held["inputCount"], held["gates"]
    outputs = held.get("outputSignals", list(range(n_in + len(gates))) if n_in >= 0 else [])
    flat = [signal for row in gates if _is_list(row) for signal in row]
    if not all(map(_is_list, gates)) or not _is_list(outputs) or not all(map(_is_signal, [*flat, *outputs])):
        raise FormatError(f"{source}: a gate or an output names no signal; {EXPECTED}.")
    width = max([2, *map(len, gates)])
    rows = [row + [ZERO] * (width - len(row)) for row in gates]
    try:
        return XorCircuit(n_in, np.array(rows, dtype=np.int32).reshape(-1, width), np.array(outputs, dtype=np.int32))
    except ArgumentError as error:
        raise FormatError(f"{source}: {error}") from None


@checked
def to_json(circuit: XorCircuit) -> str:
    """Return a circuit as JSON."""
    gates = [[signal for signal in row if signal != ZERO] for row in circuit.operands.tolist()]
    held = {
        "inputCount": circuit.n_in,
        "gateCount": circuit.gates,
        "depth": circuit.depth,
        "gates": gates,
        "outputSignals": circuit.outputs.tolist(),
    }
    return json.dumps(held) + "\n"


def _first_line(text: str) -> str:
    """Return a bare list, with brackets for parentheses: all of the text if it is JSON, otherwise its first line."""
    line = text.strip() if text.lstrip().startswith("[") else text.strip().splitlines()[0]
    return line.replace("(", "[").replace(")", "]").replace(",]", "]")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_signal(value: Any) -> bool:
    """Return whether a value can be a signal's number."""
    return type(value) is int and -1 <= value < 1 << 30
