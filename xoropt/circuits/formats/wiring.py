"""A circuit from named signals, each the sum of others, as all formats of netlists give them in any order."""

import re

import numpy as np

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.common.errors import FormatError
from xoropt.common.foreign_text import shown

__all__ = ["MOST_NAMES", "circuit_of", "numbers_of"]

MOST_NAMES = 1 << 20
"""The most signals that a file may name: bounds what a damaged file can make a reader allocate."""
CONSTANT = "0"
"""The name of the signal that is always 0."""


def circuit_of(inputs: list[str], sums: dict[str, list[str]], outputs: list[str], source: str) -> XorCircuit:
    """Return the circuit of named signals; sums of one signal are names for it, wider ones become two-input gates.

    Args:
        inputs: the names of the inputs, in order.
        sums: the names that each signal adds; an even number of equal names cancels.
        outputs: the names of the outputs, in order.
        source: the file's name, for messages.

    Raises:
        FormatError: a signal is read but never made, made although it is an input, or made from itself.
    """
    if len(inputs) + len(sums) + len(outputs) > MOST_NAMES:
        raise FormatError(f"{source}: names more than {MOST_NAMES} signals; give a smaller circuit.")
    place = {CONSTANT: ZERO} | {name: i for i, name in enumerate(inputs)}
    if len(place) != len(inputs) + 1:
        raise FormatError(f"{source}: an input is named twice; give each a name of its own.")
    clash = next((name for name in sums if name in place), None)
    if clash is not None:
        raise FormatError(f"{source}: the input {shown(clash)!r} is assigned to; only other signals can be.")
    gates: list[tuple[int, int]] = []
    n_in = len(inputs)

    def add(signals: list[int]) -> int:
        """Make the gates of a sum and return its signal."""
        odd = [signal for signal in dict.fromkeys(signals) if signal != ZERO and signals.count(signal) % 2]
        while len(odd) > 1:
            gates.append((odd[0], odd[1]))
            odd = [*odd[2:], n_in + len(gates) - 1]
        return odd[0] if odd else ZERO

    for wanted in (*outputs, *sums):
        waiting, open_ = [wanted], set[str]()
        while waiting:
            name = waiting[-1]
            if name in place:
                waiting.pop()
                continue
            if name not in sums:
                raise FormatError(f"{source}: the signal {shown(name)!r} is read but never made.")
            missing = [other for other in sums[name] if other not in place]
            if not missing:
                place[name] = add([place[other] for other in sums[name]])
                open_.discard(name)
                waiting.pop()
            elif name in open_:
                raise FormatError(f"{source}: the signal {shown(name)!r} depends on itself; a circuit has no cycle.")
            else:
                open_.add(name)
                waiting += missing
    rows = np.array(gates, dtype=np.int32).reshape(-1, 2)
    return XorCircuit(n_in, rows, np.array([place[name] for name in outputs], dtype=np.int32))


def numbers_of(text: str) -> list[str]:
    """Return the names of a list such as "x1:x3, a", in which a colon stands for all numbers between."""
    names: list[str] = []
    for item in text.replace(",", " ").split():
        match = re.fullmatch(r"([A-Za-z_]+)(\d{1,7}):\1(\d{1,7})", item)
        if match is None:
            names.append(item)
        elif int(match[3]) - int(match[2]) < MOST_NAMES:
            names += [f"{match[1]}{i}" for i in range(int(match[2]), int(match[3]) + 1)]
    return names
