"""The task of a synthesis method, the search that its methods share, and circuits from the gates that they find."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from xoropt_solvers.interrupts import never

from xoropt.circuits.circuit import ZERO, XorCircuit
from xoropt.common.errors import XoroptError
from xoropt.networks.network import pack_rows

__all__ = ["Progress", "Search", "Task", "assemble", "gates_of", "make_task", "tidy"]

Progress = Callable[[float, float, int | None], None]
"""Called with the seconds spent, the seconds allowed and the gates of the best circuit so far."""


@dataclass(frozen=True)
class Task:
    """The rows of a matrix that need gates: distinct rows with at least two ones.

    Attributes:
        rows: bool (targets, n_in).
        units: uint64 (n_in,): a word for each input; a row's word is the XOR of its inputs' words. Up to 64 inputs have
            one bit each. More inputs have random words, for which two different rows have the same word with
            probability 2⁻⁶⁴; every circuit is checked exactly at the end.
        targets: uint64 (targets,): the words of the rows.
        max_depth: the most levels of gates, -1 for no bound.
        max_inputs: the most inputs of a gate.
    """

    rows: np.ndarray
    units: np.ndarray
    targets: np.ndarray
    max_depth: int = -1
    max_inputs: int = 2

    @property
    def n_in(self) -> int:
        """The number of inputs."""
        return self.rows.shape[1]

    @cached_property
    def known(self) -> frozenset[int]:
        """The words of the rows as Python integers."""
        return frozenset(self.targets.tolist())


def make_task(matrix: np.ndarray, max_depth: int | None = None, max_inputs: int = 2) -> Task:
    """Return the task of a bool matrix; `max_depth` None means no bound."""
    n_in = matrix.shape[1]
    needed = matrix[matrix.sum(axis=1) >= 2]
    if len(needed):
        needed = np.unique(needed, axis=0)
    units = np.array([1 << i for i in range(n_in)], dtype=np.uint64) if n_in <= 64 else _random_words(n_in)
    targets = np.bitwise_xor.reduce(np.where(needed, units, np.uint64(0)), axis=1, dtype=np.uint64)
    return Task(needed, units, targets, -1 if max_depth is None else max_depth, max_inputs)


def _random_words(count: int) -> np.ndarray:
    """Return the words of more than 64 inputs."""
    return np.random.default_rng(count).integers(1, 1 << 64, count, dtype=np.uint64)


@dataclass
class Search:
    """The best gates that methods have found for a task, and the time that they may spend; safe for threads.

    Attributes:
        task: the rows to make.
        time_limit: seconds from `started`.
        progress: called by `tell`, if any.
        gates: int32 (gates, 2), the best gates so far; None before the first offer.
        started: the time of the monotonic clock at the start.
        stopped: set to end the search early.
        flag: int64 (1,), set when compiled loops are to stop; nobody sets it where the time limit is 0, which asks for
            one circuit however long that takes.
        lock: held while the best gates change.
    """

    task: Task
    time_limit: float
    progress: Progress | None = None
    gates: np.ndarray | None = None
    started: float = field(default_factory=time.monotonic)
    stopped: threading.Event = field(default_factory=threading.Event)
    flag: np.ndarray = field(default_factory=never)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def spent(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """The seconds that remain, 0 when the search is over."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.time_limit - self.spent)

    @property
    def size(self) -> int:
        """The number of the best gates; before the first offer a number larger than any circuit's."""
        return 1 << 60 if self.gates is None else len(self.gates)

    def until(self, end: float) -> Search:
        """Return a search of its own for the same task that ends `end` seconds after this one's start."""
        sub = Search(self.task, min(end, self.time_limit), started=self.started)
        sub.stopped, sub.flag = self.stopped, self.flag
        if self.progress is not None:
            sub.progress = lambda *_: self.tell()
        return sub

    def offer(self, gates: np.ndarray) -> None:
        """Tidy some gates and keep them if they are fewer than the best so far."""
        gates = tidy(self.task, gates)
        with self.lock:
            if len(gates) < self.size:
                self.gates = gates
        self.tell()

    def tell(self) -> None:
        """Report the progress to whoever asked for it."""
        if self.progress is not None:
            gates = None if self.gates is None else len(self.gates)
            self.progress(min(self.spent, self.time_limit), self.time_limit, gates)


def tidy(task: Task, gates: np.ndarray) -> np.ndarray:
    """Return gates without those that repeat a signal, are zero, or are needed by no target: int32 (gates, 2)."""
    from xoropt.circuits.kernels.tidying import tidy_gates

    table = 1 << max(4, int(4 * (len(gates) + task.n_in)).bit_length())
    given = np.asarray(gates, dtype=np.int32).reshape(-1, 2)
    return tidy_gates(task.units, task.targets, given, np.zeros(table, np.uint64), np.zeros(table, np.int32))


def gates_of(circuit: XorCircuit) -> np.ndarray:
    """Return a circuit as two-input gates, with a chain for each wider gate: int32 (gates, 2)."""
    rows: list[tuple[int, int]] = []
    place = list(range(circuit.n_in))
    for row in circuit.operands.tolist():
        operands = [place[i] for i in row if i != ZERO]
        while len(operands) > 1:
            rows.append((operands[0], operands[1]))
            operands = [*operands[2:], circuit.n_in + len(rows) - 1]
        place.append(operands[0])
    return np.array(rows, dtype=np.int32).reshape(-1, 2)


def assemble(matrix: np.ndarray, operands: np.ndarray) -> XorCircuit:
    """Return the circuit that makes the rows of a matrix with the given gates, and check it exactly.

    Args:
        matrix: bool (n_out, n_in).
        operands: int32 (gates, fan-in), as in `XorCircuit`.

    Raises:
        XoroptError: no signal of the circuit is one of the rows; the method that made the gates has a bug.
    """
    n_in = matrix.shape[1]
    signals = XorCircuit(n_in, operands, np.arange(n_in + len(operands)))
    made = signals.evaluate(pack_rows(np.eye(n_in, dtype=bool)))
    index = {row.tobytes(): i for i, row in reversed(list(enumerate(made)))}
    index[pack_rows(np.zeros((1, n_in), dtype=bool))[0].tobytes()] = ZERO
    try:
        outputs = [index[row.tobytes()] for row in pack_rows(matrix)]
    except KeyError:
        raise XoroptError("A synthesized circuit misses a row of its matrix; please report this.") from None
    circuit = XorCircuit(n_in, operands, np.array(outputs, dtype=np.int32))
    if not circuit.verify(matrix):
        raise XoroptError("A synthesized circuit does not compute its matrix; please report this.")
    return circuit
