"""A mask with structure but for some exceptions: the structure by another codec, and a list of the weights that differ.

So 2:4 with a few kept weights that became zero, blocks with holes, and full masks with a few pruned weights cost what
their structure costs and some two bytes for each exception.

The part `mask` is a byte, the length of a codec's name; the name; and the part `mask` of that codec, one of those with
a structure (`full`, `blocks`, `n_of_m`, `spans`). The part `mask_listed` is the list of the weights to flip, as the
codec `positions` stores its part `mask`.
"""

import numpy as np

from xoropt.masks.gap_coded import pack_positions, packed_bytes, unpack_positions
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts
from xoropt.masks.wrapped import Codecs, head_of, split_head

__all__ = ["codec_over"]

LISTED = "mask_listed"
"""The part that lists the exceptions."""

NOTHING = np.zeros(0, dtype=np.uint8)


def codec_over(codecs: Codecs) -> MaskCodec:
    """Make the codec.

    Args:
        codecs: gives all codecs; those that offer `near` are tried.
    """

    def plan(mask: np.ndarray) -> MaskPlan | None:
        """Plan the parts of the structure that takes the least, exceptions included; None where there is none."""
        plans = [
            _plan_of(name, found.plan, found.differs, mask.size)
            for name, codec in codecs().items()
            if codec.near is not None and (found := codec.near(mask)) is not None and len(found.differs)
        ]
        return min(plans, key=lambda plan: plan.least_bytes, default=None)

    def decode(parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int) -> np.ndarray:
        codec, inner = split_head(parts, codecs)
        mask = codec.decode({"mask": inner}, shape, size, first, stop)
        mask[unpack_positions(parts.get(LISTED, NOTHING), size, first, stop) - first] ^= True
        return mask

    def decode_packed(
        parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None
    ) -> tuple[np.ndarray, int]:
        from xoropt.common.words.kernels import flip_bits

        codec, inner = split_head(parts, codecs)
        listed = unpack_positions(parts.get(LISTED, NOTHING), size, first, stop)
        packed, begin = codec.decode_packed({"mask": inner}, shape, size, first, stop, jobs)
        words = np.zeros(-(-(stop - begin) // 64), dtype=np.uint64)
        octets = words.view(np.uint8)
        if packed is None:
            octets[:] = 255
        else:
            octets[: len(packed)] = packed[: len(octets)]
        flip_bits(words, listed, first, stop, begin)
        return octets, begin

    def check(parts: Parts, shape: tuple[int, ...], size: int) -> None:
        codec, inner = split_head(parts, codecs)
        if codec.check is not None:
            codec.check({"mask": inner}, shape, size)
        unpack_positions(parts.get(LISTED, NOTHING), size, 0, size)

    return MaskCodec(plan, decode, packed_decoder=decode_packed, check=check)


def _plan_of(name: str, inner: MaskPlan, differs: np.ndarray, size: int) -> MaskPlan:
    """Plan a structure and a list of exceptions."""
    head = head_of(name)

    def encode(jobs: int, effort: str) -> Parts:
        mask = np.concatenate([head, inner.encode(jobs, effort).get("mask", NOTHING)])
        return {"mask": mask, LISTED: pack_positions(differs, size)}

    return MaskPlan(len(head) + inner.least_bytes + packed_bytes(differs, size), encode)
