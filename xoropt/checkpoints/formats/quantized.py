"""compressed-tensors' int-quantized, naive-quantized and float-quantized: codes as they are, with scales.

NAME.weight (int8, or a float of 8 bits), NAME.weight_scale, perhaps NAME.weight_zero_point and NAME.weight_g_idx. The
three differ in their names alone. Nothing has to be unpacked; the coder sees codes of few values.

Source: `compressors/quantized_compressors/naive_quantized.py` of compressed-tensors 0.11.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Packed, Places, same_rows
from xoropt.checkpoints.formats.names import bundles, format_of_config, present, weights_of
from xoropt.checkpoints.formats.scales import block_of, check_groups, dequantize

__all__ = ["FLOAT_QUANTIZED", "INT_QUANTIZED", "NAIVE_QUANTIZED"]

_NAMES = ("int-quantized", "naive-quantized", "float-quantized")
_FLOATS = ("F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ")


def _find(format: str, places: Places, config: Config) -> list[Packed]:
    found = []
    for head, (weight, scale) in bundles(places, "weight", "weight_scale"):
        dtype = places[weight].dtype
        if dtype != "I8" and dtype not in _FLOATS:
            continue
        said = format_of_config(config)
        if format == (said if said in _NAMES else "int-quantized" if dtype == "I8" else "float-quantized"):
            beside = (scale, *present(places, f"{head}weight_zero_point", f"{head}weight_g_idx"))
            blocks = [block for weights in weights_of(config) if (block := block_of(weights))]
            block = blocks[0] if blocks and blocks.count(blocks[0]) == len(blocks) else []
            found.append(Packed(format, weight, (weight,), beside, {"block": block}))
    return found


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, dict[str, np.ndarray]]:
    codes, scales = arrays[packed.logical], arrays[packed.beside[0]]
    for name in packed.beside[1:]:
        if name.endswith("g_idx") and not (arrays[name] == -1).all():
            check_groups(arrays[name], scales.shape[-1] if scales.ndim else 1, codes.shape[-1] if codes.ndim else 1)
    return replace(packed, parts=packed.members), {packed.logical: codes}


def _pack(packed: Packed, logical: Arrays) -> dict[str, np.ndarray]:
    return {packed.logical: logical[packed.logical]}


def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    zeros = groups = None
    for name in packed.beside[1:]:
        if not name.endswith("g_idx"):
            zeros = others[name]
        elif not (others[name] == -1).all():
            groups = others[name]
    codes, scales = logical[packed.logical], others[packed.beside[0]]
    return {packed.logical: dequantize(codes, scales, zeros, groups, packed.parameters["block"])}


INT_QUANTIZED, NAIVE_QUANTIZED, FLOAT_QUANTIZED = (
    Format(name, "compressed-tensors", partial(_find, name), _unpack, _pack, _plain, same_rows(0)) for name in _NAMES
)
