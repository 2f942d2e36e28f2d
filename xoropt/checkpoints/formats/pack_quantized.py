"""compressed-tensors' pack-quantized: codes of 1 to 8 bits in words of 32.

NAME.weight_packed (int32, codes offset by 2^(bits − 1), the first in the lowest bits), NAME.weight_scale and
NAME.weight_shape; perhaps NAME.weight_zero_point, packed along the rows, and NAME.weight_g_idx, the group of each
column. Up to May 2026 words hold whole codes and padding, since then codes without gaps; they differ for 3, 5, 6 and 7
bits, and the width of the words tells.

Sources: `compressors/quantized_compressors/pack_quantized.py` of compressed-tensors 0.11 and
`compressors/pack_quantized/` of 0.20.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xoropt.checkpoints.formats.codes import unpacked_codes
from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Logical, Packed, Places, same_rows
from xoropt.checkpoints.formats.names import bundles, present, shape_in, weights_of
from xoropt.checkpoints.formats.scales import check_groups, dequantize
from xoropt.checkpoints.formats.words import Packing, pack_words, packings_of, unpack_words
from xoropt.common.errors import FormatError
from xoropt.common.lazy_arrays import LazyArray

__all__ = ["PACK_QUANTIZED"]


def _find(places: Places, config: Config) -> list[Packed]:
    found = []
    for head, names in bundles(places, "weight_packed", "weight_shape", "weight_scale"):
        zeros, groups = f"{head}weight_zero_point", f"{head}weight_g_idx"
        packs_zeros = zeros in places and places[zeros].dtype == "I32" and len(places[zeros].shape) > 1
        if f"{head}weight" not in places and places[names[0]].dtype == "I32":
            members = (*names[:2], zeros) if packs_zeros else names[:2]
            beside = (names[2], *present(places, groups), *(() if packs_zeros else present(places, zeros)))
            bits = [weights["num_bits"] for weights in weights_of(config) if type(weights.get("num_bits")) is int]
            found.append(Packed("pack-quantized", f"{head}weight", members, beside, {"bits": bits}))
    return found


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, Logical]:
    words, held = (arrays[name] for name in packed.members[:2])
    shape = shape_in(arrays, packed.members[1])
    if len(shape) < 2 or words.shape[:-1] != shape[:-1]:
        raise FormatError(f"'{packed.members[0]}' has the shape {list(words.shape)}, and its weight {list(shape)}")
    way = _packing(words, shape[-1], packed.parameters["bits"])
    if way is None:
        bits = " or ".join(map(str, packed.parameters["bits"])) or "1 to 8"
        raise FormatError(
            f"'{packed.members[0]}' has {words.shape[-1]} words a row, which {shape[-1]} codes of {bits}"
            " bits do not take"
        )
    scales = arrays[packed.beside[0]]
    for name in packed.beside[1:]:
        if name.endswith("weight_g_idx") and not (arrays[name] == -1).all():
            check_groups(arrays[name], scales.shape[-1] if scales.ndim else 1, shape[-1])
    half = 1 << (way.bits - 1)
    lines = words.reshape(math.prod(words.shape[:-1]), words.shape[-1])

    def rows(first: int, stop: int) -> np.ndarray:
        return unpack_words(lines[first:stop], way, shape[-1], half).view(np.int8)

    logical: dict[str, np.ndarray | LazyArray] = {packed.logical: unpacked_codes(rows, shape, np.int8, way.bits)}
    parameters: dict[str, Any] = {"bits": way.bits, "padded": way.padded, "shape": [held.dtype.name, held.ndim]}
    if len(packed.members) == 3:
        zeros = arrays[packed.members[2]]
        along = Packing(way.bits, way.padded)
        if (
            zeros.ndim != len(shape)
            or along.words(shape[-2]) != zeros.shape[-2]
            or zeros.shape[-1:] != scales.shape[-1:]
        ):
            raise FormatError(f"'{packed.members[2]}' has the shape {list(zeros.shape)}, and its weight {list(shape)}")
        turned = unpack_words(np.swapaxes(zeros, -1, -2), along, shape[-2], half)
        logical[packed.members[2]] = np.ascontiguousarray(np.swapaxes(turned, -1, -2)).view(np.int8)
    return replace(packed, parameters=parameters, parts=tuple(logical)), logical


def _packing(words: np.ndarray, codes: int, said: list[int]) -> Packing | None:
    """Return how codes lie in words: as the configuration says, or by the width and the bits that are never used."""
    ways = packings_of(codes, words.shape[-1])
    ways = [way for way in ways if way.bits in said] if said else ways
    if len(ways) > 1:
        used = int(np.bitwise_or.reduce(words, axis=None)) & 0xFFFFFFFF
        ways = [way for way in ways if not way.padded or not used >> (way.bits * way.per_word)] or ways
        ways.sort(key=lambda way: not way.padded)  # unused bits are no accident
    return ways[0] if ways else None


def _pack(packed: Packed, logical: Mapping[str, Any]) -> dict[str, np.ndarray]:
    codes, said = logical[packed.logical], packed.parameters
    way, half = Packing(said["bits"], said["padded"]), 1 << (said["bits"] - 1)
    dtype, ndim = said["shape"]
    shape = np.array(codes.shape, dtype=dtype).reshape(-1, *(1,) * (ndim - 1))
    made = [pack_words(codes.view(np.uint8), way, half), shape]
    if len(packed.members) == 3:
        zeros = np.ascontiguousarray(np.swapaxes(logical[packed.members[2]].view(np.uint8), -1, -2))
        made.append(np.ascontiguousarray(np.swapaxes(pack_words(zeros, way, half), -1, -2)))
    return dict(zip(packed.members, made, strict=True))


def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    codes, scales = logical[packed.logical], others[packed.beside[0]]
    zeros = logical[packed.members[2]] if len(packed.members) == 3 else None
    groups = None
    for name in packed.beside[1:]:
        if name.endswith("weight_g_idx"):
            groups = None if (others[name] == -1).all() else others[name]
        else:
            zeros = others[name]
    if codes.ndim > 2:
        parts = [
            dequantize(codes[i], scales[i], None if zeros is None else zeros[i], groups) for i in range(len(codes))
        ]
        return {packed.logical: np.stack(parts)}
    return {packed.logical: dequantize(codes, scales, zeros, groups)}


PACK_QUANTIZED = Format(
    "pack-quantized", "compressed-tensors", _find, _unpack, _pack, _plain, same_rows(0), by_rows=True
)
