"""The mask codecs by name: those of this package, those registered, and those of installed packages."""

from functools import cache
from importlib import metadata

from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.masks import (
    bitmap,
    blocks,
    deltas,
    empty,
    entropy,
    exceptions,
    full,
    gap_coded,
    low_rank,
    n_of_m,
    prefix,
    spans,
    within,
)
from xoropt.masks.mask_codec import MaskCodec

__all__ = ["CODECS", "ENTRY_POINTS", "codec_names", "find_codec", "register"]

CODECS: dict[str, MaskCodec] = {
    "bitmap": bitmap.CODEC,
    "full": full.CODEC,
    "empty": empty.CODEC,
    "blocks": blocks.CODEC,
    "n_of_m": n_of_m.CODEC,
    "spans": spans.CODEC,
    "positions": gap_coded.CODEC,
    "exceptions": exceptions.codec_over(lambda: CODECS),
    "within": within.codec_over(lambda: CODECS),
    "prefix": prefix.CODEC,
    "deltas": deltas.CODEC,
    "low_rank": low_rank.CODEC,
    "entropy": entropy.CODEC,
}
"""The codecs of this package and those registered, by the name that files and arguments use."""

ENTRY_POINTS = "xoropt.masks"
"""The group of entry points through which an installed package offers codecs, each of them a `MaskCodec`."""


@checked
def register(name: str, codec: MaskCodec) -> None:
    """Add a codec.

    `encode_mask` then takes it by name, and "auto" and "smallest" choose among it and the others.

    Args:
        name: a new name.
        codec: the codec.

    Raises:
        ArgumentError: the name is taken.
    """
    if name in CODECS:
        raise ArgumentError(f"Argument 'name' must be new; the mask codec '{name}' exists already.")
    CODECS[name] = codec


@cache
def _installed() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}


def codec_names() -> list[str]:
    """Return the names of all codecs: those of `CODECS` in their order, then those of installed packages."""
    return [*CODECS, *(name for name in sorted(_installed()) if name not in CODECS)]


def find_codec(name: str) -> MaskCodec | None:
    """Find the codec of a name; None where there is none.

    A codec of an installed package is loaded on use. Such codecs are taken by name alone, so that what "auto" stores
    does not depend on what else is installed.

    Raises:
        ArgumentError: the installed package offers something that is no codec.
    """
    if name in CODECS:
        return CODECS[name]
    if name not in _installed():
        return None
    codec = _installed()[name].load()
    if not isinstance(codec, MaskCodec):
        raise ArgumentError(
            f"The entry point '{name}' of group '{ENTRY_POINTS}' must be an xoropt.masks.MaskCodec, "
            f"not {type(codec).__name__}."
        )
    return codec
