"""Moves on the edges of a network: swaps that keep every degree, other delays, and other signals."""

import numpy as np

from xoropt.networks.stages import reads_twice

__all__ = ["MOVES", "move"]

MOVES = ("swap", "delay", "rewire")
"""The kinds of moves.

- swap: two rows of a stage exchange one entry each, which keeps the degrees of both sides.
- delay: an entry takes the same signal at another step, which keeps them too.
- rewire: an entry takes another signal at its step, which keeps the gates and the rows' degrees only.
"""


def move(
    stages: tuple[np.ndarray, ...], n_in: int, steps: tuple[int, ...], kinds: tuple[str, ...], rng: np.random.Generator
) -> tuple[np.ndarray, ...] | None:
    """Return the stages after one random move; None where it changes nothing or reads a signal twice.

    Args:
        stages: the stages of the network.
        n_in: new seed bits per step.
        steps: for each stage the number of steps, from its own on, that an entry may read.
        kinds: the kinds of moves to draw from.
        rng: the random generator.
    """
    widths = [n_in, *(len(stage) for stage in stages[:-1])]
    i = _stage(stages, rng)
    stage, width = stages[i].copy(), widths[i]
    row, place = _entry(stage, rng)
    old = stage[row, place]
    kind = kinds[rng.integers(len(kinds))]
    if kind == "swap":
        other, spot = _entry(stage, rng)
        stage[row, place], stage[other, spot] = stage[other, spot], old
        changed = [row, other]
    elif kind == "delay":
        near = rng.random() < 0.5
        step = old // width + rng.integers(-8, 9) if near else rng.integers(steps[i])
        if not 0 <= step < steps[i]:
            return None
        stage[row, place] = step * width + old % width
        changed = [row]
    else:
        stage[row, place] = old // width * width + rng.integers(width)
        changed = [row]
    if (stage[changed] == stages[i][changed]).all():
        return None
    if reads_twice(stage[changed]):
        return None
    return (*stages[:i], stage, *stages[i + 1 :])


def _stage(stages: tuple[np.ndarray, ...], rng: np.random.Generator) -> int:
    """Draw a stage in proportion to its entries, of which copies count a tenth."""
    weights = np.array([int((stage >= 0).sum()) - 0.9 * _copies(stage) for stage in stages], dtype=float)
    return int(rng.choice(len(stages), p=weights / weights.sum()))


def _copies(stage: np.ndarray) -> int:
    """Return the number of rows that read one signal only."""
    return int(((stage >= 0).sum(axis=1) == 1).sum())


def _entry(stage: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """Draw the row and column of an entry that is not −1, preferably in a row with several entries."""
    alone = (stage >= 0).sum(axis=1) == 1
    rows = np.flatnonzero(~alone) if not alone.all() and rng.random() < 0.95 else np.arange(len(stage))
    row = int(rows[rng.integers(len(rows))])
    return row, int(rng.choice(np.flatnonzero(stage[row] >= 0)))
