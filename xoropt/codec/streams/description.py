"""The description of a stream encoding in a file, read back: from an entry and its arrays to the fields.

An entry leaves out what most streams have in common: the patches where there are none, and the solver where it is
`burst` and all patches are proved minimal. Where all planes are rings of the same size, `slack`, the seed bits that a
ring has beyond its care bits, stands for the table of segments.
"""

import math
from typing import Any

import numpy as np

from xoropt.codec.encoding import network_of
from xoropt.codec.streams.order import StreamOrder, order_from_recipe
from xoropt.codec.streams.patches import split_stream_patches
from xoropt.codec.streams.segments import Layout, split_layouts
from xoropt.common.description_checks import get, non_negative_int, take
from xoropt.common.errors import ArgumentError, FormatError

__all__ = ["count_segments", "parse_stream_entry", "ring_slack"]


def count_segments(layouts: tuple[Layout, ...], planes: int) -> int:
    """Count the segments over all planes."""
    return sum(len(layouts[p if len(layouts) > 1 else 0].rows) for p in range(planes))


def ring_slack(layouts: tuple[Layout, ...], order: StreamOrder, care_bits: int, planes: int) -> int | None:
    """Return the slack where each plane is one ring and all are of the same size; None elsewhere."""
    if not order.closed or len(layouts) != 1 or len(layouts[0].rows) != 1:
        return None
    return int(layouts[0].seed_bits[0]) - -(-care_bits // max(1, planes))


def parse_stream_entry(
    entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int
) -> dict[str, Any]:
    """Parse what `StreamEncoded.describe` returned.

    Args:
        entry: the entry of the JSON description.
        parts: the arrays by part.
        shape: the shape of one plane.
        planes: how many planes the tensor has.

    Returns:
        The fields of the `StreamEncoded` by name.

    Raises:
        FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
    """
    network = network_of(entry)
    try:
        order = order_from_recipe(get(entry, "order", str))
    except ArgumentError:
        raise FormatError(f"its order '{entry['order'][:80]}' is not known to this version") from None
    table = take(parts, "segments", np.dtype(np.uint8), None) if "segments" in parts else np.zeros(0, np.uint8)
    care = non_negative_int(entry.get("care"), "care")
    if "slack" in entry:
        spare = get(entry, "slack", int)
        length = non_negative_int(-(-care // max(1, planes)) + spare, "slack")
        described = [[-(-math.prod(shape) // order.lanes), length]]
    else:
        described = get(entry, "segments", list)
    if len(described) not in (1, planes) or not all(type(d) is list and len(d) in (2, 3) for d in described):
        raise FormatError("the description lacks a valid 'segments'")
    layouts = split_layouts([[non_negative_int(v, "segments") for v in d] for d in described], table)
    patch = entry.get("patches", {"counts": [0] * planes, "bytes": [0] * planes})
    counts = [non_negative_int(v, "counts") for v in get(patch, "counts", list)]
    sizes = [non_negative_int(v, "bytes") for v in get(patch, "bytes", list)]
    seeds = take(parts, "seeds", np.dtype(np.uint8), None)
    octets = [-(-layouts[p if len(layouts) > 1 else 0].total // 8) for p in range(planes)]
    if seeds.shape != (sum(octets),):
        raise FormatError(f"its seeds must be {sum(octets)} bytes")
    return {
        "network": network,
        "order": order.recipe,
        "shape": shape,
        "planes": planes,
        "layouts": layouts,
        "seeds": tuple(np.split(seeds, np.cumsum(octets[:-1])) if octets else ()),
        "patches": split_stream_patches(counts, sizes, take(parts, "patches", np.dtype(np.uint8), None)),
        "care_bits": care,
        "solver": str(entry.get("solver", "burst")),
        "proved_blocks": non_negative_int(entry.get("proved", count_segments(layouts, planes)), "proved"),
    }
