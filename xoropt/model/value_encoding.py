"""Encoding of a tensor's planes: those that care for every kept weight together, each other one as a stream of its own.

Planes that care for every weight need no network: they are stored as they are.
"""

from collections.abc import Callable

import numpy as np

from xoropt.codec import Encoding, encode
from xoropt.codec.packed.encoding import pack_planes
from xoropt.codec.packed.octets import PackedOctets
from xoropt.codec.stacked import stack
from xoropt.model.config import CompressConfig
from xoropt.networks import XorNetwork
from xoropt.quantize import QuantizedTensor

__all__ = ["encode_values"]

AT_ONCE = 16
"""Most planes that are encoded at once: bounds the memory beside the tensor."""


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
    shared, planes, size = quantized.shared_planes, len(quantized), quantized.mask.size
    members: list[Encoding] = []

    def encode_some(bits: np.ndarray, care: np.ndarray, first: int) -> None:
        def report(done: int, whole: int) -> None:
            if progress is not None:
                progress(first * size + done, planes * size)

        members.append(
            encode(
                bits,
                care,
                network,
                solver=config.solver,
                patches=config.patches,
                order=config.order,
                effort=config.effort,
                planes=True,
                jobs=config.jobs,
                time_limit=config.time_limit,
                progress=report,
            )
        )

    if packed:
        octets = shared // 8 if quantized.mask.all() else 0
        if octets:
            members.append(
                PackedOctets(quantized.shape, np.stack([quantized.octets(i).reshape(-1) for i in range(octets)]))
            )
        if shared > 8 * octets or not planes:
            members.append(pack_planes(map(quantized.plane, range(8 * octets, shared)), quantized.mask))
    elif shared or not planes:
        for first in range(0, max(1, shared), AT_ONCE):
            some = [quantized.plane(i) for i in range(first, min(shared, first + AT_ONCE))]
            bits = np.stack(some) if some else np.zeros((0, *quantized.shape), dtype=bool)
            encode_some(bits, quantized.mask, first)
    for i in range(shared, planes):
        encode_some(quantized.plane(i)[None], quantized.care(i), i)
    return stack(members)
