"""Encodings as what a file holds: an entry of its JSON description, and plain arrays by part.

What most streams have in common is left out of the entry: patches where there are none, a solver `burst` whose patches
are all proved to be the fewest, and the one ring that all planes share, of which `slack` says by how many seed bits it
is longer than a plane's care bits.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from xoropt.codec.blocks.patches import join_patches, split_patches
from xoropt.codec.checks import check, checked
from xoropt.codec.encoding import BlockEncoded, StreamEncoded
from xoropt.codec.packed.encoding import PACKED, PackedValues
from xoropt.codec.streams.order import order_from_recipe
from xoropt.codec.streams.patches import join_stream_patches, split_stream_patches
from xoropt.codec.streams.segments import Layout, join_layouts, split_layouts
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.common.fields import get, non_negative_int, take
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["describe", "restore"]


def describe(encoded: BlockEncoded | StreamEncoded | PackedValues) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The entry and the arrays, by part: `seeds`, and `patches` and `segments` (of planes that have several) if any.

    Raises:
        DecodeError: the parts do not fit together.
    """
    if isinstance(encoded, PackedValues):
        entry = {"network": PACKED.recipe, "planes": len(encoded.seeds), "care": encoded.care_bits}
        return entry, {"seeds": encoded.seeds}
    checked(encoded)  # what could not be read is not written
    entry = {
        "network": encoded.network.recipe,
        "order": encoded.order,
        "planes": len(encoded.seeds),
        "care": encoded.care_bits,
        "solver": encoded.solver,
        "proved": encoded.proved_blocks,
    }
    parts: dict[str, np.ndarray] = {}
    if isinstance(encoded, StreamEncoded):
        if encoded.solver == "burst" and encoded.proved_blocks == _rings(encoded.layouts, len(encoded.seeds)):
            del entry["solver"], entry["proved"]
        if (slack := _slack(encoded)) is None:
            entry["segments"], parts["segments"] = join_layouts(encoded.layouts)
        else:
            entry["slack"] = slack
        if encoded.patches.count:
            entry["patches"], parts["patches"] = join_stream_patches(encoded.patches)
        parts["seeds"] = np.concatenate([np.zeros(0, np.uint8), *encoded.seeds])
    else:
        entry["patches"], parts["patches"] = join_patches(encoded.patches)
        parts["seeds"] = encoded.seeds
    return entry, {part: array for part, array in parts.items() if array.nbytes or part == "seeds"}


def _rings(layouts: tuple[Layout, ...], planes: int) -> int:
    """Segments over all planes."""
    return sum(len(layouts[p if len(layouts) > 1 else 0].rows) for p in range(planes))


def _slack(encoded: StreamEncoded) -> int | None:
    """Seed bits beyond a plane's care bits where one ring holds the whole of every plane; None elsewhere."""
    if not encoded.stream_order.closed or len(encoded.layouts) != 1 or len(encoded.layouts[0].rows) != 1:
        return None
    return int(encoded.layouts[0].seed_bits[0]) - -(-encoded.care_bits // max(1, len(encoded.seeds)))


def restore(
    entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int
) -> BlockEncoded | StreamEncoded | PackedValues:
    """The encoding of an entry and its parts; everything that a decoder relies on is checked here.

    Raises:
        FormatError, ArgumentError, DecodeError: the entry is not valid, or the parts do not fit it.
    """
    parts = {"patches": np.zeros(0, dtype=np.uint8)} | parts
    if entry.get("network") == PACKED.recipe:
        kept = non_negative_int(entry.get("care"), "care") // max(1, planes)
        return PackedValues(shape, kept, take(parts, "seeds", np.dtype(np.uint8), (planes, -(-kept // 8))))
    network = _network(get(entry, "network", str))
    kind = _restore_stream if "segments" in entry or "slack" in entry else _restore_blocks
    encoded = kind(entry, parts, network, shape, planes)
    check(encoded)
    return encoded


@lru_cache(maxsize=16)
def _network(recipe: str) -> XorNetwork:
    """Tensors and their masks share a few networks, which take milliseconds to draw."""
    return from_recipe(recipe)


def _restore_blocks(
    entry: dict[str, Any], held: dict[str, np.ndarray], network: XorNetwork, shape: tuple[int, ...], planes: int
) -> BlockEncoded:
    """The planes of a block network."""
    if get(entry, "order", str) != "rows":
        raise FormatError(f"its order '{entry['order'][:80]}' is not known to this version")
    blocks = -(-math.prod(shape) // network.n_out)
    seeds = take(held, "seeds", np.dtype(np.uint8), (planes, -(-blocks * network.n_in // 8)))
    patch = get(entry, "patches", dict)
    widths = patch.get("widths")
    if widths is not None:
        widths = [non_negative_int(w, "widths", 64) for w in get(patch, "widths", list)]
    patches = split_patches(
        non_negative_int(patch.get("group"), "group"),
        non_negative_int(patch.get("count"), "count"),
        widths,
        take(held, "patches", np.dtype(np.uint8), None),
        planes,
        blocks,
        network.n_out,
    )
    return BlockEncoded(
        network=network,
        order="rows",
        shape=shape,
        planes=planes,
        seeds=seeds,
        patches=patches,
        care_bits=non_negative_int(entry.get("care"), "care"),
        solver=str(entry.get("solver", "")),
        proved_blocks=non_negative_int(entry.get("proved", 0), "proved"),
    )


def _restore_stream(
    entry: dict[str, Any], held: dict[str, np.ndarray], network: XorNetwork, shape: tuple[int, ...], planes: int
) -> StreamEncoded:
    """The planes of a windowed network."""
    try:
        order = order_from_recipe(get(entry, "order", str))
    except ArgumentError:
        raise FormatError(f"its order '{entry['order'][:80]}' is not known to this version") from None
    table = take(held, "segments", np.dtype(np.uint8), None) if "segments" in held else np.zeros(0, np.uint8)
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
    seeds = take(held, "seeds", np.dtype(np.uint8), None)
    octets = [-(-layouts[p if len(layouts) > 1 else 0].total // 8) for p in range(planes)]
    if seeds.shape != (sum(octets),):
        raise FormatError(f"its seeds must be {sum(octets)} bytes")
    return StreamEncoded(
        network=network,
        order=order.recipe,
        shape=shape,
        planes=planes,
        layouts=layouts,
        seeds=tuple(np.split(seeds, np.cumsum(octets[:-1])) if octets else ()),
        patches=split_stream_patches(counts, sizes, take(held, "patches", np.dtype(np.uint8), None)),
        care_bits=care,
        solver=str(entry.get("solver", "burst")),
        proved_blocks=non_negative_int(entry.get("proved", _rings(layouts, planes)), "proved"),
    )
