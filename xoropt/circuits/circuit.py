"""`XorCircuit`, a graph of XOR gates over GF(2): its size, its depth, and the matrix that it computes."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.network import pack_rows

__all__ = ["MAX_INPUTS", "ZERO", "XorCircuit", "as_matrix"]

MAX_INPUTS = 4
"""The most inputs that one gate may have."""
LARGEST = (1 << 31) - 1
"""The largest number of a signal."""
ZERO = -1
"""The signal that is constantly 0; it also fills the rows of `operands` of gates with fewer inputs."""


def as_matrix(matrix: object) -> np.ndarray:
    """Convert a binary matrix to bool.

    Args:
        matrix: anything that NumPy takes as an array of 0 and 1.

    Returns:
        The matrix as bool, (rows, columns).

    Raises:
        ArgumentError: it does not have two dimensions, its rows differ in length, or it holds other values.
    """
    try:
        array = np.asarray(matrix)
    except ValueError:
        raise ArgumentError("Argument 'matrix' must have rows of one length.") from None
    if array.ndim != 2:
        raise ArgumentError(f"Argument 'matrix' must have two dimensions, not {array.ndim}.")
    if array.dtype == bool or not array.size:
        return array.astype(bool)
    if not np.issubdtype(array.dtype, np.number) or not np.isin(array, (0, 1)).all():
        raise ArgumentError("Argument 'matrix' must hold only 0 and 1.")
    return array.astype(bool)


@dataclass(frozen=True, eq=False)
class XorCircuit:
    """A circuit of XOR gates in topological order.

    Signals are numbered: signal i is input i for i < n_in, and gate i - n_in otherwise. The functions of
    `xoropt.circuits` export a circuit: `to_verilog`, `to_c`, `to_dot`, `to_svg`, `to_text`, `to_networkx`.

    Attributes:
        n_in: the number of inputs.
        operands: int32 (gates, fan-in), read-only: the signals that each gate adds, all of them earlier than the
            gate itself; -1 fills the end of a row where a gate has fewer.
        outputs: int32 (n_out,), read-only: the signal of each output, -1 for the constant 0.

    Raises:
        ArgumentError: a gate reads a signal that does not come before it, reads one signal twice, or has fewer than
            two or more than four inputs; or an output names no signal.

    >>> circuit = XorCircuit(3, np.array([[0, 1], [2, 3]]), np.array([4]))
    >>> circuit.gates, circuit.depth, circuit.verify([[1, 1, 1]])
    (2, 2, True)
    """

    n_in: int
    operands: np.ndarray = field(repr=False)
    outputs: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        check_int("n_in", self.n_in, 0, LARGEST)
        operands, outputs = _numbers("operands", self.operands), _numbers("outputs", self.outputs)
        if operands.size == 0:
            operands = operands.reshape(0, 2)
        _check(self.n_in, operands, outputs)
        for name, array in (("operands", operands), ("outputs", outputs)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, XorCircuit)
            and self.n_in == other.n_in
            and np.array_equal(self.operands, other.operands)
            and np.array_equal(self.outputs, other.outputs)
        )

    def __hash__(self) -> int:
        return hash((self.n_in, self.operands.tobytes(), self.outputs.tobytes()))

    @property
    def gates(self) -> int:
        """The number of gates."""
        return len(self.operands)

    @property
    def n_out(self) -> int:
        """The number of outputs."""
        return len(self.outputs)

    @property
    def max_inputs(self) -> int:
        """The number of inputs of the widest gate; 2 if there are no gates."""
        return self.operands.shape[1]

    @cached_property
    def levels(self) -> np.ndarray:
        """The gates on the longest path from an input to each signal: int32 (n_in + gates,), read-only."""
        found = [0] * self.n_in
        for row in self.operands.tolist():
            found.append(1 + max(found[operand] for operand in row if operand != ZERO))
        levels = np.array(found, dtype=np.int32)
        levels.flags.writeable = False
        return levels

    @property
    def depth(self) -> int:
        """The number of gates on the longest path from an input to an output."""
        read = self.outputs[self.outputs != ZERO]
        return int(self.levels[read].max(initial=0))

    @property
    def fan_out(self) -> np.ndarray:
        """The number of gates and outputs that read each signal: int64 (n_in + gates,)."""
        read = np.concatenate([self.operands.ravel(), self.outputs])
        return np.bincount(read[read != ZERO], minlength=self.n_in + self.gates)

    @property
    def critical_path(self) -> list[int]:
        """The signals of one longest path from an input to an output; empty if no output reads a signal."""
        read = self.outputs[self.outputs != ZERO]
        if not read.size:
            return []
        path = [int(read[self.levels[read].argmax()])]
        while path[-1] >= self.n_in:
            operands = self.operands[path[-1] - self.n_in]
            operands = operands[operands != ZERO]
            path.append(int(operands[self.levels[operands].argmax()]))
        return path[::-1]

    def evaluate(self, words: np.ndarray) -> np.ndarray:
        """Evaluate the circuit for many inputs at once.

        Args:
            words: unsigned integers or bool (n_in, ...): each bit position is a separate evaluation, so that bit b of
                words[i] is input i of evaluation b.

        Returns:
            The outputs in the same bit positions: (n_out, ...), of the dtype of `words`.

        Raises:
            ArgumentError: `words` has another dtype, or does not have n_in rows.
        """
        words = np.asarray(words)
        if not (words.dtype == bool or np.issubdtype(words.dtype, np.unsignedinteger)):
            raise ArgumentError(f"Argument 'words' must hold bools or unsigned integers, not {words.dtype}.")
        if words.ndim == 0 or len(words) != self.n_in:
            raise ArgumentError(f"Argument 'words' must have {self.n_in} rows, not the shape {words.shape}.")
        signals = np.zeros((self.n_in + self.gates + 1, *words.shape[1:]), dtype=words.dtype)  # the last one is 0
        signals[: self.n_in] = words
        levels = self.levels[self.n_in :]
        order = np.argsort(levels, kind="stable")
        bounds = np.flatnonzero(np.diff(levels[order], prepend=0, append=np.iinfo(np.int32).max))
        for first, last in pairwise(bounds):
            gates = order[first:last]
            signals[self.n_in + gates] = np.bitwise_xor.reduce(signals[self.operands[gates]], axis=1)
        return signals[self.outputs]

    def matrix(self) -> np.ndarray:
        """Return the linear map that the circuit computes: bool (n_out, n_in)."""
        packed = self.evaluate(pack_rows(np.eye(self.n_in, dtype=bool)))
        bits = np.unpackbits(np.ascontiguousarray(packed.astype("<u8")).view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.n_in].astype(bool)

    def verify(self, matrix: object) -> bool:
        """Check exactly whether the circuit computes a matrix.

        Args:
            matrix: (n_out, n_in) of 0 and 1.

        Returns:
            True if it does; False if an entry or the shape differs.

        Raises:
            ArgumentError: `matrix` is not a binary matrix.
        """
        array = as_matrix(matrix)
        return array.shape == (self.n_out, self.n_in) and bool((self.matrix() == array).all())


def _numbers(name: str, given: object) -> np.ndarray:
    """Return numbers of signals as int32, a copy; raise ArgumentError where they are no integers."""
    try:
        array = np.array(given)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.size and (array.dtype.kind not in "iu" or array.min() < -LARGEST or array.max() > LARGEST):
        raise ArgumentError(f"Argument '{name}' must be integers, the numbers of signals.")
    return array.astype(np.int32)


def _check(n_in: int, operands: np.ndarray, outputs: np.ndarray) -> None:
    """Raise ArgumentError unless the arrays are a circuit."""
    if operands.ndim != 2 or not 2 <= operands.shape[1] <= MAX_INPUTS:
        raise ArgumentError(
            f"Argument 'operands' must have the shape (gates, 2 to {MAX_INPUTS}), not {operands.shape}."
        )
    if outputs.ndim != 1:
        raise ArgumentError(f"Argument 'outputs' must have one dimension, not {outputs.ndim}.")
    own = np.arange(n_in, n_in + len(operands))
    filled = operands != ZERO
    late = ((operands < ZERO) | (operands >= own[:, None])).any(axis=1)
    if late.any():
        gate = int(late.argmax())
        raise ArgumentError(
            f"Gate {gate} reads {operands[gate].tolist()}; it may read only signals 0 to {own[gate] - 1}."
        )
    narrow = ~filled[:, :2].all(axis=1) | (np.diff(filled.astype(np.int8), axis=1) > 0).any(axis=1)
    ordered = np.sort(operands, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != ZERO)).any(axis=1)
    if (narrow | twice).any():
        gate = int((narrow | twice).argmax())
        raise ArgumentError(f"Gate {gate} reads {operands[gate].tolist()}; it needs two different signals or more.")
    if outputs.size and (outputs.min() < ZERO or outputs.max() >= n_in + len(operands)):
        raise ArgumentError(f"Argument 'outputs' names a signal outside 0 to {n_in + len(operands) - 1}.")
