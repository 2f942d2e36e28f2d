"""Masks to stored parts and back, by the codec that is asked for or that stores least."""

import numpy as np

from xoropt.codec.decoder import weights_range
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts, stored_bytes
from xoropt.masks.registry import CODECS, find

__all__ = ["CHOICES", "check_codec", "decode_mask", "encode_mask", "find_codec", "plan_mask"]

CHOICES = ("auto", "smallest")
"""Names that stand for the codec that stores least: of those with random access, and of all."""


def check_codec(name: str) -> str:
    """Return `name` if it is a codec or a choice of codecs; raise ArgumentError otherwise."""
    if name not in CHOICES and find(name) is None:
        raise ArgumentError(f"Argument 'mask' must be one of {', '.join([*CHOICES, *CODECS])}, not {name!r}.")
    return name


def find_codec(name: str) -> MaskCodec:
    """The codec that a file names; DecodeError when there is none."""
    codec = find(name)
    if codec is None:
        raise DecodeError(f"the mask codec '{name}' is not known to this version")
    return codec


def plan_mask(mask: np.ndarray, codec: str = "auto") -> dict[str, MaskPlan]:
    """What the codecs that may store a mask would need, before anything is encoded.

    Args:
        mask: bool, any shape, True where the weight is kept.
        codec: a codec's name; "auto": all with random access; "smallest": all.

    Returns:
        Plans by the codec's name, never none; of a full or empty mask that the codec cannot hold, that of "full" or
        "empty".

    Raises:
        ArgumentError: no such codec, or it cannot hold this mask.
    """
    check_codec(codec)
    if codec in CHOICES:
        some = {name: known for name, known in CODECS.items() if codec == "smallest" or known.random_access}
    else:
        some = {codec: find_codec(codec)}
    plans = _plans(mask, some) or _plans(mask, {name: CODECS[name] for name in ("full", "empty")})
    if not plans:
        other, parts = encode_mask(mask, "auto")
        bits = 8 * stored_bytes(parts) / mask.size
        raise ArgumentError(
            f"The mask codec '{codec}' cannot hold this mask; 'auto' takes '{other}' and {bits:.3f} bits a weight."
        )
    return plans


def _plans(mask: np.ndarray, codecs: dict[str, MaskCodec]) -> dict[str, MaskPlan]:
    return {name: plan for name, codec in codecs.items() if (plan := codec.plan(mask)) is not None}


def encode_mask(mask: np.ndarray, codec: str = "auto", jobs: int = 1) -> tuple[str, Parts]:
    """Store a mask.

    Args:
        mask: bool, any shape, True where the weight is kept.
        codec: a codec's name; "auto": the one that stores least among those with random access; "smallest": among all.
        jobs: threads, for codecs that can use several.

    Returns:
        The codec's name and the parts to store, uint8 arrays by name.

    Raises:
        ArgumentError: no such codec, or it cannot hold this mask.
    """
    return encode_planned(plan_mask(mask, codec), jobs)


def encode_planned(plans: dict[str, MaskPlan], jobs: int = 1) -> tuple[str, Parts]:
    """Encode a mask by the codec that stores least; only codecs whose bounds can win are run.

    Args:
        plans: what `plan_mask` returned.
        jobs: threads, for codecs that can use several.
    """
    best: tuple[int, int, str, Parts] | None = None
    for least, place, name in sorted((plan.least_bytes, i, name) for i, (name, plan) in enumerate(plans.items())):
        if best is not None and (least, place) > best[:2]:
            break  # neither this nor any that follows can win
        parts = plans[name].encode(jobs)
        found = stored_bytes(parts), place, name, parts
        if best is None or found[:2] < best[:2]:
            best = found
    assert best is not None
    return best[2:]


def decode_mask(codec: str, parts: Parts, shape: tuple[int, ...], size: int, rows: slice | None = None) -> np.ndarray:
    """Decode what `encode_mask` returned: bool of the given shape and size, or some rows of its first axis.

    Raises:
        ArgumentError: rows out of range.
        DecodeError: no such codec, or parts that do not fit the shape.
    """
    first, stop, part = weights_range(shape, rows)
    return find_codec(codec).decode(parts, shape, size, first, stop).reshape(part)
