"""Encoding with a block network: every block of n_out outputs is a parity problem of its own.

Kwon et al. (CVPR 2020), section 3: the plane is flattened row by row and cut into blocks; the last one is padded with
don't-care bits. The care bits of a block are linear equations of its seed; those that the seed violates are patched.
"""

from collections.abc import Callable, Iterator

import numpy as np
from xoropt_solvers import ParityBatch, solve_many

from xoropt.codec.bits import pack_fixed
from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.blocks.patches import pack_patches
from xoropt.networks import XorNetwork, random_block

__all__ = ["choose_n_out", "encode_blocks"]

MOST_OUTPUTS = 1 << 14
"""Most outputs of a block that `choose_n_out` asks for: a decoder's tables grow with them."""

CHUNK = 1 << 22
"""Most outputs that are encoded at once; bounds the memory beside the data."""


def encode_blocks(
    bits: np.ndarray,
    care: np.ndarray,
    network: XorNetwork,
    shape: tuple[int, ...],
    solver: str,
    *,
    jobs: int = 1,
    time_limit: float | None = None,
    group: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BlockEncoded:
    """Encode flat planes with a block network.

    Args:
        bits: bool (planes, outputs).
        care: bool (1, outputs), shared by the planes, or (planes, outputs).
        network: a network of memory 0.
        shape: the shape of one plane, recorded in the result.
        solver: a strategy of `xoropt_solvers`.
        jobs: processes or threads that the solver may use.
        time_limit: seconds for the search of each block; None: no limit.
        group: blocks that share a width of their patch counts, 0: all of a plane; None: what stores least.
        progress: called with the blocks done and the number of all blocks, over all planes.
    """
    planes, outputs = bits.shape
    n_in, n_out = network.n_in, network.n_out
    blocks = -(-outputs // n_out)
    seeds = np.zeros((planes, -(-blocks * n_in // 8)), dtype=np.uint8)
    positions: list[list[np.ndarray]] = [[] for _ in range(planes)]
    proved = care_bits = done = 0
    step = max(1, CHUNK // n_out) // 8 * 8 or 8  # whole bytes of seeds, whatever n_in is
    for first in range(0, blocks, step):
        last = min(first + step, blocks)
        window = slice(first * n_out, min(last * n_out, outputs))
        for plane, batch, at in _make_batches(bits[:, window], care[:, window], network, last - first):
            answer = solve_many(batch, solver, jobs=jobs, time_limit=time_limit)
            begin = first * n_in // 8
            packed = pack_fixed(answer.x, n_in)
            seeds[plane, begin : begin + len(packed)] = packed
            x = np.repeat(answer.x, np.diff(batch.starts))
            wrong = (np.bitwise_count(batch.rows & x) & 1).astype(bool) != batch.values
            positions[plane].append(window.start + at[wrong])
            proved += int(answer.optimal.sum())
            care_bits += len(at)
            done += last - first
            if progress is not None:
                progress(done, planes * blocks)
    patches = pack_patches([np.concatenate([np.empty(0, np.int64), *p]) for p in positions], blocks, n_out, group)
    return BlockEncoded(
        network=network,
        order="rows",
        shape=shape,
        planes=planes,
        seeds=seeds,
        patches=patches,
        care_bits=care_bits,
        solver=solver,
        proved_blocks=proved,
    )


def _make_batches(
    bits: np.ndarray, care: np.ndarray, network: XorNetwork, blocks: int
) -> Iterator[tuple[int, ParityBatch, np.ndarray]]:
    """Yield each plane's number, the parity problems of its blocks, and the positions of its care bits."""
    for plane, values in enumerate(bits):
        if plane == 0 or len(care) > 1:  # planes with a common mask differ only in values
            at = np.flatnonzero(care[plane])
            rows = network.rows[at % network.n_out, 0]
            starts = np.searchsorted(at, np.arange(blocks + 1) * network.n_out)
        yield plane, ParityBatch(rows=rows, values=values[at], starts=starts, n=network.n_in), at


def choose_n_out(
    bits: np.ndarray, care: np.ndarray, n_in: int, solver: str, seed: int = 0, sample: int = 1 << 16
) -> int:
    """Choose the n_out that stores a sample of the first plane in the fewest bits.

    The candidates lie around n_in / care density, where patches begin to occur. The sample consists of whole stretches
    spread evenly over the plane, so that it has dense and sparse regions.

    Args:
        bits, care: as for `encode_blocks`.
        n_in: seed bits of a block.
        solver: the strategy that will encode.
        seed: the seed of the random network.
        sample: approximate number of care bits in the sample.
    """
    outputs = bits.shape[1]
    density = float(care.mean()) if care.size else 0.0
    if density * outputs <= n_in:  # one block may hold it all
        return max(1, min(outputs, MOST_OUTPUTS))
    n_out = {max(1, min(MOST_OUTPUTS, round(n_in / density * factor))) for factor in np.arange(0.5, 1.45, 0.05)}
    wanted = min(outputs, round(sample / density))
    stretches = 1 if wanted == outputs else 16
    length = max(wanted // stretches, min(outputs, 4 * max(n_out)))
    starts = np.linspace(0, outputs - length, stretches).astype(int)
    picks = np.concatenate([np.arange(s, s + length) for s in starts])
    bits, care = bits[:1, picks], care[:1, picks]

    def stored(n_out: int) -> float:
        return encode_blocks(bits, care, random_block(n_in, n_out, seed), (len(picks),), solver).size.total_bits

    return min(sorted(n_out), key=stored)
