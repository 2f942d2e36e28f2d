"""The mask codecs by name: those of this package, those registered, and those of installed packages."""

from functools import cache
from importlib import metadata

from xoropt.common.errors import ArgumentError
from xoropt.masks import bitmap, blocks, empty, entropy, full, gap_coded, low_rank, n_of_m, prefix
from xoropt.masks.mask_codec import MaskCodec

__all__ = ["CODECS", "ENTRY_POINTS", "find", "register"]

CODECS: dict[str, MaskCodec] = {
    "bitmap": bitmap.CODEC,
    "full": full.CODEC,
    "empty": empty.CODEC,
    "blocks": blocks.CODEC,
    "n_of_m": n_of_m.CODEC,
    "positions": gap_coded.CODEC,
    "prefix": prefix.CODEC,
    "low_rank": low_rank.CODEC,
    "entropy": entropy.CODEC,
}
"""By name, as files and arguments call them."""

ENTRY_POINTS = "xoropt.masks"
"""The group of entry points by which an installed package offers codecs, each a `MaskCodec`."""


def register(name: str, codec: MaskCodec) -> None:
    """Add a codec; `encode_mask` then takes it by name, and among the codecs that "auto" and "smallest" choose from.

    Raises:
        ArgumentError: the name is taken.
    """
    if name in CODECS:
        raise ArgumentError(f"Argument 'name' must be new; the mask codec '{name}' exists already.")
    CODECS[name] = codec


@cache
def _installed() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}


def find(name: str) -> MaskCodec | None:
    """The codec of that name, loaded from an installed package if need be; None when there is none.

    Codecs of installed packages are taken by name alone, so that what "auto" stores does not depend on what else is
    installed.
    """
    if name in CODECS:
        return CODECS[name]
    entry = _installed().get(name)
    return None if entry is None else entry.load()
