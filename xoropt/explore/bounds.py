"""Bounds on what larger samples may show, from a small one."""

from collections.abc import Sequence

from xoropt.codec import Encoding
from xoropt.codec.streams.encoder import SEGMENT

__all__ = ["bounds"]

PATCH_BITS = 14
"""The assumed bits of a patch, where there is none to measure."""


def bounds(encodings: Sequence[Encoding], stored: int, care_bits: int) -> tuple[float, float]:
    """Return the least and the greatest E that a larger sample may show.

    Patches are few and random, so 1.5 times the square root of their number is allowed in both directions. A ring buys
    seed bits instead of patches; for it the patches that its overhead would pay for are counted. Open streams and
    blocks win back what their ends cost. A ring's segment grows with the sample up to `SEGMENT` care bits, and so does
    the unevenness of its own care bits, 1.25·√(care bits · S). A window absorbs 0.45 times its length of that; the rest
    costs 1.5 bits each.

    Args:
        encodings: the encodings of the sample's layers.
        stored: their bits, seeds and patches.
        care_bits: their care bits.
    """
    patches = sum(encoded.size.patches for encoded in encodings)
    a_patch = sum(encoded.size.patch_bits for encoded in encodings) / patches if patches else PATCH_BITS
    lost, drift = sum(encoded.end_bits for encoded in encodings), 0.0
    first = encodings[0]
    if first.stream_order.closed:
        patches = max(patches, round((stored - care_bits) / a_patch))
        outputs = sum(len(encoded.seeds) * encoded.outputs for encoded in encodings)
        if max(encoded.care_bits // max(1, len(encoded.seeds)) for encoded in encodings) < 0.9 * SEGMENT:
            unevenness = 1.25 * (SEGMENT * (1 - care_bits / outputs)) ** 0.5
            drift = 1.5 * max(0.0, unevenness - 0.45 * first.network.window) / SEGMENT
    error = 1.5 * (max(0, patches) + 1) ** 0.5 * a_patch / stored
    return care_bits / stored * (1 - error - drift), care_bits / max(1, stored - lost) * (1 + error)
