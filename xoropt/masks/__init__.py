"""Mask codecs: which weights were pruned, stored exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xoropt.codec.decoder import weights_range
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.masks import bitmap, blocks, empty, entropy, full, gap_coded, low_rank, n_of_m, prefix

__all__ = ["CODECS", "MaskCodec", "check_codec", "decode_mask", "decode_packed", "encode_mask"]

Parts = dict[str, np.ndarray]


@dataclass(frozen=True)
class MaskCodec:
    """One way to store a mask.

    Attributes:
        encode: from the mask, bool of any shape, and a number of threads to uint8 arrays by part name, or to None where
            it cannot hold the mask.
        decode: from those parts, a shape, its size and a range of weights in row-major order back to the mask of these,
            bool, flat; DecodeError where they do not fit.
        random_access: whether a part of the mask can be decoded without what stands before it.
    """

    encode: Callable[[np.ndarray, int], Parts | None]
    decode: Callable[[Parts, tuple[int, ...], int, int, int], np.ndarray]
    random_access: bool


CODECS = {
    "bitmap": MaskCodec(bitmap.encode, bitmap.decode, random_access=True),
    "full": MaskCodec(full.encode, full.decode, random_access=True),
    "empty": MaskCodec(empty.encode, empty.decode, random_access=True),
    "blocks": MaskCodec(blocks.encode, blocks.decode, random_access=True),
    "n_of_m": MaskCodec(n_of_m.encode, n_of_m.decode, random_access=True),
    "positions": MaskCodec(gap_coded.encode, gap_coded.decode, random_access=True),
    "prefix": MaskCodec(prefix.encode, prefix.decode, random_access=True),
    "low_rank": MaskCodec(low_rank.refuse, low_rank.decode, random_access=True),
    "entropy": MaskCodec(entropy.encode, entropy.decode, random_access=False),
}
"""By name, as `encode_mask` and the files call them."""

DESCRIBED = 24
"""Bytes, about, that a plane's description takes in a file where others have much of it in common."""

CHOICES = {
    "auto": [name for name, codec in CODECS.items() if codec.random_access],
    "smallest": [*CODECS],
}
"""Names that stand for the codec of several that stores least."""


def check_codec(name: str) -> str:
    """`name` if it is a codec or a choice of codecs; ArgumentError otherwise."""
    if name not in CODECS and name not in CHOICES:
        raise ArgumentError(f"Argument 'mask' must be one of {', '.join([*CHOICES, *CODECS])}, not {name!r}.")
    return name


def encode_mask(mask: np.ndarray, codec: str = "auto", jobs: int = 1) -> tuple[str, Parts]:
    """The codec's name and the parts to store, uint8 arrays by name.

    Args:
        mask: bool, any shape, True where the weight is kept.
        codec: a codec's name; "auto": the one that stores least among those with random access; "smallest": among all.
        jobs: threads, for codecs that can use several.

    Raises:
        ArgumentError: no such codec, or it cannot hold this mask.
    """
    names = CHOICES.get(check_codec(codec), [codec])
    held = {name: parts for name in names if (parts := CODECS[name].encode(mask, jobs)) is not None}
    for name in ("full", "empty"):  # nothing to store, which not every codec can say
        if not held and (parts := CODECS[name].encode(mask, jobs)) is not None:
            held[name] = parts
    if not held:
        other, parts = encode_mask(mask, "auto", jobs)
        bits = 8 * stored_bytes(parts) / mask.size
        raise ArgumentError(
            f"The mask codec '{codec}' cannot hold this mask; 'auto' takes '{other}' and {bits:.3f} bits a weight."
        )
    return min(held.items(), key=lambda item: stored_bytes(item[1]))


def stored_bytes(parts: Parts) -> int:
    """What a mask's parts take, and the share of the file's description that tells of its plane, about."""
    return sum(DESCRIBED if name == prefix.PLANE else part.nbytes for name, part in parts.items())


def decode_mask(codec: str, parts: Parts, shape: tuple[int, ...], size: int, rows: slice | None = None) -> np.ndarray:
    """The mask, bool of the given shape and size, or some rows of its first axis, from what `encode_mask` returned.

    Raises:
        ArgumentError: rows out of range.
        DecodeError: no such codec, or parts that do not fit the shape.
    """
    first, stop, part = weights_range(shape, rows)
    return _codec(codec).decode(parts, shape, size, first, stop).reshape(part)


def _codec(name: str) -> MaskCodec:
    if name not in CODECS:
        raise DecodeError(f"the mask codec '{name}' is not known to this version")
    return CODECS[name]


def decode_packed(
    codec: str, parts: Parts, shape: tuple[int, ...], size: int, first: int, stop: int, jobs: int | None = None
) -> tuple[np.ndarray | None, int]:
    """The mask of weights first … stop − 1 in row-major order, one bit a weight, by compiled loops.

    Returns:
        uint8 and the weight that its bit 0 stands for, at most `first`; bits from the lowest of each byte on. None
        where every weight is kept.

    Raises:
        DecodeError: as for `decode_mask`.
    """
    if codec == "full":
        return None, first
    if codec == "bitmap":
        return bitmap.octets(parts, size), 0
    if codec == "prefix":
        return prefix.decode_packed(parts, shape, size, first, stop, jobs)
    flat = _codec(codec).decode(parts, shape, size, first, stop)
    return np.packbits(flat, bitorder="little"), first
