"""One threshold for all tensors of a checkpoint: found by counting, in a few passes over the files.

The magnitudes' bits, as float64, are in the order of the magnitudes. Each pass counts 16 of them among the numbers that
agree with the threshold in those above, which is a radix search for an order statistic.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xoropt.checkpoints.shards import Shard, array_of_octets
from xoropt.common.dtypes import dtype_of
from xoropt.common.errors import ArgumentError
from xoropt.quantize.pruning import check_sparsity

__all__ = ["find_threshold"]

At = tuple[str, str]
"""A tensor: the path of its shard, and its name."""
AT_ONCE = 1 << 20
"""Numbers that are read at once."""
DIGIT = 16
"""Bits that a pass counts."""


def find_threshold(tensors: list[At], shards: Mapping[str, Shard], sparsity: float) -> dict[At, tuple[float, int]]:
    """Find the threshold that prunes tensors together to a rate, as `prune_globally` chooses it.

    Args:
        tensors: real numbers, in their order.
        shards: by path.
        sparsity: the share of all weights together to prune, in [0, 1).

    Returns:
        For each the threshold, and how many of its weights of just this magnitude are kept.

    Raises:
        ArgumentError: a weight is NaN or infinite; the message names the tensor.
        FormatError, XoroptError: a file was cut, or cannot be read.
    """
    sizes = [int(np.prod(shards[shard].layout.places[name].shape, dtype=np.int64)) for shard, name in tensors]
    kept = round((1.0 - check_sparsity(sparsity)) * sum(sizes))
    if not kept:
        return dict.fromkeys(tensors, (float("inf"), 0))
    above = 0  # the threshold's bits that are known
    for shift in range(64 - DIGIT, -1, -DIGIT):
        counts = np.zeros(1 << DIGIT, dtype=np.int64)
        for at in tensors:
            for bits in _magnitudes(shards[at[0]], at[1]):
                some = bits if shift + DIGIT == 64 else bits[bits >> np.uint64(shift + DIGIT) == above]
                counts += np.bincount((some >> np.uint64(shift)) & np.uint64(0xFFFF), minlength=1 << DIGIT)
        larger = np.cumsum(counts[::-1])[::-1] - counts  # numbers with a larger digit
        digit = int(np.flatnonzero(larger < kept)[0])
        kept -= int(larger[digit])
        above = above << DIGIT | digit
    threshold = float(np.array(above, dtype=np.uint64).view(np.float64))
    found = {}
    for at in tensors:
        equal = sum(int(np.count_nonzero(bits == above)) for bits in _magnitudes(shards[at[0]], at[1]))
        found[at] = threshold, min(kept, equal)
        kept -= min(kept, equal)
    return found


def _magnitudes(shard: Shard, name: str) -> Iterator[np.ndarray]:
    """Yield the magnitudes of a tensor's numbers, as the bits of float64, uint64."""
    place = shard.layout.places[name]
    width = dtype_of(place.dtype).itemsize
    size = place.last - place.first
    for first in range(0, size, AT_ONCE * width):
        some = shard.octets(name, first, min(AT_ONCE * width, size - first))
        numbers = np.abs(array_of_octets(some, place.dtype, (len(some) // width,)).astype(np.float64))
        if not np.isfinite(numbers).all():
            raise ArgumentError(f"Tensor '{name}' holds NaN or infinity, which can't be pruned; replace them.")
        yield numbers.view(np.uint64)
