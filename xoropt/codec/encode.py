"""Encoding: bit planes with don't-cares to seeds and patches."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xoropt.codec.block import choose_n_out, encode_blocks
from xoropt.codec.decode import decode
from xoropt.codec.encoded import Encoded
from xoropt.errors import ArgumentError, EncodeError
from xoropt.networks import XorNetwork, from_recipe, random_block

__all__ = ["DEFAULT_N_IN", "encode"]

DEFAULT_N_IN = 20


def encode(
    bits: np.ndarray,
    care: np.ndarray,
    network: XorNetwork | str = "auto",
    *,
    solver: str = "portfolio",
    order: str | None = None,
    planes: bool | None = None,
    jobs: int = 1,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Encoded:
    """Store bits as seeds of an XOR network and patches, so that every care bit is reproduced.

    Args:
        bits: bool (...) or (planes, ...).
        care: bool, True where a bit matters: (...), shared by the planes, or of the shape of `bits`.
        network: an `XorNetwork`, a recipe, or "auto": the block network of n_in = 20 that stores least.
        solver: the strategy of `xoropt_solvers` that searches the seeds.
        order: how the stream runs over a plane; only "rows", row-major, for a block network.
        planes: whether the first axis of `bits` counts planes; None: it does when `care` has one axis less.
        jobs: processes or threads for the search.
        time_limit: seconds for each block's search; None: no limit.
        progress: called with blocks done and blocks in all.

    Raises:
        ArgumentError: dtypes or shapes that do not fit, an unknown order, a network with memory.
        EncodeError: the result, decoded again, differs from a care bit; never expected.
    """
    bits, care = np.asarray(bits), np.asarray(care)
    for name, array in (("bits", bits), ("care", care)):
        if array.dtype != bool:
            raise ArgumentError(f"Argument '{name}' must be a bool array, not {array.dtype}.")
    stacked = bits.ndim == care.ndim + 1 if planes is None else planes
    shape = bits.shape[1:] if stacked else bits.shape
    if care.shape not in (shape, bits.shape):
        raise ArgumentError(f"Argument 'care' must have the shape {shape} or {bits.shape}, not {care.shape}.")
    if order not in (None, "rows"):
        raise ArgumentError(f"Argument 'order' must be 'rows' for a block network, not {order!r}.")
    count = len(bits) if stacked else 1
    flat = bits.reshape(count, -1) if count else np.zeros((0, int(np.prod(shape))), dtype=bool)
    flat_care = care.reshape(1 if care.shape == shape else count, flat.shape[1])
    if isinstance(network, str):
        if network == "auto":
            network = random_block(DEFAULT_N_IN, choose_n_out(flat, flat_care, DEFAULT_N_IN, 0, solver))
        else:
            network = from_recipe(network)
    if network.memory:
        raise ArgumentError(f"Argument 'network' must be a block network, not {network.recipe}.")
    encoded = encode_blocks(
        flat, flat_care, network, shape, solver, jobs=jobs, time_limit=time_limit, progress=progress
    )
    encoded = replace(encoded, planes=count if stacked else None)
    if ((decode(encoded) ^ bits) & care).any():
        raise EncodeError("The encoding does not reproduce its care bits; please report this with the input.")
    return encoded
