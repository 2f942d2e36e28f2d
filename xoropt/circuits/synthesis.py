"""`synthesize`, which finds a circuit for a binary matrix with one of the methods, within a time limit."""

import math
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
from xoropt_solvers.interrupts import interrupting

from xoropt.circuits.circuit import MAX_INPUTS, XorCircuit, as_matrix
from xoropt.circuits.matrices import least_depth
from xoropt.circuits.methods.method import Method
from xoropt.circuits.methods.quick import QUICK_SIZE, quick_gates
from xoropt.circuits.methods.tree import tree_operands
from xoropt.circuits.methods.wide import widen
from xoropt.circuits.registry import METHODS, find
from xoropt.circuits.task import Progress, Search, assemble, gates_of, make_task, tidy
from xoropt.common.arguments import MOST_JOBS, check_int, check_seconds
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked

__all__ = ["circuit_for", "front", "synthesize"]

MOST_COLUMNS = 1 << 14
"""The most columns of a matrix: the methods and the check take memory by their square, a gigabyte for so many."""
LARGEST = (1 << 63) - 1
"""The largest seed and bound on the depth that the compiled kernels take."""
WIDE_SHARE = 0.2
"""The share of the time for making gates of more than two inputs."""
CHECKING_SECONDS, CHECKING_SHARE = 2e-6, 0.4
"""Seconds for tidying and checking the last circuit, for each entry of the matrix, and at most a share of the limit."""


@checked
def synthesize(
    matrix: object,
    method: str = "auto",
    time_limit: float = 60.0,
    max_depth: int | None = None,
    max_inputs: int = 2,
    seed: int = 0,
    jobs: int = 1,
    resume: XorCircuit | None = None,
    progress: Progress | None = None,
) -> XorCircuit:
    """Find an XOR circuit with few gates for a binary matrix; every result is checked exactly against the matrix.

    Args:
        matrix: (n_out, n_in) of 0 and 1.
        method: one of `METHODS`; "auto" is a portfolio of greedy starts and local search.
        time_limit: seconds. A method that finds nothing more ends earlier. At the limit a greedy run is finished with
            less sharing, so that there is always a circuit. 0 asks for one whole run, however long that takes.
        max_depth: the most levels of gates; None means no bound.
        max_inputs: the most inputs of one gate, 2 to 4.
        seed: the seed of the random numbers. Runs that end by the clock may differ all the same.
        jobs: the number of threads; each has a seed of its own, and they share the best circuit.
        resume: a circuit of the same matrix to start from; the result is never larger.
        progress: called now and then with the seconds spent, the seconds allowed, and the gates of the best circuit
            (None before there is one). An exception that it raises ends the search.

    Returns:
        The smallest circuit found.

    Raises:
        ArgumentError: `matrix` is not a binary matrix or has more than 2^14 columns; there is no such method; the
            method cannot keep a depth bound, or cannot start from a circuit; `max_depth` is less than the matrix
            needs; `resume` is a circuit of another matrix or breaks a bound; or another argument is out of range.

    >>> circuit = synthesize([[1, 1, 0], [1, 1, 1]], "paar", time_limit=0)
    >>> circuit.gates
    2
    """
    started = time.monotonic()
    array = as_matrix(matrix)
    if array.shape[1] > MOST_COLUMNS:
        raise ArgumentError(
            f"Argument 'matrix' must have at most {MOST_COLUMNS} columns, not {array.shape[1]}: circuits are checked "
            "with a table of their square."
        )
    how = find(method)
    check_int("max_inputs", max_inputs, 2, MAX_INPUTS)
    check_int("jobs", jobs, 1, MOST_JOBS)
    check_int("seed", seed, 0, LARGEST)
    check_seconds(time_limit)
    if max_depth is not None:
        check_int("max_depth", max_depth, 0, LARGEST)
        least = least_depth(array, max_inputs)
        if max_depth < least:
            raise ArgumentError(f"Argument 'max_depth' must be at least {least} for this matrix, not {max_depth}.")
        if not how.bounded:
            able = [name for name in METHODS if find(name).bounded]
            raise ArgumentError(f"Method {method!r} can't keep a depth bound; use one of {', '.join(able)}.")
    if resume is not None:
        _check_resume(resume, array, method, how, max_depth, max_inputs)
    narrow_depth = max_depth
    if max_depth is not None and max_inputs > 2:  # two-input gates that widening may bring within the bound
        narrow_depth = max(least_depth(array), int(max_depth * math.log2(max_inputs)))
    task = make_task(array, narrow_depth, max_inputs)
    share = 1.0 if max_inputs == 2 else 1.0 - WIDE_SHARE
    parts = 1 if max_inputs == 2 else 3  # trees of wider gates, and two circuits to check
    checking = min(parts * CHECKING_SECONDS * task.rows.size, CHECKING_SHARE * time_limit)
    search = Search(task, share * (time_limit - checking), progress, started=started)
    if resume is not None and (narrow_depth is None or resume.depth <= narrow_depth):
        search.offer(gates_of(resume))
    if len(task.rows):
        _run(search, how, seed, jobs)
    gates = search.gates if search.gates is not None else np.zeros((0, 2), dtype=np.int32)
    circuit = assemble(array, gates)
    if max_inputs > 2:
        circuit = _widened(search, array, gates, time_limit, max_depth, seed)
    return resume if resume is not None and resume.gates <= circuit.gates else circuit


@checked
def front(
    matrix: object,
    time_limit: float = 60.0,
    max_depth: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[XorCircuit]:
    """Find the front of gates by depth: for each depth from the least on the smallest circuit of two-input gates.

    A search without a bound gets a fourth of the time; the depths below its circuit's share the rest.

    Args:
        matrix: (n_out, n_in) of 0 and 1.
        time_limit: seconds for all searches together.
        max_depth: the deepest circuit of interest; None means no bound.
        seed, jobs, progress: as for `synthesize`.

    Returns:
        The circuits that no shallower one matches in gates, the shallowest first.

    Raises:
        ArgumentError: as for `synthesize`.

    >>> [(circuit.depth, circuit.gates) for circuit in front([[1, 1, 1, 0], [1, 1, 1, 1]], time_limit=4)]
    [(2, 4), (3, 3)]
    """
    array = as_matrix(matrix)
    check_seconds(time_limit)
    started = time.monotonic()

    def search(share: float, bound: int | None) -> XorCircuit:
        """Search for some of the time that is left."""
        spent = time.monotonic() - started
        told = None if progress is None else lambda now, _, gates: progress(spent + now, time_limit, gates)
        left = share * max(0.0, time_limit - spent)
        return synthesize(array, "auto", left, bound, seed=seed, jobs=jobs, progress=told)

    deepest = search(0.25, max_depth)
    best: XorCircuit | None = None
    found: list[XorCircuit] = []
    depths = range(least_depth(array), deepest.depth)
    for i, bound in enumerate(depths):
        circuit = search(1.0 / (len(depths) - i), bound)
        if best is None or circuit.gates < best.gates:
            best = circuit
            found.append(circuit)
    if best is None or deepest.gates < best.gates:
        found.append(deepest)
    return [some for some in found if all(other.gates > some.gates or other.depth >= some.depth for other in found)]


@checked
def circuit_for(matrix: object, circuit: XorCircuit) -> XorCircuit:
    """Return a circuit with its outputs in the order of a matrix's rows, after an exact check.

    Circuits of others may list every signal as an output, or the outputs in another order. Gates that no row needs are
    left out.

    Raises:
        ArgumentError: a row of the matrix is no signal of the circuit, or it has another number of inputs.
    """
    array = as_matrix(matrix)
    if circuit.n_in != array.shape[1]:
        raise ArgumentError(f"The circuit must have the matrix's {array.shape[1]} inputs, not {circuit.n_in}.")
    if circuit.verify(array):
        return circuit
    signals = XorCircuit(circuit.n_in, circuit.operands, np.arange(circuit.n_in + circuit.gates)).matrix()
    made = {row.tobytes() for row in signals} | {np.zeros(circuit.n_in, dtype=bool).tobytes()}
    for i, row in enumerate(array):
        if row.tobytes() not in made:
            raise ArgumentError(f"The circuit must make every row of the matrix; no signal of it is row {i}.")
    if circuit.max_inputs > 2:
        return assemble(array, circuit.operands)
    return assemble(array, tidy(make_task(array), circuit.operands))


def _check_resume(
    resume: XorCircuit, matrix: np.ndarray, method: str, how: Method, max_depth: int | None, max_inputs: int
) -> None:
    """Raise ArgumentError unless the search can start from a circuit."""
    if not how.improves:
        able = [name for name in METHODS if find(name).improves]
        raise ArgumentError(f"Method {method!r} can't start from a circuit; use one of {', '.join(able)}.")
    if not resume.verify(matrix):
        raise ArgumentError("Argument 'resume' must be a circuit of this matrix; it computes another one.")
    if resume.max_inputs > max_inputs:
        raise ArgumentError(
            f"Argument 'resume' must have gates of {max_inputs} inputs at most, not {resume.max_inputs}."
        )
    if max_depth is not None and resume.depth > max_depth:
        raise ArgumentError(f"Argument 'resume' must have a depth of at most {max_depth}, not {resume.depth}.")


def _run(search: Search, how: Method, seed: int, jobs: int) -> None:
    """Run a method in `jobs` threads (the compiled loops release the GIL); the first exception stops them all.

    A greedy run that was stopped early may be worse than what takes a moment, so that this is tried, too.
    """
    with interrupting(lambda: search.flag.fill(1), search.left if search.time_limit else None):
        if jobs == 1:
            how.run(search, seed)
        else:
            with ThreadPoolExecutor(jobs) as pool:
                running = [pool.submit(how.run, search, seed * jobs + job) for job in range(jobs)]
                try:
                    for ended in as_completed(running):
                        ended.result()
                finally:
                    search.stopped.set()
                    search.flag.fill(1)
    if search.flag[0] and search.task.rows.size >= QUICK_SIZE and not how.least_depth:
        gates = quick_gates(search.task)
        if gates is not None and len(gates) < search.size:
            search.offer(gates)


def _widened(
    search: Search, matrix: np.ndarray, gates: np.ndarray, time_limit: float, max_depth: int | None, seed: int
) -> XorCircuit:
    """Return the best circuit with wider gates that is found in the rest of the time and keeps the depth bound."""
    rng = np.random.default_rng(seed)

    def over() -> bool:
        return search.spent >= search.time_limit / (1.0 - WIDE_SHARE) > 0.0

    best: XorCircuit | None = None
    while True:
        circuit = assemble(matrix, widen(search.task, gates, rng, over))
        if (best is None or circuit.gates < best.gates) and (max_depth is None or circuit.depth <= max_depth):
            best = circuit
        if best is None or not search.spent < time_limit / 2:
            # A tree has the least depth, and may even have the fewest gates.
            tree = assemble(matrix, tree_operands(search.task, search.task.max_inputs))
            best = tree if best is None or tree.gates <= best.gates else best
        if search.spent >= time_limit or not len(gates):
            return best
