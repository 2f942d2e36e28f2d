"""Encoding of masks by the codec that is asked for or that stores least, and decoding."""

import math

import numpy as np

from xoropt.codec.decoder import weights_range
from xoropt.common.errors import ArgumentError, DecodeError
from xoropt.common.kinds import checked
from xoropt.common.lazy_arrays import MANY, LazyArray
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, Parts, stored_bytes
from xoropt.masks.registry import CODECS, codec_names, find_codec

__all__ = [
    "CHOICES",
    "check_codec",
    "check_parts",
    "codec_of_file",
    "decode_mask",
    "encode_mask",
    "encode_planned",
    "plan_mask",
]

SAMPLE = 1 << 22
"""Weights of a large mask, of each of some parts, by which it is found out which codecs may hold it."""
WORTH = 0.99
"""What another codec must take of the least otherwise for the mask to be made."""

CHOICES = ("auto", "smallest")
"""Names that stand for the codec that stores least: "auto" among those with random access, "smallest" among all."""


def check_codec(name: str) -> str:
    """Check that a name is that of a codec or of a choice of codecs, and return it.

    Raises:
        ArgumentError: it is neither.
    """
    if not isinstance(name, str) or (name not in CHOICES and find_codec(name) is None):
        raise ArgumentError(f"Argument 'mask' must be one of {', '.join([*CHOICES, *codec_names()])}, not {name!r}.")
    return name


def codec_of_file(name: str) -> MaskCodec:
    """Find the codec that a file names.

    Raises:
        DecodeError: there is no codec of that name.
    """
    codec = find_codec(name)
    if codec is None:
        raise DecodeError(f"the mask codec '{name}' is not known to this version")
    return codec


def check_parts(name: str, parts: Parts, shape: tuple[int, ...], size: int) -> None:
    """Check the parts of a mask before anything is decoded, as far as its codec is known and can do so.

    Args:
        name: the codec's name.
        parts: what a file holds.
        shape: of the mask.
        size: the number of its weights.

    Raises:
        DecodeError: the parts do not fit the shape.
    """
    codec = find_codec(name)
    if codec is None or codec.check is None:
        return
    try:
        codec.check(parts, shape, size)
    except MemoryError:
        raise DecodeError(f"a mask of {size} weights does not fit into memory") from None


@checked
def plan_mask(mask: np.ndarray | LazyArray, codec: str = "auto") -> dict[str, MaskPlan]:
    """Plan how a mask may be stored, before anything is encoded.

    Args:
        mask: bool, any shape, True where the weight is kept. A large one that is made when it is needed is made as a
            whole only where some of its rows show a structure.
        codec: a codec's name; "auto": all codecs with random access; "smallest": all codecs.

    Returns:
        At least one plan, by the codec's name. Where the codec that is asked for cannot hold a full or an empty mask,
        the plan is that of "full" or "empty".

    Raises:
        ArgumentError: there is no such codec, or it cannot hold this mask.
    """
    check_codec(codec)
    if mask.dtype != bool:
        raise ArgumentError(f"Argument 'mask' must be a bool array, not {mask.dtype}.")
    if isinstance(mask, LazyArray):
        plans = _plan_lazily(mask, codec) if mask.size > MANY or codec == "bitmap" else {}
        return plans or plan_mask(np.asarray(mask), codec)
    if codec in CHOICES:
        return _plan_choices(
            mask, {name: known for name, known in CODECS.items() if codec == "smallest" or known.random_access}
        )
    plans = _plans(mask, {codec: codec_of_file(codec)}) or _plans(mask, {n: CODECS[n] for n in ("full", "empty")})
    if not plans:
        other, parts = encode_mask(mask, "auto")
        bits = 8 * stored_bytes(parts) / mask.size
        raise ArgumentError(
            f"The mask codec '{codec}' cannot hold this mask; 'auto' takes '{other}' and {bits:.3f} bits a weight."
        )
    return plans


def _plan_lazily(mask: LazyArray, codec: str) -> dict[str, MaskPlan]:
    """Plan a mask that is made when it is needed by the codecs that can read it so; empty where others may do better.

    Rows from its beginning, its middle and its end tell: none of them may take less by another codec.
    """
    codecs = {name: known for name, known in CODECS.items() if known.plans_lazily and codec in (name, *CHOICES)}
    best = set()
    for some in _samples(mask) if codec in CHOICES else ():
        sizes = {name: plan.least_bytes for name, plan in plan_mask(some, codec).items()}
        least = min((name for name in codecs if name in sizes), key=lambda name: sizes[name], default=None)
        if least is None or sizes[least] * WORTH > min(sizes.values()):
            return {}
        best.add(least)
    plans = _plans(mask, codecs)
    return plans if best <= plans.keys() else {}


def _samples(mask: LazyArray) -> list[np.ndarray]:
    """Return rows from the beginning, the middle and the end of a large mask."""
    rows = len(mask)
    count = min(rows, -(-SAMPLE * rows // mask.size))
    return [mask[first : first + count] for first in sorted({0, (rows - count) // 2, rows - count})]


def _plan_choices(mask: np.ndarray, codecs: dict[str, MaskCodec]) -> dict[str, MaskPlan]:
    """Plan a mask by those of some codecs, among them "bitmap", whose planning is worth its time."""
    if mask.size and mask.all():
        return _plans(mask, {"full": CODECS["full"]})  # stores nothing
    quick = _plans(mask, {name: codec for name, codec in codecs.items() if codec.is_worth_planning is None})
    least = min(plan.least_bytes for plan in quick.values())
    others = {n: c for n, c in codecs.items() if c.is_worth_planning is not None and c.is_worth_planning(mask, least)}
    plans = quick | _plans(mask, others)
    return {name: plans[name] for name in codecs if name in plans}


def _plans(mask: np.ndarray | LazyArray, codecs: dict[str, MaskCodec]) -> dict[str, MaskPlan]:
    return {name: plan for name, codec in codecs.items() if (plan := codec.plan(mask)) is not None}


@checked
def encode_mask(mask: np.ndarray, codec: str = "auto", jobs: int = 1, effort: str = "normal") -> tuple[str, Parts]:
    """Encode a mask.

    Args:
        mask: bool, any shape, True where the weight is kept.
        codec: a codec's name; "auto": the codec that stores least among those with random access; "smallest": among
            all.
        jobs: threads, for codecs that can use several.
        effort: as for `xoropt.encode`, for codecs that use a network.

    Returns:
        The codec's name and the parts to store, uint8 arrays by name.

    Raises:
        ArgumentError: there is no such codec, or it cannot hold this mask.
    """
    return encode_planned(plan_mask(mask, codec), jobs, effort)


def encode_planned(plans: dict[str, MaskPlan], jobs: int = 1, effort: str = "normal") -> tuple[str, Parts]:
    """Encode a mask by the codec that stores least; of equals, by the one that stands first.

    A codec whose lower bound shows that it cannot win is not run.

    Args:
        plans: what `plan_mask` returned.
        jobs: threads, for codecs that can use several.
        effort: as for `xoropt.encode`, for codecs that use a network.

    Returns:
        The codec's name and the parts to store, uint8 arrays by name.
    """
    best: tuple[int, int, str, Parts] | None = None
    for least, place, name in sorted((plan.least_bytes, i, name) for i, (name, plan) in enumerate(plans.items())):
        if best is not None and (least, place) > best[:2]:
            break  # neither this codec nor any after it can win
        parts = plans[name].encode(jobs, effort)
        encoded = stored_bytes(parts), place, name, parts
        if best is None or encoded[:2] < best[:2]:
            best = encoded
    assert best is not None
    return best[2:]


@checked
def decode_mask(codec: str, parts: Parts, shape: tuple[int, ...], size: int, rows: slice | None = None) -> np.ndarray:
    """Decode a mask.

    Args:
        codec: the codec's name.
        parts: what `encode_mask` returned.
        shape: of the mask.
        size: the number of its weights.
        rows: a range of the first axis; None: all rows.

    Returns:
        The mask, or these rows of it, bool.

    Raises:
        ArgumentError: the rows are out of range.
        DecodeError: there is no such codec, or the parts do not fit the shape.
    """
    if size != math.prod(shape):
        raise ArgumentError(f"Argument 'size' must be {math.prod(shape)} for the shape {shape}, not {size}.")
    first, stop, part = weights_range(shape, rows)
    return codec_of_file(codec).decode(parts, shape, size, first, stop).reshape(part)
