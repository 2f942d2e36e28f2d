"""Encoding: bit planes with don't-cares to seeds and patches."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from xoropt.codec.bits import pack_words
from xoropt.codec.blocks.encoder import choose_n_out, encode_blocks
from xoropt.codec.blocks.encoding import BlockEncoded
from xoropt.codec.decoder import decode
from xoropt.codec.lazy_planes import LazyPlanes
from xoropt.codec.streams.auto import EFFORTS, auto_order, encode_auto
from xoropt.codec.streams.encoder import METHODS, encode_stream
from xoropt.codec.streams.encoding import StreamEncoded
from xoropt.codec.streams.order import order_from_recipe
from xoropt.common.arguments import MOST_JOBS, check_callable, check_choice, check_int, check_kind, check_time_limit
from xoropt.common.errors import ArgumentError, EncodeError
from xoropt.common.foreign_arrays import plain_array
from xoropt.networks import XorNetwork, from_recipe, random_block

__all__ = ["BLOCK_N_IN", "encode", "encode_planes"]

BLOCK_N_IN = 20
"""Seed bits of a block where none are asked for: the paper's."""
COMPARED = 1 << 22
"""Bits that are decoded again at once: bounds the memory of the comparison."""


def encode(
    bits: np.ndarray,
    care: np.ndarray,
    network: XorNetwork | str = "auto",
    *,
    solver: str = "portfolio",
    patches: str = "burst",
    order: str | None = None,
    effort: str = "normal",
    planes: bool | None = None,
    jobs: int = 1,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BlockEncoded | StreamEncoded:
    """Store bits as seeds of an XOR network and patches, so that every care bit is reproduced.

    Args:
        bits: bool (...) or (planes, ...).
        care: bool, True where a bit matters: (...), shared by the planes, or of the shape of `bits`.
        network: an `XorNetwork`, a recipe, or "auto": the windowed network, lanes and rate that store least; with a
            `solver` other than "portfolio", which blocks alone have, the block network of n_in = 20 that stores least.
        solver: for a block network, the strategy of `xoropt_solvers` that searches the seeds.
        patches: for a windowed network, how patches are chosen: "burst" (few), "greedy" (every dependent care bit that
            disagrees) or, with a sequential network in the order "rows", "viterbi" (the fewest).
        order: how the stream runs over a plane, see `codec.streams.order`: "lanes:lanes=512" and the like, closed to a
            ring, its rate fitted to the care bits where the network's n_out allows it; or "rows", row-major at the
            network's own fixed rate, as in the papers, which decodes a hundred times slower. None: "rows" for blocks
            and for "viterbi", lanes as the network "auto" has them for all others.
        effort: for the network "auto", how much time it may take: "fast", "normal" or "best". It chooses the network;
            decoders need not know of it.
        planes: whether the first axis of `bits` counts planes; None: it does when `care` has one axis less.
        jobs: processes or threads for the search.
        time_limit: seconds for each block's search; None: no limit. Windowed networks need none.
        progress: called with blocks done and blocks in all.

    Returns:
        The encoding, decoded again and compared with the care bits.

    Raises:
        ArgumentError: dtypes or shapes that do not fit, an unknown order, `solver` or `patches` that do not go with the
            network, too wide a window, jobs below 1, a time limit that is no number of seconds.
        EncodeError: the result, decoded again, differs from a care bit; never expected.

    Warns:
        RateWarning: the network has seed bits for less than 99 % of the care bits.
    """
    bits, care = plain_array("Argument 'bits'", bits), plain_array("Argument 'care'", care)
    if planes is not None:
        check_kind("planes", planes, bool, "True, False or None")
    check_callable("progress", progress)
    for name, array in (("bits", bits), ("care", care)):
        if array.dtype != bool:
            raise ArgumentError(f"Argument '{name}' must be a bool array, not {array.dtype}.")
    if planes and not bits.ndim:
        raise ArgumentError("Argument 'bits' must have an axis that counts planes, as 'planes' says.")
    check_kind("network", network, (XorNetwork, str), "an XorNetwork, a recipe or 'auto'")
    if order is not None:
        check_kind("order", order, str, "a stream order or None")
    check_choice("patches", patches, METHODS)
    check_choice("effort", effort, EFFORTS)
    check_int("jobs", jobs, 1, MOST_JOBS)
    check_time_limit(time_limit)
    stacked = bits.ndim == care.ndim + 1 if planes is None else planes
    shape = bits.shape[1:] if stacked else bits.shape
    if care.shape not in (shape, bits.shape):
        raise ArgumentError(f"Argument 'care' must have the shape {shape} or {bits.shape}, not {care.shape}.")
    count = len(bits) if stacked else 1
    flat = bits.reshape(count, -1) if count else np.zeros((0, int(np.prod(shape))), dtype=bool)
    flat_care = care.reshape(1 if care.shape == shape else count, flat.shape[1])
    return encode_planes(
        flat,
        flat_care,
        shape,
        network,
        solver=solver,
        patches=patches,
        order=order,
        effort=effort,
        stacked=stacked,
        jobs=jobs,
        time_limit=time_limit,
        progress=progress,
    )


def encode_planes(
    flat: np.ndarray | LazyPlanes,
    care: np.ndarray | LazyPlanes,
    shape: tuple[int, ...],
    network: XorNetwork | str,
    *,
    solver: str,
    patches: str,
    order: str | None,
    effort: str,
    stacked: bool = True,
    jobs: int = 1,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BlockEncoded | StreamEncoded:
    """Store flat planes, which may be made when they are needed, and their masks as well; see `encode`.

    Args:
        flat: bool (planes, weights), the planes.
        care: bool (1 or planes, weights).
        shape: of a plane.
        network, solver, patches, order, effort, jobs, time_limit, progress: as for `encode`.
        stacked: whether the result has an axis of planes.
    """
    count = len(flat)
    chosen = _network(network, solver, patches, order, flat, care)
    encoded: BlockEncoded | StreamEncoded
    if chosen is None:
        encoded = encode_auto(flat, care, shape, patches, effort=effort, jobs=jobs, progress=progress)
    elif _in_blocks(chosen, order):
        bits, mask = np.asarray(flat), np.ascontiguousarray(care)
        encoded = encode_blocks(bits, mask, chosen, shape, solver, jobs=jobs, time_limit=time_limit, progress=progress)
    else:
        if order is None and patches != "viterbi":
            stream_order = auto_order(care)
        else:
            stream_order = order_from_recipe("rows" if order is None else order)
        encoded = encode_stream(flat, care, chosen, stream_order, shape, patches, jobs=jobs, progress=progress)
    encoded = replace(encoded, planes=count if stacked else None)
    if not _reproduces(encoded, flat, care, jobs):
        raise EncodeError("The encoding does not reproduce its care bits; please report this with the input.")
    return encoded


def _reproduces(
    encoded: BlockEncoded | StreamEncoded, flat: np.ndarray | LazyPlanes, care: np.ndarray | LazyPlanes, jobs: int
) -> bool:
    """Decode an encoding again, some rows at a time and on some threads, and compare it with its care bits."""
    planes, outputs = flat.shape
    rows = encoded.shape[0] if encoded.shape else 1
    each = outputs // max(1, rows)
    step = max(1, min(COMPARED // max(1, planes * each), -(-rows // jobs)))

    def agrees(first: int) -> bool:
        some = slice(first, min(rows, first + step))
        weights = slice(first * each, some.stop * each)
        wanted = pack_words(np.asarray(flat[:, weights]))
        made = decode(encoded, rows=some if encoded.shape else None, output="planes", jobs=1).reshape(wanted.shape)
        made ^= wanted
        made &= pack_words(np.asarray(care[:, weights]))
        return not made.any()

    firsts = range(0, rows, step)
    if jobs == 1 or len(firsts) == 1:
        return all(map(agrees, firsts))
    with ThreadPoolExecutor(jobs) as pool:
        return all(pool.map(agrees, firsts))


def _in_blocks(network: XorNetwork, order: str | None) -> bool:
    """Whether a network is used block by block; one without memory may also be a windowed one, in a closed order."""
    return not network.memory and order in (None, "rows")


def _network(
    network: XorNetwork | str,
    solver: str,
    patches: str,
    order: str | None,
    bits: np.ndarray | LazyPlanes,
    care: np.ndarray | LazyPlanes,
) -> XorNetwork | None:
    """The network to use, None for one that is chosen later; ArgumentError where the other arguments do not fit it."""
    auto = isinstance(network, str) and network == "auto"
    if isinstance(network, str):
        if not auto:
            network = from_recipe(network)
        elif solver != "portfolio":  # a seed search asks for blocks
            network = random_block(BLOCK_N_IN, choose_n_out(np.asarray(bits), np.asarray(care), BLOCK_N_IN, solver))
    if patches == "viterbi" and not (isinstance(network, XorNetwork) and network.memory):
        raise ArgumentError(
            "Argument 'patches' can be 'viterbi' with a sequential network alone; give one as 'network', such as "
            "'sequential:n_in=8,n_out=80,n_s=1'."
        )
    if not isinstance(network, XorNetwork):
        if order is not None:
            raise ArgumentError("Argument 'order' must be None with the network 'auto', which chooses it.")
        return None
    if _in_blocks(network, order):
        if patches != "burst":
            raise ArgumentError(
                f"Argument 'patches' is for windowed networks, not {patches!r}; for blocks, 'solver' is the search."
            )
        return network
    if solver != "portfolio":
        raise ArgumentError(
            f"Argument 'solver' is for block networks, not {solver!r}; for a windowed one, 'patches' is one of "
            f"{', '.join(METHODS)}."
        )
    if patches == "viterbi" and order not in (None, "rows"):
        raise ArgumentError("Argument 'order' must be 'rows' where 'patches' is 'viterbi'.")
    return network
