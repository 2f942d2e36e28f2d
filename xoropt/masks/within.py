"""A mask that keeps weights only within a region: the region by another codec, and one bit for each of its weights.

So a few dense rows among empty ones, or a triangle that is half full, cost what these rows or the triangle cost as a
bitmap.

The part `mask` is a byte, the length of a codec's name; the name; and the part `mask` of that codec, one of those with
a structure, which makes the region. The part `mask_inside` is a little-endian uint64 for every 2^20 weights of the mask
but the first 2^20: the weights of the region before them; then a bit for each weight of the region, in row-major order.
"""

from collections.abc import Callable

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.blocks import plan_blocks
from xoropt.masks.mask_codec import CHUNK, MaskCodec, MaskPlan, Parts
from xoropt.masks.spans import NARROW, plan_spans, spans_around
from xoropt.masks.views import views_of
from xoropt.masks.wrapped import Codecs, head_of, split_head

__all__ = ["codec_over"]

INSIDE = "mask_inside"
"""The part that holds the bits of the region's weights."""

WORTH = 0.95
"""The share of a mask that a region may take to be worth a try."""

NOTHING = np.zeros(0, dtype=np.uint8)


def codec_over(codecs: Codecs) -> MaskCodec:
    """Make the codec.

    Args:
        codecs: gives all codecs, for those that files name.
    """

    def plan(mask: np.ndarray) -> MaskPlan | None:
        """Plan the parts of the region that takes the least; None where it is most of the mask."""
        if not mask.any():
            return None
        directory = 8 * max(0, (mask.size - 1) // CHUNK)
        plans = [
            MaskPlan(len(head_of(name)) + inner.least_bytes + directory - (-weights // 8), encoder(mask, name, inner))
            for name, inner, weights in _regions(mask)
            if weights <= WORTH * mask.size
        ]
        return min(plans, key=lambda plan: plan.least_bytes, default=None)

    def encoder(mask: np.ndarray, name: str, plan: MaskPlan) -> Callable[..., Parts]:
        def encode(jobs: int, effort: str = "normal") -> Parts:
            inner = plan.encode(jobs, effort)["mask"]
            flat, parts, counts = np.ascontiguousarray(mask).reshape(-1), [], []
            for first in range(0, mask.size, CHUNK):
                stop = min(mask.size, first + CHUNK)
                region = codecs()[name].decode({"mask": inner}, mask.shape, mask.size, first, stop)
                parts.append(flat[first:stop][region])
                counts.append(len(parts[-1]))
            directory = np.cumsum(counts)[:-1].astype("<u8").view(np.uint8)
            bits = np.packbits(np.concatenate(parts), bitorder="little")
            return {"mask": np.concatenate([head_of(name), inner]), INSIDE: np.concatenate([directory, bits])}

        return encode

    def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
        codec, inner = split_head(parts, codecs)
        data, entries = parts.get(INSIDE, NOTHING), max(0, (size - 1) // CHUNK)
        if len(data) < 8 * entries:
            raise DecodeError("the mask within a region ends too early")
        bits, mask = data[8 * entries :], np.empty(stop - first, dtype=bool)
        for chunk in range(first // CHUNK, -(-stop // CHUNK)):
            begin = chunk * CHUNK  # the chunk's weights before the range are needed to count them
            a, b = max(first, begin), min(stop, begin + CHUNK)
            if a >= b:
                continue
            at = int.from_bytes(data[8 * (chunk - 1) : 8 * chunk].tobytes(), "little") if chunk else 0
            region = codec.decode({"mask": inner}, shape, size, begin, b)
            at += int(np.count_nonzero(region[: a - begin]))
            region = region[a - begin :]
            count = int(np.count_nonzero(region))
            if at + count > 8 * len(bits):
                raise DecodeError("the mask within a region ends too early")
            kept = np.unpackbits(bits[at // 8 : -(-(at + count) // 8)], bitorder="little")[at % 8 :][:count]
            region[region] = kept.view(bool)
            mask[a - first : b - first] = region
        return mask

    def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
        codec, inner = split_head(parts, codecs)
        if codec.check is not None:
            codec.check({"mask": inner}, shape, size)
        decode(parts, shape, size, 0, 0)

    return MaskCodec(plan, decode, cheap_ranges=True, check=check)


def _regions(mask: np.ndarray) -> list[tuple[str, MaskPlan, int]]:
    """Return regions around a mask: the codec's name, its plan, and the weights of the region."""
    regions = []
    for view in views_of(mask):
        for axis in range(view.ndim):
            used = np.any(view, axis=tuple(i for i in range(view.ndim) if i != axis), keepdims=True)
            sides = tuple(1 if i == axis else side for i, side in enumerate(view.shape))
            weights = int(np.count_nonzero(used)) * (view.size // view.shape[axis])
            regions.append(("blocks", plan_blocks(used, view.shape, sides), weights))
    if mask.ndim > 1 and mask.shape[-1] >= NARROW:
        starts, ends = spans_around(mask)
        regions.append(("spans", plan_spans(starts, ends, mask.shape), int((ends - starts).sum())))
    return regions
