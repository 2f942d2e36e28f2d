"""Masks stored inside others: which codecs can be, and how their parts are kept.

A codec that builds on another one stores its name, a byte with the number of letters and the letters, and then its part
`mask`. Only codecs whose masks are that part alone are allowed: those with a structure, which say so by `near`.
"""

from collections.abc import Callable

import numpy as np

from xoropt.common.errors import DecodeError
from xoropt.masks.mask_codec import MaskCodec, Parts

__all__ = ["Codecs", "head_of", "split_head"]

Codecs = Callable[[], dict[str, MaskCodec]]
"""Gives all codecs by name. The registry holds those that build on it, so they look it up when they are used."""


def head_of(name: str) -> np.ndarray:
    """Return the bytes that name a codec, uint8."""
    letters = name.encode("ascii")
    return np.frombuffer(bytes([len(letters)]) + letters, dtype=np.uint8)


def split_head(parts: Parts, codecs: Codecs) -> tuple[MaskCodec, np.ndarray]:
    """Read the codec that is named at the beginning of the part `mask`.

    Returns:
        The codec, and what follows its name.

    Raises:
        DecodeError: there is none of that name, or it has no structure.
    """
    data = parts.get("mask", np.zeros(0, np.uint8))
    letters = int(data[0]) if len(data) else 0
    name = data[1 : 1 + letters].tobytes().decode("ascii", "replace")
    codec = codecs().get(name)
    if not letters or codec is None or codec.near is None:
        raise DecodeError(f"the mask names no codec with a structure but {name[:40]!r}")
    return codec, data[1 + letters :]
