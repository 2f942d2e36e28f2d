"""Encoding of a tensor's planes: those that care for every kept weight together, each other one as a stream of its own.

Planes that care for every weight, kept or not, need no network: they are stored as they are.
"""

from collections.abc import Callable

import numpy as np

from xoropt.codec import Encoding
from xoropt.codec.encoder import encode_planes
from xoropt.codec.lazy_planes import LazyPlanes, one_plane, packed_planes
from xoropt.codec.packed.encoding import pack_planes
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.stacked import stack
from xoropt.model.config import CompressConfig
from xoropt.networks import XorNetwork
from xoropt.quantize import QuantizedTensor
from xoropt.quantize.lazy_masks import count_kept

__all__ = ["encode_values"]

AT_ONCE = 16
"""Most planes that are encoded at once."""


def encode_values(
    quantized: QuantizedTensor,
    network: XorNetwork | str,
    packed: bool,
    config: CompressConfig,
    progress: Callable[[int, int], None] | None = None,
) -> Encoding:
    """Encode the planes of a tensor.

    Args:
        quantized: the tensor.
        network: a network, or "auto".
        packed: whether planes that care for every kept weight are packed, without a network.
        config: solver, patches, order and jobs.
        progress: called with bits done and bits in all.
    """
    shared, planes, size = quantized.shared_planes, len(quantized), quantized.size
    members: list[Encoding] = []
    begin, all_kept = int(quantized.signed_fill), np.broadcast_to(np.True_, quantized.shape)
    if begin:
        members.append(pack_planes(LazyPlanes(quantized.bits, range(begin), 0, size), all_kept))

    def encode_some(numbers: range, care: np.ndarray | LazyPlanes) -> None:
        def report(done: int, whole: int) -> None:
            if progress is not None:
                progress(numbers.start * size + done, planes * size)

        members.append(
            encode_planes(
                LazyPlanes(quantized.bits, numbers, 0, size),
                care,
                quantized.shape,
                network,
                solver=config.solver,
                patches=config.patches,
                order=config.order,
                effort=config.effort,
                jobs=config.jobs,
                time_limit=config.time_limit,
                progress=report,
            )
        )

    if packed:
        everything = count_kept(quantized.kept) == size
        octets = shared // 8 if everything else 0
        if octets:
            made = np.empty((octets, size), dtype=np.uint8)
            for i, row in enumerate(made):
                quantized.octets(i, row)
            members.append(PackedOctets(quantized.shape, made))
        if shared > max(begin, 8 * octets) or not planes:
            numbers = range(max(begin, 8 * octets), shared)
            mask = all_kept if everything else quantized.mask
            members.append(pack_planes(LazyPlanes(quantized.bits, numbers, 0, size), mask))
    elif shared > begin or not planes:
        for first in range(begin, max(1, shared), AT_ONCE):
            encode_some(range(first, min(shared, first + AT_ONCE)), one_plane(quantized.kept))
    for i in range(shared, planes):
        encode_some(range(i, i + 1), packed_planes(quantized.packed_care(i).reshape(1, -1), size))
    return stack(members)
