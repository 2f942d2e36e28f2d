"""Tensors as a file describes them: an entry and parts, which are checked before anything is decoded."""

import json
import math
import zlib
from typing import Any

import numpy as np

from xoropt.codec.registry import describe, restore
from xoropt.common.description_checks import get, non_negative_int, take
from xoropt.common.dtypes import as_stored, dtype_of, from_stored, has_whole_bytes, name_of
from xoropt.common.errors import DecodeError, FormatError
from xoropt.masks.coding import check_parts
from xoropt.masks.gap_coded import pack_positions, unpack_positions
from xoropt.masks.mask_codec import DESCRIPTION
from xoropt.model.checks import check_shape
from xoropt.model.file.information import check_loss, check_mask_plane, check_quantization
from xoropt.model.tensors import CompressedTensor, Loss, UncompressedTensor, shape_and_dtype
from xoropt.quantize.block_scales import BlockScales, check_scales
from xoropt.quantize.fields import symbol_bytes
from xoropt.quantize.levels import MAX_PLANES, Codebook, CodedField, Levels, Scales, check_levels
from xoropt.quantize.number_form import MAX_RAW_BITS, NumberForm
from xoropt.quantize.quantized_tensor import NOTHING_LISTED, Listed

__all__ = ["Parts", "array_name", "bytes_of", "checksum", "describe_tensor", "restore_tensor"]

Parts = dict[str, np.ndarray]
"""Arrays by the name of the part."""


BLOCK_SCALES = "block_scales"
"""The part that holds the scales of blocks."""


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
        array = tensor.array
        if has_whole_bytes(array.dtype):
            return {"carried": tensor.reason}, {"raw": array}
        form = {"dtype": name_of(array.dtype), "shape": list(array.shape)}
        return {"carried": tensor.reason} | form, {"raw": as_stored(array)}
    levels = tensor.levels
    coded_entry, coded_parts = describe(tensor.encoded)
    entry: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": name_of(tensor.dtype),
        "mask": tensor.mask_codec,
    } | coded_entry
    if isinstance(levels, CodedField) or tensor.value_entropy < 0.99 * len(tensor.encoded.seeds):
        entry["entropy"] = round(tensor.value_entropy, 4)
    if tensor.quantization is not None:
        entry["quantization"] = tensor.quantization
    if tensor.loss is not None:
        entry["loss"] = list(tensor.loss)
    parts = tensor.mask_parts | coded_parts
    if (scaled := tensor.scaled) is not None:
        entry["scaled"] = [name_of(levels.dtype), scaled.columns, *scaled.sides]
        parts[BLOCK_SCALES] = scaled.values
    if tensor.pairs:
        entry["pairs"] = name_of(levels.dtype)
    if DESCRIPTION in parts:
        plane = json.loads(parts.pop(DESCRIPTION).tobytes())
        entry |= {f"mask_{key}": value for key, value in plane.items()}
    if isinstance(levels, Scales):
        return entry, parts | {"scales": levels.alpha}
    if isinstance(levels, CodedField):
        return entry | {"field": _describe_field(levels)}, parts | _field_parts(levels, tensor)
    values = levels.values
    return entry, parts | {"codebook": values if has_whole_bytes(values.dtype) else values.view(np.uint8)}


def _describe_field(levels: CodedField) -> list[int]:
    """Return the form of a coded field as numbers: raw bits, zeros, where signs are, and the fill."""
    return [levels.form.raw_bits, levels.form.zeros, levels.sign, levels.fill]


def _field_parts(levels: CodedField, tensor: CompressedTensor) -> Parts:
    """Return the parts of a coded field: values, codeword lengths, classes of rows, and the list of other weights."""
    parts = {"values": levels.values, "lengths": levels.lengths}
    if levels.classes is not None:
        parts["row_classes"] = levels.classes
    at, symbols = tensor.listed
    if len(at):
        coded = len(levels.lengths)
        kind = np.dtype(f"u{symbol_bytes(levels.rare_values)}")
        parts |= {
            "listed": pack_positions(at, tensor.encoded.outputs),
            "listed_values": (symbols - coded).astype(kind),
        }
    return parts


def restore_tensor(entry: dict[str, Any], parts: Parts) -> CompressedTensor | UncompressedTensor:
    """Restore a tensor from its entry and its parts.

    Everything that a decoder relies on is checked here, before anything is decoded.

    Raises:
        FormatError: the entry is not valid, or the parts do not fit it.
    """
    if "carried" in entry:
        array = take(parts, "raw", None, None)
        if "dtype" in entry:  # of numbers that do not take whole bytes
            shape = tuple(non_negative_int(n, "shape") for n in get(entry, "shape", list))
            octets = take(parts, "raw", np.dtype(np.uint8), None).reshape(-1)
            array = from_stored(octets, get(entry, "dtype", str), shape)
        return UncompressedTensor(array, get(entry, "carried", str))
    shape = tuple(non_negative_int(n, "shape") for n in get(entry, "shape", list))
    if math.prod(side for side in shape if side) > 2**48:
        raise FormatError("its shape is too large")
    check_shape(shape)
    planes = non_negative_int(entry.get("planes"), "planes")
    most = MAX_PLANES + (MAX_RAW_BITS if "field" in entry else 0)
    if planes > most:
        raise FormatError(f"it has {planes} planes; at most {most} are allowed")
    scaled, kind = _restore_scaled(entry, parts)
    pairs = "pairs" in entry
    if pairs:
        if scaled is not None or entry["pairs"] != "F32" or kind != "C64":
            raise FormatError("the description lacks a valid 'pairs'")
        kind = "F32"
    whole, shape = shape, (*shape, 2) if pairs else shape
    levels = _restore_levels(entry | {"dtype": kind}, parts)
    check_levels(levels, planes, shape)
    if scaled is not None:
        check_scales(scaled, levels.dtype, shape)
    listed = _restore_listed(levels, parts, math.prod(shape))
    encoded = restore(entry, parts, shape, planes)
    quantization = entry.get("quantization")
    if quantization is not None:
        check_quantization(get(entry, "quantization", dict))
    loss = None if "loss" not in entry else Loss(*check_loss(get(entry, "loss", list)))
    entropy = entry.get("entropy", float(planes))
    if type(entropy) not in (int, float) or not 0 <= entropy <= max(planes, 8 * levels.dtype.itemsize):
        raise FormatError("the description lacks a valid 'entropy'")
    mask_parts = {part: array for part, array in parts.items() if part.startswith("mask")}
    if any(array.dtype != np.uint8 or array.ndim != 1 for array in mask_parts.values()):
        raise FormatError("its mask has the wrong shape or dtype")
    plane = {key[5:]: value for key, value in entry.items() if key.startswith("mask_")}
    if DESCRIPTION in mask_parts:
        check_mask_plane(mask_parts[DESCRIPTION].tobytes())
    if plane:
        mask_parts[DESCRIPTION] = np.frombuffer(json.dumps(plane).encode(), dtype=np.uint8)
    codec = get(entry, "mask", str)
    check_parts(codec, mask_parts, shape, math.prod(shape))
    made = CompressedTensor(
        whole, levels, codec, mask_parts, encoded, quantization, entropy, listed, loss, scaled, pairs
    )
    shape_and_dtype(made)
    return made


def _restore_scaled(entry: dict[str, Any], parts: Parts) -> tuple[BlockScales | None, str]:
    """Restore the scales of blocks, and return the dtype of the codes; None, and that of the weights, without any."""
    dtype = get(entry, "dtype", str)
    if "scaled" not in entry:
        return None, dtype
    said = get(entry, "scaled", list)
    if len(said) != 4 or type(said[0]) is not str or said[0] == dtype:
        raise FormatError("the description lacks a valid 'scaled'")
    columns, high, wide = (non_negative_int(number, "scaled", 1 << 48) for number in said[1:])
    values = take(parts, BLOCK_SCALES, None, None)
    return BlockScales(dtype_of(dtype), columns, (high, wide), values), said[0]


def _restore_levels(entry: dict[str, Any], parts: Parts) -> Levels:
    """Restore the levels of a tensor."""
    dtype = dtype_of(get(entry, "dtype", str))
    if "field" in entry:
        numbers = get(entry, "field", list)
        if len(numbers) != 4 or numbers[2:3] not in ([0], [1], [2]):
            raise FormatError("the description lacks a valid 'field'")
        raw_bits, zeros, sign, fill = (non_negative_int(number, "field", 1 << 64) for number in numbers)
        form = NumberForm(dtype, min(raw_bits, 64), min(zeros, 64), sign > 0)
        lengths = take(parts, "lengths", np.dtype(np.uint8), None)
        classes = take(parts, "row_classes", np.dtype(np.uint8), None) if "row_classes" in parts else None
        return CodedField(form, take(parts, "values", form.pattern, None), lengths, fill, classes, sign == 2)
    if "scales" in parts:
        return Scales(parts["scales"], dtype)
    values = take(parts, "codebook", dtype if has_whole_bytes(dtype) else np.dtype(np.uint8), None)
    return Codebook(values.view(dtype))


def _restore_listed(levels: Levels, parts: Parts, size: int) -> Listed:
    """Restore the list of weights whose values have no codeword.

    Raises:
        FormatError: the list is damaged, or it has other weights than numbers of values, or numbers of no value.
    """
    if not isinstance(levels, CodedField) or not parts.keys() & {"listed", "listed_values"}:
        return NOTHING_LISTED
    try:
        at = unpack_positions(take(parts, "listed", np.dtype(np.uint8), None), size, 0, size)
    except DecodeError as error:
        raise FormatError(f"its list of weights is damaged ({error})") from None
    rare = levels.rare_values
    symbols = take(parts, "listed_values", np.dtype(f"u{symbol_bytes(rare)}"), at.shape).astype(np.int32)
    if (symbols >= rare).any():
        raise FormatError(f"its listed weights have numbers of values above {rare}")
    return Listed(at, symbols + len(levels.lengths))
