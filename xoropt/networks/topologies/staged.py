"""Networks in two stages: shared nodes, then outputs that read a few of them. They need few gates near the limit."""

from typing import Annotated

import numpy as np

from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.networks.draws import draw_subsets, reseed
from xoropt.networks.network import XorNetwork, check_entries
from xoropt.networks.stages import MAX_WINDOW, product_rows
from xoropt.networks.topologies.declaration import NIn, NOut, Range, Seed, topology
from xoropt.networks.topologies.windowed import check_window

__all__ = ["staged"]


MAX_WORK = 1 << 27
"""The most work of a network: some seconds."""


def _work(n_in: int, n_out: int, nodes: int, taps: int, reads: int, memory: int, node_window: int, **_: int) -> int:
    """Estimate the work of drawing the nodes and reads and of adding the nodes' rows."""
    words = (node_window + memory * n_in) // 64 + 1
    return node_window + n_out * (reads + memory + 1) + (nodes * taps + n_out * reads) * words // 2


@topology("staged", work=_work)
def staged(
    n_in: NIn = 8,
    n_out: NOut = 80,
    nodes: Annotated[int, Range("n_in", 4096)] = 12,
    taps: int = 5,
    reads: int = 3,
    memory: Annotated[int, Range(0, MAX_WINDOW)] = 32,
    node_window: Annotated[int, Range(1, MAX_WINDOW)] = 704,
    seed: Seed = 0,
) -> XorNetwork:
    """Return a time-invariant network whose outputs share nodes.

    Node v of step t is the XOR of `taps` of the node_window seed bits from bit t·n_in on. An output of step t is the
    XOR of `reads` nodes of the steps t … t + memory. Each output has reads − 1 gates of its own and a share of
    nodes·(taps − 1)/n_out; the window is node_window + memory·n_in.

    Every seed bit is read by equally many nodes and every node by equally many outputs, give or take one: a seed bit
    that few nodes read is lost when no care bit reads those. Tap i of node v is a bit ≡ v·taps + i (mod n_in); its
    delay in steps is the next one of the random order (`draw_subsets`) of delays that this class of bits has. The
    outputs take their nodes from a sequence of random orders of all nodes, `reads` at a time, each with a delay of
    its own.

    `stages` of the result holds what a decoder needs: the taps of each node relative to its step, int64 (nodes,
    taps), and the nodes of each output, int64 (n_out, reads), where k·nodes + v stands for node v of step t + k.

    Args:
        n_in: new seed bits per step, 1 to 64.
        n_out: outputs per step.
        nodes: nodes per step, at least n_in, since fewer nodes lose seed bits; 1.5·n_in or more is better.
        taps: seed bits that a node is the XOR of.
        reads: nodes that an output is the XOR of.
        memory: further steps whose nodes an output can read.
        node_window: seed bits that the nodes of a step read, a multiple of n_in.
        seed: the seed of the random numbers, 0 to 2^64 − 1.

    Raises:
        ArgumentError: an argument is out of range, or the whole window exceeds 1984 bits.

    >>> net = staged(n_in=2, n_out=3, nodes=3, taps=2, reads=2, memory=2, node_window=8)
    >>> net.window, net.stages[1].tolist()
    (12, [[7, 3], [5, 0], [7, 2]])
    """
    check_window("node_window", node_window, n_in)
    delays = node_window // n_in
    if nodes > node_window:  # each node reads a seed bit of its own at least
        raise ArgumentError(f"Argument 'nodes' must be at most node_window = {node_window}, not {nodes}.")
    taps = check_int("taps", taps, 1, node_window // nodes)
    reads = check_int("reads", reads, 1, memory + 1)
    window = node_window + memory * n_in
    if window > MAX_WINDOW:
        raise ArgumentError(
            f"Argument 'memory' must keep the window within {MAX_WINDOW} bits, which {memory} does not."
        )
    check_entries(n_out, window)
    if _work(n_in, n_out, nodes, taps, reads, memory, node_window) > MAX_WORK:
        raise ArgumentError(
            f"Argument 'reads' must be smaller for {n_out} outputs that reach {memory} steps, not {reads}."
        )
    tap = np.arange(nodes * taps, dtype=np.int64)
    delay = draw_subsets(reseed(seed, 0), n_in, delays, -(-nodes * taps // n_in))[tap % n_in, tap // n_in]
    node_taps = (delay * n_in + tap % n_in).reshape(nodes, taps)
    chosen = draw_subsets(reseed(seed, 1), -(-n_out * reads // nodes), nodes, nodes).reshape(-1)[: n_out * reads]
    node_reads = draw_subsets(reseed(seed, 2), n_out, memory + 1, reads) * nodes + chosen.reshape(n_out, reads)
    rows, _ = product_rows((node_taps, node_reads), n_in)
    wide = np.zeros((n_out, -(-window // 64)), dtype=np.uint64)  # the whole window, even if no draw reaches its end
    wide[:, : rows.shape[1]] = rows
    return XorNetwork(n_in, n_out, window // n_in - 1, wide, stages=(node_taps, node_reads))
