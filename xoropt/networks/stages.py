"""Stages: layers of shared exclusive ors, their product as packed rows, and the network that has them."""

import numpy as np

from xoropt.errors import ArgumentError
from xoropt.networks.network import MAX_N_OUT, XorNetwork, check_int

__all__ = ["MAX_WINDOW", "check_stages", "product_rows", "reach", "stages_network"]

MAX_WINDOW = 1984
"""Seed bits of the widest window that the banded elimination carries."""
_CHUNK = 1 << 20
"""Rows that are built at once: bounds the memory."""


def reach(stages: tuple[np.ndarray, ...], n_in: int) -> int:
    """Steps of seeds that a step reads: one more than the sum of the largest delays, all stages together."""
    width, steps = n_in, 1
    for stage in stages:
        steps += int(stage.max(initial=0)) // width
        width = len(stage)
    return steps


def check_stages(stages: tuple[np.ndarray, ...], n_in: int) -> None:
    """ArgumentError unless stages are what `XorNetwork.stages` says, within `MAX_WINDOW` bits."""
    if not stages:
        raise ArgumentError("Argument 'stages' must hold at least one stage.")
    window = n_in
    width = n_in
    for i, stage in enumerate(stages):
        if stage.ndim != 2 or not np.issubdtype(stage.dtype, np.integer) or not stage.size:
            raise ArgumentError(f"Stage {i} must be an integer array of shape (signals, reads), not {stage.shape}.")
        if (stage < -1).any() or (stage.max(axis=1) < 0).any():
            raise ArgumentError(f"Stage {i} must hold entries from 0 on, at least one in each row, and -1 for no read.")
        ordered = np.sort(stage, axis=1)
        if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
            raise ArgumentError(f"Stage {i} reads a signal twice in one row, which cancels.")
        window += int(stage.max()) // width * n_in
        width = len(stage)
        if window > MAX_WINDOW:
            raise ArgumentError(f"Stage {i} must keep the window within {MAX_WINDOW} bits, which {window} does not.")


def product_rows(stages: tuple[np.ndarray, ...], n_in: int) -> tuple[np.ndarray, int]:
    """The outputs as exclusive ors of seed bits: uint64 (n_out, ⌈window/64⌉), as `XorNetwork.rows`, and the window."""
    rows, window = np.zeros((n_in, 1), dtype=np.uint64), n_in
    rows[np.arange(n_in), 0] = np.uint64(1) << np.arange(n_in, dtype=np.uint64)
    for stage in stages:
        width = len(rows)
        window += int(stage.max()) // width * n_in
        made = np.zeros((len(stage), -(-window // 64) + 1), dtype=np.uint64)
        for first in range(0, len(stage), _CHUNK):
            for read in stage[first : first + _CHUNK].T:
                some = np.flatnonzero(read >= 0)
                if len(some):
                    _add_shifted(
                        made[first : first + _CHUNK], some, rows[read[some] % width], read[some] // width * n_in
                    )
        rows = made[:, : -(-window // 64)]
    return np.ascontiguousarray(rows), window


def _add_shifted(made: np.ndarray, some: np.ndarray, rows: np.ndarray, shifts: np.ndarray) -> None:
    """made[some] ^= rows, each moved up by its shift in bits; a word is left over at the end of `made`."""
    bits = (shifts % 64).astype(np.uint64)[:, None]
    word = (shifts // 64)[:, None]
    for k in range(rows.shape[1]):
        low = rows[:, k : k + 1] << bits
        high = (rows[:, k : k + 1] >> np.uint64(1)) >> (np.uint64(63) - bits)
        inside = word[:, 0] + k < made.shape[1]
        made[some[inside], word[inside, 0] + k] ^= low[inside, 0]
        inside = word[:, 0] + k + 1 < made.shape[1]
        made[some[inside], word[inside, 0] + k + 1] ^= high[inside, 0]


def stages_network(stages: tuple[np.ndarray, ...], n_in: int, recipe: str) -> XorNetwork:
    """The network with these stages.

    Args:
        stages: int64 (signals, reads) each; an entry e stands for signal e % width of step t + e // width of the stage
            before, or of the n_in seed bits, and −1 for none. A single stage makes a network without stages.
        n_in: new seed bits a step.
        recipe: that names the network.

    Raises:
        ArgumentError: the stages do not fit, or the window exceeds 1984 bits.
    """
    check_int("n_in", n_in, 1, 64)
    check_stages(stages, n_in)
    check_int("n_out", len(stages[-1]), 1, MAX_N_OUT)
    rows, window = product_rows(stages, n_in)
    kept = tuple(np.ascontiguousarray(stage, dtype=np.int64) for stage in stages) if len(stages) > 1 else None
    return XorNetwork(n_in, len(rows), window // n_in - 1, rows, recipe, stages=kept)
