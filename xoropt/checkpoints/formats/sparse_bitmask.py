"""compressed-tensors' sparse-bitmask and sparse-24-bitmask: kept numbers and a bitmap, written until March 2026.

NAME.shape (int64), NAME.compressed (the kept numbers in the order of rows) and NAME.bitmask (uint8, eight columns a
byte, the first in the lowest bit). Without a structure NAME.row_offsets (int64) says which kept number begins each row;
2:4 has two of four columns kept, which may be zero themselves, and needs none. NAME is the weight's name in the
releases up to 0.8, and the module's from 0.9 on.

Source: `compressors/sparse_compressors/` of compressed-tensors 0.11.
"""

from dataclasses import replace

import numpy as np

from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Packed, Places, same_rows
from xoropt.checkpoints.formats.fills import choose_fill, join_kept, kept_of, patterns
from xoropt.checkpoints.formats.names import bundles, shape_in, weight_name
from xoropt.common.errors import FormatError

__all__ = ["SPARSE_24_BITMASK", "SPARSE_BITMASK"]

WRITER = "compressed-tensors, up to March 2026"
MASK = ".mask"
"""The end of the mask's name where no pattern is left for pruned weights, and it is stored apart."""


def _find_any(places: Places, config: Config) -> list[Packed]:
    return [
        Packed("sparse-bitmask", weight_name(head), names)
        for head, names in bundles(places, ".compressed", ".bitmask", ".shape", ".row_offsets")
        if weight_name(head) not in places
    ]


def _find_24(places: Places, config: Config) -> list[Packed]:
    return [
        Packed("sparse-24-bitmask", weight_name(head), names)
        for head, names in bundles(places, ".compressed", ".bitmask", ".shape")
        if weight_name(head) not in places and f"{head}.row_offsets" not in places
    ]


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, dict[str, np.ndarray]]:
    kept, bitmask = (arrays[name] for name in packed.members[:2])
    shape = shape_in(arrays, packed.members[2])
    if bitmask.dtype != np.uint8 or bitmask.shape != (*shape[:-1], -(-shape[-1] // 8)):
        raise FormatError(f"'{packed.members[1]}' is no bitmap of the shape {list(shape)}")
    mask = np.unpackbits(bitmask, axis=-1, count=shape[-1], bitorder="little").view(bool)
    parameters = {"shape": [arrays[packed.members[2]].dtype.name, arrays[packed.members[2]].ndim]}
    if packed.format == "sparse-bitmask":
        offsets = arrays[packed.members[3]]
        found = _row_offsets(mask)
        if offsets.shape != found.shape or not (offsets == found).all():
            raise FormatError(f"'{packed.members[3]}' contradicts '{packed.members[1]}'")
        parameters["row_offsets"] = [offsets.dtype.name]
    elif kept.ndim != 2 or len(shape) != 2 or kept.shape != (shape[0], shape[1] // 2):
        raise FormatError(f"'{packed.members[0]}' does not hold half of the shape {list(shape)}")
    fill = choose_fill(patterns(kept))
    parameters["fill"] = [] if fill is None else [fill]
    logical = {packed.logical: join_kept(mask, kept, fill or 0)}
    if fill is None:
        logical[packed.logical + MASK] = mask
    return replace(packed, parameters=parameters, parts=tuple(logical)), logical


def _pack(packed: Packed, logical: Arrays) -> dict[str, np.ndarray]:
    dense, fill = logical[packed.logical], packed.parameters["fill"]
    if fill:
        mask, kept = kept_of(dense, fill[0])
    else:
        mask = logical[packed.logical + MASK]
        kept = patterns(dense)[mask].view(dense.dtype)
    name, ndim = packed.parameters["shape"]
    shape = np.array(dense.shape, dtype=name).reshape(-1, *(1,) * (ndim - 1))
    made = [kept, np.packbits(mask, axis=-1, bitorder="little"), shape]
    if packed.format == "sparse-bitmask":
        made.append(_row_offsets(mask).astype(packed.parameters["row_offsets"][0]))
    elif kept.size != dense.size // 2:
        raise FormatError(f"'{packed.logical}' does not keep half of its weights")
    else:
        made[0] = kept.reshape(dense.shape[0], -1)
    return dict(zip(packed.members, made, strict=True))


def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    dense, fill = logical[packed.logical], packed.parameters["fill"]
    if not fill or fill[0] == 0:
        return {packed.logical: dense}
    bits = patterns(dense)
    return {packed.logical: np.where(bits == bits.dtype.type(fill[0]), bits.dtype.type(0), bits).view(dense.dtype)}


def _row_offsets(mask: np.ndarray) -> np.ndarray:
    """Return the number of kept weights before each row."""
    counts = np.count_nonzero(mask, axis=-1)
    return np.asarray(np.cumsum(counts, axis=0) - counts if mask.ndim > 1 else 0, dtype=np.int64)


SPARSE_BITMASK = Format("sparse-bitmask", WRITER, _find_any, _unpack, _pack, _plain, same_rows(1))
SPARSE_24_BITMASK = Format("sparse-24-bitmask", WRITER, _find_24, _unpack, _pack, _plain, same_rows(0, 1))
