"""Tensors as a file's description has them: an entry, and parts, checked before anything is decoded."""

import json
import math
import zlib
from typing import Any

import numpy as np

from xoropt.codec.description import describe, restore
from xoropt.common.dtypes import dtype_of, name_of
from xoropt.common.errors import FormatError
from xoropt.common.fields import get, non_negative_int, take
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.model.checks import check_shape
from xoropt.model.tensors import CompressedTensor, UncompressedTensor
from xoropt.quantize import Codebook, Scales
from xoropt.quantize.tensor import MAX_PLANES, Levels, check_levels

__all__ = ["Held", "Parts", "array_name", "checksum", "describe_tensor", "octets", "restore_tensor"]

Parts = dict[str, np.ndarray]
"""Arrays by the name of the part."""

Held = dict[str, tuple[dict[str, Any], Parts]]
"""Every tensor's entry and its parts, checked."""


def array_name(name: str, part: str) -> str:
    """The name of a part that is an array by itself; never the same for two parts, since only carried tensors without
    "::" keep their own name.
    """
    return name if part == "raw" and "::" not in name and name != "__metadata__" else f"{name}::{part}"


def checksum(parts: Parts) -> int:
    """CRC-32 over a tensor's parts by name: of each "PART DTYPE n,m", so that another dtype or shape is found too, and
    the bytes.
    """
    crc = 0
    for part in sorted(parts):
        array = parts[part]
        head = f"{part} {name_of(array.dtype)} {','.join(map(str, array.shape))}"
        crc = zlib.crc32(octets(array), zlib.crc32(head.encode(), crc))
    return crc


def octets(array: np.ndarray) -> np.ndarray:
    """An array's bytes, uint8."""
    return np.require(array, requirements="C").reshape(-1).view(np.uint8)


def describe_tensor(tensor: CompressedTensor | UncompressedTensor) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A tensor's entry in the description and its arrays by part."""
    if isinstance(tensor, UncompressedTensor):
        return {"carried": tensor.reason}, {"raw": tensor.array}
    levels = tensor.levels
    coded_entry, coded_parts = describe(tensor.encoded)
    entry: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": name_of(levels.dtype),
        "mask": tensor.mask_codec,
    } | coded_entry
    if tensor.value_entropy < 0.99 * len(tensor.encoded.seeds):
        entry["entropy"] = round(tensor.value_entropy, 2)
    if tensor.quantization is not None:
        entry["quantization"] = tensor.quantization
    parts = tensor.mask_parts | coded_parts
    if DESCRIPTION in parts:
        plane = json.loads(parts.pop(DESCRIPTION).tobytes())
        entry |= {f"mask_{key}": value for key, value in plane.items()}
    if isinstance(levels, Scales):
        return entry, parts | {"scales": levels.alpha}
    return entry, parts | {"codebook": levels.values}


def restore_tensor(entry: dict[str, Any], held: Parts) -> CompressedTensor | UncompressedTensor:
    """The tensor of an entry; everything that a decoder relies on is checked here, before anything is decoded."""
    if "carried" in entry:
        return UncompressedTensor(take(held, "raw", None, None), get(entry, "carried", str))
    shape = tuple(non_negative_int(n, "shape") for n in get(entry, "shape", list))
    if math.prod(side for side in shape if side) > 2**48:
        raise FormatError("its shape is too large")
    check_shape(shape)
    planes = non_negative_int(entry.get("planes"), "planes")
    dtype = dtype_of(get(entry, "dtype", str))
    if planes > MAX_PLANES:
        raise FormatError(f"it has {planes} planes; at most {MAX_PLANES} are allowed")
    encoded = restore(entry, held, shape, planes)
    levels: Levels = (
        Codebook(take(held, "codebook", dtype, None)) if "scales" not in held else Scales(held["scales"], dtype)
    )
    check_levels(levels, planes, shape)
    quantization = entry.get("quantization")
    if quantization is not None:
        values = get(entry, "quantization", dict).values()
        if not all(type(value) in (int, float, str) for value in values):
            raise FormatError("the description lacks a valid 'quantization'")
    entropy = entry.get("entropy", float(planes))
    if type(entropy) not in (int, float) or not 0 <= entropy <= planes:
        raise FormatError("the description lacks a valid 'entropy'")
    mask_parts = {part: array for part, array in held.items() if part.startswith("mask")}
    if any(array.dtype != np.uint8 or array.ndim != 1 for array in mask_parts.values()):
        raise FormatError("its mask has the wrong shape or dtype")
    plane = {key[5:]: value for key, value in entry.items() if key.startswith("mask_")}
    if plane:
        mask_parts[DESCRIPTION] = np.frombuffer(json.dumps(plane).encode(), dtype=np.uint8)
    return CompressedTensor(shape, levels, get(entry, "mask", str), mask_parts, encoded, quantization, entropy)
