"""The description of a block encoding in a file, read back: from an entry and its arrays to the fields."""

import math
from typing import Any

import numpy as np

from xoropt.codec.blocks.patches import split_patches
from xoropt.codec.encoding import network_of
from xoropt.common.description_checks import get, non_negative_int, take
from xoropt.common.errors import FormatError

__all__ = ["parse_block_entry"]


def parse_block_entry(
    entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int
) -> dict[str, Any]:
    """Parse what `BlockEncoded.describe` returned.

    Args:
        entry: the entry of the JSON description.
        parts: the arrays by part.
        shape: of one plane.
        planes: how many planes the tensor has.

    Returns:
        The fields of the `BlockEncoded` by name.

    Raises:
        FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
    """
    network = network_of(entry)
    if get(entry, "order", str) != "rows":
        raise FormatError(f"its order '{entry['order'][:80]}' is not known to this version")
    blocks = -(-math.prod(shape) // network.n_out)
    seeds = take(parts, "seeds", np.dtype(np.uint8), (planes, -(-blocks * network.n_in // 8)))
    patch = get(entry, "patches", dict)
    widths = patch.get("widths")
    if widths is not None:
        widths = [non_negative_int(w, "widths", 64) for w in get(patch, "widths", list)]
    patches = split_patches(
        non_negative_int(patch.get("group"), "group"),
        non_negative_int(patch.get("count"), "count"),
        widths,
        take(parts, "patches", np.dtype(np.uint8), None),
        planes,
        blocks,
        network.n_out,
    )
    return {
        "network": network,
        "order": "rows",
        "shape": shape,
        "planes": planes,
        "seeds": seeds,
        "patches": patches,
        "care_bits": non_negative_int(entry.get("care"), "care"),
        "solver": str(entry.get("solver", "")),
        "proved_blocks": non_negative_int(entry.get("proved", 0), "proved"),
    }
