"""The problems that the strategies are compared on: blocks as an encoder meets them, and dense random ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xoropt_solvers import ParityBatch, ParityProblem, solve_many
from xoropt_solvers.batch import problem_at, take_blocks

__all__ = ["Block", "block_batch", "open_blocks", "random_problem"]

LOADS = (0.9, 1.2)  # expected care bits over n_in
DRAWN, COMPANY = 4000, 256


@dataclass(frozen=True)
class Block:
    """A block that elimination alone leaves open.

    Attributes:
        n_in: seed bits of its network.
        n_out: outputs of its network.
        sparsity: share of the outputs that are pruned.
        problem: the block.
        batch: the block and others like it, to time it in company.
    """

    n_in: int
    n_out: int
    sparsity: float
    problem: ParityProblem
    batch: ParityBatch


def block_batch(n_in: int, n_out: int, sparsity: float, blocks: int, seed: int) -> ParityBatch:
    """Draw blocks of one random network (entries 1 with probability ½): a random mask for each, random care bits."""
    rng = np.random.default_rng(seed)
    network = rng.integers(0, 2**n_in - 1, n_out, dtype=np.uint64, endpoint=True)
    care = rng.random((blocks, n_out)) >= sparsity
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(care.sum(axis=1))])
    rows = np.broadcast_to(network, care.shape)[care]
    return ParityBatch(rows, rng.random(len(rows)) < 0.5, starts, n_in)


def open_blocks(cells: Sequence[tuple[int, float]], seed: int) -> Iterator[Block]:
    """Draw a block of each load for each pair of n_in and sparsity.

    Blocks that elimination alone proves tell strategies apart by their overhead only, so that they are left out.
    """
    for cell, (n_in, sparsity) in enumerate(cells):
        for load in LOADS:
            n_out = round(load * n_in / (1 - sparsity))
            drawn = block_batch(n_in, n_out, sparsity, DRAWN, seed * 1000 + cell)
            left = take_blocks(drawn, np.flatnonzero(~solve_many(drawn, "greedy").optimal)[:COMPANY])
            if len(left):
                yield Block(n_in, n_out, sparsity, problem_at(left, 0), left)


def random_problem(k: int, n: int, seed: int) -> ParityProblem:
    """Draw k rows over n unknowns, each bit 1 with probability ½."""
    rng = np.random.default_rng(seed)
    return ParityProblem(rng.random((k, n)) < 0.5, rng.random(k) < 0.5)
