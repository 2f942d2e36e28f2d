"""`XorCircuit`: a graph of XOR gates over GF(2), and the questions that have exact answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.networks.network import pack_rows

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["MAX_INPUTS", "ZERO", "XorCircuit"]

MAX_INPUTS = 4
"""Inputs of one gate at most."""
ZERO = -1
"""The output that is constantly 0; also fills up the operands of gates with fewer inputs than others."""


@dataclass(frozen=True, eq=False)
class XorCircuit:
    """XOR gates in topological order. Signal i is input i for i < n_in, and gate i - n_in from there on.

    Attributes:
        n_in: inputs.
        operands: int32 (gates, fan-in), read-only: the signals that each gate adds, all earlier than its own; -1 at
            the end of a row where a gate has fewer.
        outputs: int32 (n_out,), read-only: the signal of each output, -1 for the constant 0.

    Raises:
        ArgumentError: a signal that does not exist yet, a gate with fewer than two inputs, more than four, or one
            input twice.
    """

    n_in: int
    operands: np.ndarray = field(repr=False)
    outputs: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        operands = np.array(self.operands, dtype=np.int32)
        outputs = np.array(self.outputs, dtype=np.int32)
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
        """How many gates there are."""
        return len(self.operands)

    @property
    def n_out(self) -> int:
        """How many outputs there are."""
        return len(self.outputs)

    @property
    def max_inputs(self) -> int:
        """The inputs of the widest gate; 2 without gates."""
        return self.operands.shape[1]

    @cached_property
    def levels(self) -> np.ndarray:
        """int32 (n_in + gates,): the gates on the longest way from an input to each signal."""
        levels = np.zeros(self.n_in + self.gates, dtype=np.int32)
        for signal, row in enumerate(self.operands.tolist(), start=self.n_in):
            levels[signal] = 1 + max(levels[operand] for operand in row if operand != ZERO)
        levels.flags.writeable = False
        return levels

    @property
    def depth(self) -> int:
        """The gates on the longest way from an input to an output."""
        read = self.outputs[self.outputs != ZERO]
        return int(self.levels[read].max(initial=0))

    @property
    def fan_out(self) -> np.ndarray:
        """int64 (n_in + gates,): how many gates and outputs read each signal."""
        read = np.concatenate([self.operands.ravel(), self.outputs])
        return np.bincount(read[read != ZERO], minlength=self.n_in + self.gates)

    @property
    def critical_path(self) -> list[int]:
        """The signals of one longest way, from an input to an output; empty without outputs that read a signal."""
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
        """The outputs for many inputs at once.

        Args:
            words: unsigned integers or bool (n_in, ...): bit b of words[i] is input i of the b-th word beside it.

        Returns: the same dtype, (n_out, ...).

        Raises:
            ArgumentError: another dtype, or not n_in rows.
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
        """The linear map that the circuit computes: bool (n_out, n_in)."""
        packed = self.evaluate(pack_rows(np.eye(self.n_in, dtype=bool)))
        bits = np.unpackbits(np.ascontiguousarray(packed.astype("<u8")).view(np.uint8), axis=1, bitorder="little")
        return bits[:, : self.n_in].astype(bool)

    def verify(self, matrix: np.ndarray) -> bool:
        """Whether the circuit computes exactly this matrix (n_out, n_in), by propagating every signal's row."""
        from xoropt.circuits.matrices import as_matrix

        matrix = as_matrix(matrix)
        return matrix.shape == (self.n_out, self.n_in) and bool((self.matrix() == matrix).all())

    def to_networkx(self) -> nx.DiGraph:
        """See `xoropt.circuits.graph.to_networkx`."""
        from xoropt.circuits.graph import to_networkx

        return to_networkx(self)

    def to_text(self) -> str:
        """See `xoropt.circuits.text.to_text`."""
        from xoropt.circuits.text import to_text

        return to_text(self)

    def to_verilog(self, name: str = "xor_circuit") -> str:
        """See `xoropt.circuits.verilog.to_verilog`."""
        from xoropt.circuits.verilog import to_verilog

        return to_verilog(self, name)

    def to_c(self, name: str = "xor_circuit") -> str:
        """See `xoropt.circuits.c_source.to_c`."""
        from xoropt.circuits.c_source import to_c

        return to_c(self, name)

    def to_dot(self, name: str = "xor_circuit") -> str:
        """See `xoropt.circuits.drawing.to_dot`."""
        from xoropt.circuits.drawing import to_dot

        return to_dot(self, name)

    def to_svg(self) -> str:
        """See `xoropt.circuits.drawing.to_svg`."""
        from xoropt.circuits.drawing import to_svg

        return to_svg(self)


def _check(n_in: int, operands: np.ndarray, outputs: np.ndarray) -> None:
    if n_in < 0:
        raise ArgumentError(f"Argument 'n_in' must be at least 0, not {n_in}.")
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
