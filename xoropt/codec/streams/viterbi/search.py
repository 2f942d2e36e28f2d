"""The fewest patches of a sequential network, by dynamic programming over its states.

Park, Kwon et al. (ICLR 2022, arXiv 2105.01869): a state is the seeds in the shift registers. Costs are kept for every
`SPAN`-th step only. The way back goes through the spans from the last to the first, and computes each of them again.
"""

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.networks import XorNetwork

__all__ = ["viterbi_seeds"]

SPAN = 256
"""Steps between kept costs."""


def viterbi_seeds(network: XorNetwork, values: np.ndarray, care: np.ndarray) -> tuple[np.ndarray, int]:
    """Find seeds of an open, row-major stream that leave the fewest care bits wrong.

    Args:
        network: a network with n_in·memory at most 16 and n_in at most 12.
        values: bool (outputs,), the wanted bits.
        care: bool (outputs,), the mask.

    Returns:
        The seed bits, uint8 ((steps + memory)·n_in,), and the number of care bits that are wrong.

    Raises:
        ArgumentError: the network has more than 2^16 states or 2^12 branches.
    """
    from xoropt.codec.streams.viterbi import kernels

    n_in, memory = network.n_in, network.memory
    if n_in * memory > 16 or n_in > 12:
        raise ArgumentError(
            f"Argument 'network' must have n_in·memory ≤ 16 and n_in ≤ 12 for 'viterbi', not {network.recipe}."
        )
    steps = -(-len(values) // network.n_out)
    at = np.flatnonzero(care)
    starts = np.searchsorted(at, np.arange(steps + 1) * network.n_out)
    rows, bits = network.rows[at % network.n_out, 0], values[at].astype(np.uint8)
    if not memory:  # add a state for the seed that leaves, which no output reads
        rows, memory = rows << np.uint64(n_in), 1
    if n_in * memory > 16:
        raise ArgumentError(f"Argument 'network' must have at most 2^16 states, not {network.recipe}.")
    cost = np.zeros(1 << n_in * memory, dtype=np.int32)
    none = np.empty((0, len(cost)), dtype=np.uint16)
    kept, total = [], 0
    for first in range(0, steps, SPAN):
        kept.append(cost.copy())
        total += kernels.viterbi(starts[first : first + SPAN + 1], rows, bits, n_in, memory, cost, none)
    seeds = np.zeros(steps + memory, dtype=np.int64)
    state = int(np.argmin(cost))
    for i in range(memory):
        seeds[steps + i] = state >> (n_in * i) & ((1 << n_in) - 1)
    choice = np.empty((SPAN, len(cost)), dtype=np.uint16)
    mask = (1 << n_in * memory) - 1
    for span in range(len(kept) - 1, -1, -1):
        first = span * SPAN
        count = min(SPAN, steps - first)
        kernels.viterbi(starts[first : first + count + 1], rows, bits, n_in, memory, kept.pop(), choice)
        for t in range(count - 1, -1, -1):
            left = int(choice[t, state])
            seeds[first + t] = left
            state = (state << n_in | left) & mask
    if not network.memory:
        seeds = seeds[1:]
    return ((seeds[:, None] >> np.arange(n_in)) & 1).astype(np.uint8).reshape(-1), total
