"""Ternary weights packed four to a byte, as transformers writes them for BitNet b1.58.

NAME.weight (uint8, (rows/4, columns)) and NAME.weight_scale (one float). Bits 2i and 2i + 1 of byte row r hold weight
row r + i·rows/4, plus one. The layer `bitlinear` divides by the scale, `autobitlinear` multiplies with it.

Source: `integrations/bitnet.py` of transformers.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xoropt.checkpoints.formats.codes import unpacked_codes
from xoropt.checkpoints.formats.contract import Arrays, Config, Format, Logical, Packed, Places
from xoropt.checkpoints.formats.names import bundles, quantization_of
from xoropt.common.errors import FormatError

__all__ = ["BITNET"]

ROWS = 256
"""Rows of bytes handled at once: bounds the memory beside the result."""


def _find(places: Places, config: Config) -> list[Packed]:
    said = quantization_of(config)
    if said.get("quant_method", "bitnet") != "bitnet":
        return []
    multiplies = said.get("linear_class") == "autobitlinear"
    return [
        Packed("bitnet", names[0], names[:1], names[1:], {"multiplies": multiplies})
        for _, names in bundles(places, "weight", "weight_scale")
        if places[names[0]].dtype == "U8"
    ]


def _unpack(packed: Packed, arrays: Arrays) -> tuple[Packed, Logical]:
    octets, scale = arrays[packed.logical], arrays[packed.beside[0]]
    if scale.size != 1 or octets.ndim == 0:
        raise FormatError(f"'{packed.beside[0]}' has the shape {list(scale.shape)}, not one scale for ternary weights")
    lines = len(octets)
    for first in range(0, lines, ROWS):
        part = octets[first : first + ROWS]
        if (part & (part >> 1) & 0x55).any():
            raise FormatError(f"'{packed.logical}' holds the code 3, which is no ternary weight")
    each = octets.reshape(lines, math.prod(octets.shape[1:]))

    def rows(first: int, stop: int) -> np.ndarray:
        some = [  # of each of the four parts, those rows that are within
            each[max(0, first - i * lines) : max(0, stop - i * lines)] >> np.uint8(2 * i) & np.uint8(3)
            for i in range(4)
        ]
        return np.concatenate(some).view(np.int8) - np.int8(1)

    shape = 4 * lines, each.shape[1]
    codes = unpacked_codes(rows, shape, np.int8, 2).reshape(4 * lines, *octets.shape[1:])
    return replace(packed, parts=(packed.logical,)), {packed.logical: codes}


def _pack(packed: Packed, logical: Mapping[str, Any]) -> dict[str, np.ndarray]:
    codes = logical[packed.logical]
    if codes.ndim == 0 or len(codes) % 4:
        raise FormatError(f"'{packed.logical}' does not hold four rows of ternary weights for each row of bytes")
    rows = len(codes) // 4
    octets = np.zeros((rows, *codes.shape[1:]), dtype=np.uint8)
    for first in range(0, rows, ROWS):
        part = octets[first : first + ROWS]
        for i in range(4):
            some = codes[i * rows + first : i * rows + first + len(part)]
            if some.size and not -1 <= some.min() <= some.max() <= 1:
                raise FormatError(f"'{packed.logical}' holds a weight that is not ternary")
            part |= (some + 1).astype(np.uint8) << np.uint8(2 * i)
    return {packed.logical: octets}


@np.errstate(all="ignore")
def _plain(packed: Packed, logical: Arrays, others: Arrays) -> dict[str, np.ndarray]:
    scale = others[packed.beside[0]].reshape(-1)
    one = scale.astype(np.float64) if packed.parameters["multiplies"] else 1 / scale.astype(np.float64)
    return {packed.logical: (one * np.array([-1.0, 0.0, 1.0])).astype(scale.dtype)[logical[packed.logical] + 1]}


def _rows(packed: Packed, member: str, some: slice, rows: int) -> list[slice]:
    """Return the four ranges of rows whose weights lie in some rows of bytes."""
    return [slice(some.start + i * rows // 4, some.stop + i * rows // 4) for i in range(4)]


BITNET = Format("bitnet", "transformers (BitNet b1.58)", _find, _unpack, _pack, _plain, _rows, by_rows=True)
