"""GPTQ: codes of 2, 3, 4 or 8 bits in words of 32 along the inputs, as AutoGPTQ and GPTQModel write them.

NAME.qweight (int32, (inputs·bits/32, outputs)), NAME.qzeros (int32, (groups, outputs·bits/32)), NAME.scales
((groups, outputs)) and NAME.g_idx (int32, the group of each input). The first code is in the lowest bits; 32 codes of 3
bits take 3 words. Zero points are stored less one, but for the `checkpoint_format` "gptq_v2".

Source: `nn_modules/qlinear/qlinear_cuda.py` of AutoGPTQ 0.7.1.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xoropt.checkpoints.formats.codes import unpacked_codes
from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Logical, Packed, Places, same_rows
from xoropt.checkpoints.formats.names import bundles, present, quantization_of
from xoropt.checkpoints.formats.scales import check_groups, dequantize
from xoropt.checkpoints.formats.words import Packing, pack_words, unpack_words
from xoropt.common.errors import FormatError

__all__ = ["GPTQ"]

OUTPUTS = 256
"""Outputs whose words are turned round at once."""

_BITS = (2, 3, 4, 8)


def _find(places: Places, config: Config) -> list[Packed]:
    said = quantization_of(config)
    found = []
    for head, (qweight, qzeros, scales) in bundles(places, "qweight", "qzeros", "scales"):
        groups = present(places, f"{head}g_idx")
        if said.get("quant_method", "gptq") != "gptq" or not (groups or "quant_method" in said):
            continue  # AWQ's tensors have the same names, and codes in another order
        if f"{head}weight" not in places and places[qweight].dtype == places[qzeros].dtype == "I32":
            bits = said.get("bits")
            parameters = {
                "bits": bits if bits in _BITS else 0,
                "less": 0 if said.get("checkpoint_format") == "gptq_v2" else 1,
            }
            found.append(Packed("gptq", f"{head}weight", (qweight, qzeros), (scales, *groups), parameters))
    return found


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, Logical]:
    words, zero_words = (arrays[name] for name in packed.members)
    scales, *groups = (arrays[name] for name in packed.beside)
    if words.ndim != 2 or zero_words.ndim != 2 or scales.ndim != 2 or not scales.size or not words.size:
        raise FormatError(
            f"'{packed.members[0]}', '{packed.members[1]}' and '{packed.beside[0]}' are not three matrices"
        )
    bits, outputs = packed.parameters["bits"], words.shape[1]
    if groups:
        inputs = groups[0].size
        found = [b for b in _BITS if b * inputs == 32 * len(words)]
        if not found or groups[0].ndim != 1:
            raise FormatError(
                f"{len(words)} words of '{packed.members[0]}' for {inputs} inputs are not 2, 3, 4 or 8 bits"
            )
        bits = found[0]
        check_groups(groups[0], len(scales), inputs)
    elif not bits or 32 * len(words) % bits:
        raise FormatError(f"nothing says how many bits the codes of '{packed.members[0]}' have")
    else:
        inputs = 32 * len(words) // bits
    if scales.shape[1] != outputs or zero_words.shape != (len(scales), -(-outputs * bits // 32)):
        raise FormatError(
            f"'{packed.members[1]}' has the shape {list(zero_words.shape)} and '{packed.beside[0]}'"
            f" {list(scales.shape)} for {outputs} outputs and codes of {bits} bits"
        )
    way = Packing(bits)

    def rows(first: int, stop: int) -> np.ndarray:
        return unpack_words(np.ascontiguousarray(words[:, first:stop].T), way, inputs)

    codes = unpacked_codes(rows, (outputs, inputs), np.uint8, bits)
    zeros = unpack_words(zero_words, way, outputs)
    parts, parameters = (packed.logical, packed.members[1]), {**packed.parameters, "bits": bits}
    return replace(packed, parameters=parameters, parts=parts), dict(zip(parts, (codes, zeros), strict=True))


def _pack(packed: Packed, logical: Mapping[str, Any]) -> dict[str, np.ndarray]:
    way = Packing(packed.parameters["bits"])
    codes = logical[packed.logical]
    words = np.empty((way.words(codes.shape[1]), len(codes)), dtype=np.int32)
    for first in range(0, len(codes), OUTPUTS):
        words[:, first : first + OUTPUTS] = pack_words(codes[first : first + OUTPUTS], way).T
    return dict(zip(packed.members, (words, pack_words(logical[packed.members[1]], way)), strict=True))


def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    scales, *groups = (others[name] for name in packed.beside)
    codes = logical[packed.logical]
    # As AutoGPTQ does: a zero point of 0 is stored as all ones, and comes back by keeping the lower bits alone.
    zeros = logical[packed.members[1]] + np.uint8(packed.parameters["less"])
    zeros &= np.uint8((1 << packed.parameters["bits"]) - 1)
    group = groups[0] if groups else None
    return {packed.logical: dequantize(codes, scales.T, zeros.T, group)}


GPTQ = Format(
    "gptq", "AutoGPTQ, GPTQModel, transformers", _find, _unpack, _pack, _plain, columns=same_rows(0), by_rows=True
)
