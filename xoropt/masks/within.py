"""A mask that keeps weights only within a region: the region by another codec, and one bit for each of its weights.

So a few dense rows among empty ones, or a triangle that is half full, cost what these rows or the triangle cost as a
bitmap.

The part `mask` is a byte, the length of a codec's name; the name; and the part `mask` of that codec, one of those with
a structure, which makes the region. The part `mask_inside` begins with a directory, where the mask has more than 2^20
weights: for every 2^20 of them, the last ones included, a little-endian uint64, the weights of the region up to there.
Then come the bits of the region's weights, in row-major order, as `xoropt.masks.flat` stores them.
"""

from collections.abc import Callable, Iterator

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.blocks import plan_blocks
from xoropt.masks.flat import least_flat_bytes, pack_flat, unpack_flat
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
        kept = int(np.count_nonzero(mask))
        if not kept:
            return None
        plans = [
            MaskPlan(
                len(head_of(name)) + inner.least_bytes + 8 * _entries(mask.size) + least_flat_bytes(weights, kept),
                encoder(mask, name, inner),
            )
            for name, inner, weights in _regions(mask, codecs())
        ]
        return min(plans, key=lambda plan: plan.least_bytes, default=None)

    def encoder(mask: np.ndarray, name: str, plan: MaskPlan) -> Callable[..., Parts]:
        def encode(jobs: int, effort: str) -> Parts:
            inner = plan.encode(jobs, effort)["mask"]
            flat, parts, counts = np.ascontiguousarray(mask).reshape(-1), [], []
            for first in range(0, mask.size, CHUNK):
                stop = min(mask.size, first + CHUNK)
                region = codecs()[name].decode({"mask": inner}, mask.shape, mask.size, first, stop)
                parts.append(flat[first:stop][region])
                counts.append(len(parts[-1]))
            directory = np.cumsum(counts)[: _entries(mask.size)].astype("<u8").view(np.uint8)
            inside = np.concatenate([directory, pack_flat(np.concatenate(parts))])
            return {"mask": np.concatenate([head_of(name), inner]), INSIDE: inside}

        return encode

    def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
        codec, inner = split_head(parts, codecs)
        data, entries = parts.get(INSIDE, NOTHING), _entries(size)
        if len(data) < 8 * entries:
            raise DecodeError("the mask within a region ends too early")
        ends = np.frombuffer(data[: 8 * entries].tobytes(), "<u8").tolist()
        mask = np.empty(stop - first, dtype=bool)
        for chunk in range(first // CHUNK, -(-stop // CHUNK)) if stop > first else ():
            begin, end = chunk * CHUNK, min(size, chunk * CHUNK + CHUNK)
            a, b = max(first, begin), min(stop, end)
            # The chunk's weights before the range are needed to count them, of a small mask also those behind it.
            region = codec.decode({"mask": inner}, shape, size, begin, b if entries else end)
            at = (ends[chunk - 1] if chunk else 0) + int(np.count_nonzero(region[: a - begin]))
            total = ends[-1] if entries else int(np.count_nonzero(region))
            region = region[a - begin : b - begin]
            count = int(np.count_nonzero(region))
            if at + count > total or total > size:
                raise DecodeError("the directory of the mask within a region is damaged")
            region[region] = unpack_flat(data[8 * entries :], total, at, at + count)
            mask[a - first : b - first] = region
        return mask

    def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
        codec, inner = split_head(parts, codecs)
        if codec.check is not None:
            codec.check({"mask": inner}, shape, size)
        decode(parts, shape, size, 0, min(1, size))

    return MaskCodec(plan, decode, cheap_ranges=True, check=check)


def _entries(size: int) -> int:
    """Return the entries of the directory."""
    return -(-size // CHUNK) if size > CHUNK else 0


def _regions(mask: np.ndarray, codecs: dict[str, MaskCodec]) -> Iterator[tuple[str, MaskPlan, int]]:
    """Yield regions around a mask, but for those that are most of it: codec, plan, and the weights of the region."""
    most = WORTH * mask.size
    for view in views_of(mask):
        for axis in range(view.ndim):
            used = np.any(view, axis=tuple(i for i in range(view.ndim) if i != axis), keepdims=True)
            weights = int(np.count_nonzero(used)) * (view.size // view.shape[axis])
            if weights <= most:
                sides = tuple(1 if i == axis else side for i, side in enumerate(view.shape))
                yield "blocks", plan_blocks(used, view.shape, sides), weights
    if mask.ndim > 1 and mask.shape[-1] >= NARROW:
        starts, ends = spans_around(mask)
        weights = int((ends - starts).sum())
        if weights <= most:
            yield "spans", plan_spans(starts, ends, mask.shape), weights
    kept, flat = int(np.count_nonzero(mask)), np.ascontiguousarray(mask).reshape(-1)
    for name, codec in codecs.items():
        found = None if codec.near is None else codec.near(mask)
        if found is None or not len(found.differs) or kept + len(found.differs) > most:
            continue
        if not flat[found.differs].any():  # a structure with holes
            yield name, found.plan, kept + len(found.differs)
