"""Tensors as a file describes them: an entry and parts, which are checked before anything is decoded."""

import json
import math
import zlib
from typing import Any

import numpy as np

from xoropt.codec.registry import describe, restore
from xoropt.common.description_checks import get, non_negative_int, take
from xoropt.common.dtypes import dtype_of, name_of
from xoropt.common.errors import FormatError
from xoropt.masks.coding import check_parts
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.model.checks import check_shape
from xoropt.model.tensors import CompressedTensor, UncompressedTensor
from xoropt.quantize import Codebook, Scales
from xoropt.quantize.quantized_tensor import MAX_PLANES, Levels, check_levels

__all__ = ["Parts", "StoredTensors", "array_name", "bytes_of", "checksum", "describe_tensor", "restore_tensor"]

Parts = dict[str, np.ndarray]
"""Arrays by the name of the part."""

StoredTensors = dict[str, tuple[dict[str, Any], Parts]]
"""The entry and the parts of every tensor, by name."""


def array_name(name: str, part: str) -> str:
    """Return the name of a part that is an array by itself.

    Two parts never get the same name, because an uncompressed tensor keeps its own name only if that has no "::".
    """
    return name if part == "raw" and "::" not in name and name != "__metadata__" else f"{name}::{part}"


def checksum(parts: Parts) -> int:
    """Compute the CRC-32 of a tensor's parts, sorted by name.

    It covers the text "PART DTYPE n,m" of each part, so that another dtype or shape is detected as well, and the bytes.
    """
    crc = 0
    for part in sorted(parts):
        array = parts[part]
        head = f"{part} {name_of(array.dtype)} {','.join(map(str, array.shape))}"
        crc = zlib.crc32(bytes_of(array), zlib.crc32(head.encode(), crc))
    return crc


def bytes_of(array: np.ndarray) -> np.ndarray:
    """Return the bytes of an array, uint8."""
    return np.require(array, requirements="C").reshape(-1).view(np.uint8)


def describe_tensor(tensor: CompressedTensor | UncompressedTensor) -> tuple[dict[str, Any], Parts]:
    """Return a tensor's entry in the description, and its parts."""
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


def restore_tensor(entry: dict[str, Any], parts: Parts) -> CompressedTensor | UncompressedTensor:
    """Restore a tensor from its entry and its parts.

    Everything that a decoder relies on is checked here, before anything is decoded.

    Raises:
        FormatError: the entry is not valid, or the parts do not fit it.
    """
    if "carried" in entry:
        return UncompressedTensor(take(parts, "raw", None, None), get(entry, "carried", str))
    shape = tuple(non_negative_int(n, "shape") for n in get(entry, "shape", list))
    if math.prod(side for side in shape if side) > 2**48:
        raise FormatError("its shape is too large")
    check_shape(shape)
    planes = non_negative_int(entry.get("planes"), "planes")
    dtype = dtype_of(get(entry, "dtype", str))
    if planes > MAX_PLANES:
        raise FormatError(f"it has {planes} planes; at most {MAX_PLANES} are allowed")
    encoded = restore(entry, parts, shape, planes)
    levels: Levels = (
        Scales(parts["scales"], dtype) if "scales" in parts else Codebook(take(parts, "codebook", dtype, None))
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
    mask_parts = {part: array for part, array in parts.items() if part.startswith("mask")}
    if any(array.dtype != np.uint8 or array.ndim != 1 for array in mask_parts.values()):
        raise FormatError("its mask has the wrong shape or dtype")
    plane = {key[5:]: value for key, value in entry.items() if key.startswith("mask_")}
    if plane:
        mask_parts[DESCRIPTION] = np.frombuffer(json.dumps(plane).encode(), dtype=np.uint8)
    codec = get(entry, "mask", str)
    check_parts(codec, mask_parts, shape, math.prod(shape))
    return CompressedTensor(shape, levels, codec, mask_parts, encoded, quantization, entropy)
