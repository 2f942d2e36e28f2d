"""Cascades: the nodes are products of binomials and an output takes one gate, the fewest near the limit.

A layer adds to every signal a delayed one, which multiplies its z-transform by 1 + z^a. After k layers an output reads
2^k seed bits for k gates instead of 2^k − 1. The difference is paid in registers, as in linear-phase comb filters.
"""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_subsets, reseed
from xoropt.networks.network import XorNetwork, check_entries
from xoropt.networks.stages import MAX_WINDOW, stages_network
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology

__all__ = ["cascade"]


@topology("cascade", work=lambda n_out, memory, **_: n_out * (memory + 1))
def cascade(
    n_in: NIn = 1,
    n_out: NOut = 11,
    layers: Annotated[int, Range(1, 16)] = 3,
    span: Annotated[int, Range("layers", MAX_WINDOW)] = 863,
    memory: Annotated[int, Range(1, MAX_WINDOW)] = 96,
    chained: int = 0,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a time-invariant network of two-input gates.

    Layer i has n_in nodes. Node c of step t is node c of the layer before at step t, plus node p(c) of that layer a
    steps later; layer 0 is the seeds. Each layer has a random order p (subset i − 1 of the n_in). The delays a of the
    layers are the distances, the longest first, between 0, a random subset of 1 … span − 1 in ascending order, and
    `span`. Output j is the XOR of a signal of layer j mod `layers` and one of the last layer, so that the graph of
    nodes and outputs is bipartite and its cycles are even. Both signals are of steps t … t + memory. Their places in
    the layers come from random orders of the n_in, one after the other; their delays are things 0 and 1 of a subset of
    memory + 1. The last `chained` outputs read one of the other outputs instead of their second signal, taken from
    random orders of those, one after the other.

    The network has 1 + n_in·layers/n_out gates per output.

    Args:
        n_in: new seed bits per step, 1 to 64.
        n_out: outputs per step.
        layers: layers of nodes, 1 to 16.
        span: the sum of the layers' delays in steps, at least `layers`.
        memory: further steps whose signals an output reads, at least 1.
        chained: outputs that read another output, fewer than n_out.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the window exceeds 1984 bits.

    >>> cascade(n_in=1, n_out=3, layers=2, span=3, memory=1).matrix().astype(int).tolist()
    [[1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]]
    """
    chained = check_int("chained", chained, 0, n_out - 1)
    window = n_in * (1 + span + memory * (2 if chained else 1))
    if window > MAX_WINDOW:
        raise ArgumentError(f"Argument 'span' must keep the window within {MAX_WINDOW} bits, which {window} does not.")
    check_entries(n_out, window)
    cuts = np.sort(draw_subsets(reseed(seed, 0), 1, span - 1, layers - 1)[0]) + 1 if layers > 1 else np.empty(0, int)
    delays = np.sort(np.diff(np.concatenate([[0], cuts, [span]])))[::-1]  # a decoder needs few of the last layers ahead
    orders = draw_subsets(reseed(seed, 1), layers, n_in, n_in)
    stages = []
    for i, (delay, order) in enumerate(zip(delays.tolist(), orders, strict=True), 1):
        width = i * n_in
        before = np.arange(width)
        copies = np.stack([before, np.full(width, -1)], axis=1)
        nodes = np.stack([before[-n_in:], width - n_in + order + delay * width], axis=1)
        stages.append(np.concatenate([copies, nodes]))
    stages += _outputs(n_in, n_out, layers, memory, chained, seed)
    return stages_network(tuple(stages), n_in)


def _outputs(n_in: int, n_out: int, layers: int, memory: int, chained: int, seed: int) -> list[np.ndarray]:
    """Return the last stage, or the last two where outputs are chained."""
    layer = np.stack([np.arange(n_out) % layers, np.full(n_out, layers)], axis=1)
    place = draw_subsets(reseed(seed, 2), -(-2 * n_out // n_in), n_in, n_in).reshape(-1)[: 2 * n_out]
    signal = layer * n_in + place.reshape(n_out, 2)
    delay = draw_subsets(reseed(seed, 3), n_out, memory + 1, 2)
    width = (layers + 1) * n_in
    free = n_out - chained
    direct = signal[:free] + delay[:free] * width
    if not chained:
        return [direct]
    partner = draw_subsets(reseed(seed, 4), -(-chained // free), free, free).reshape(-1)[:chained]
    kept = np.arange(width)
    first = np.concatenate([np.stack([kept, np.full(width, -1)], axis=1), direct])
    last = signal[free:, :1] + delay[free:, :1] * (width + free)
    last = np.concatenate([last, (width + partner + delay[free:, 1] * (width + free))[:, None]], axis=1)
    copies = np.stack([width + np.arange(free), np.full(free, -1)], axis=1)
    return [first, np.concatenate([copies, last])]
