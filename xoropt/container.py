"""The file: one safetensors file whose metadata describes how its arrays make up each tensor.

Format version 1. The metadata has one key, `xoropt`: a JSON description that begins with its own checksum and names
every tensor, in order, with its parts and a CRC-32 of each; the arrays' names follow from the tensors'. docs/format.md
is the specification, written so that another program can be made from it.
"""

import json
import math
import os
import zlib
from collections import Counter
from typing import Any

import numpy as np

from xoropt.codec.stored import describe, restore
from xoropt.dtypes import dtype_of, name_of
from xoropt.errors import FormatError, XoroptError
from xoropt.files import read_safetensors, write_safetensors
from xoropt.model import CarriedTensor, CompressedModel, CompressedTensor
from xoropt.quantize import Codebook, Scales
from xoropt.validation import get, take, whole

__all__ = ["VERSION", "header_bits", "load", "save", "sealed"]

VERSION = 1
DESCRIPTION = "xoropt"
_SEAL = '{"crc32":"'


def save(model: CompressedModel, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a model as one file, whole or not at all.

    Raises:
        XoroptError: the file exists and `overwrite` is not set, its folder is missing, or the disk is full.
    """
    common, described = _describe_all(model)
    arrays: dict[str, np.ndarray] = {}
    tensors = {}
    for name, (entry, parts) in described.items():
        tensors[name] = entry | {"crc32": {part: _crc(array) for part, array in parts.items()}}
        arrays |= {_key(name, part): array for part, array in parts.items()}
    text = sealed({"version": VERSION, "common": common, "tensors": tensors, "metadata": model.metadata})
    write_safetensors(path, arrays, {DESCRIPTION: text}, overwrite)


def header_bits(model: CompressedModel) -> dict[str, int]:
    """What each tensor's description and array headers take in the file, in bits.

    What the tensors' descriptions have in common is said once and is in none of these.
    """
    bits = {}
    for name, (entry, parts) in _describe_all(model)[1].items():
        entry |= {"crc32": dict.fromkeys(parts, "00000000")}
        text = json.dumps(_dumps({name: entry}), ensure_ascii=False)  # the description is a string within JSON
        total = len(text.encode()) - 4
        for part, array in parts.items():
            # The offsets' digits depend on the file; ten each are about right for any.
            header = {_key(name, part): {"dtype": "U8", "shape": list(array.shape), "data_offsets": [10**9, 10**9]}}
            total += len(_dumps(header).encode()) - 1
        bits[name] = 8 * total
    return bits


Described = dict[str, tuple[dict[str, Any], dict[str, np.ndarray]]]


def _describe_all(model: CompressedModel) -> tuple[dict[str, Any], Described]:
    """What is said once for all compressed tensors, and each tensor's own entry and arrays."""
    described = {name: _describe(tensor) for name, tensor in model.tensors.items()}
    entries = [entry for entry, _ in described.values() if "carried" not in entry]
    common = _common(entries)
    for entry in entries:
        for key, value in common.items():
            if entry[key] == value:
                del entry[key]
    return common, described


def _common(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each key that all entries have, the value that most of them have."""
    common: dict[str, Any] = {}
    for key in entries[0] if len(entries) > 1 else ():
        if all(key in entry for entry in entries):
            value, count = Counter(_dumps(entry[key]) for entry in entries).most_common(1)[0]
            if count > 1:
                common[key] = json.loads(value)
    return common


def sealed(description: dict[str, Any]) -> str:
    """A description as JSON whose first key, `crc32`, is the CRC-32 of the text with zeros in its place.

    One metadata key for both, because safetensors writes several in no fixed order and a model should give the same
    file every time.
    """
    text = _dumps({"crc32": "00000000", **description})
    return _with_sum(text, f"{zlib.crc32(text.encode()):08x}")


def _with_sum(text: str, digits: str) -> str:
    return f"{_SEAL}{digits}{text[len(_SEAL) + 8 :]}"


def load(path: str | os.PathLike[str]) -> CompressedModel:
    """Read a file that `save` wrote; every checksum is verified.

    Raises:
        FormatError: not such a file, a newer version, damaged, or parts that do not fit together (the tensor is named).
        XoroptError: the file cannot be read.
    """
    arrays, metadata = read_safetensors(path)
    if DESCRIPTION not in metadata:
        raise FormatError(f"{path}: holds no xoropt description; compress it first with 'xoropt compress'.")
    text = metadata[DESCRIPTION]
    digits = text[len(_SEAL) : len(_SEAL) + 8]
    if not text.startswith(_SEAL) or f"{zlib.crc32(_with_sum(text, '0' * 8).encode()):08x}" != digits:
        raise FormatError(f"{path}: the description is damaged (its checksum differs); get the file again.")
    try:
        description = json.loads(text)
        version = get(description, "version", int)
        if version > VERSION:
            raise FormatError(f"is of format version {version}, newer than {VERSION}; upgrade xoropt to read it")
        if version < 1:
            raise FormatError(f"has the unknown format version {version}")
        common = get(description, "common", dict)
        tensors: dict[str, CompressedTensor | CarriedTensor] = {}
        unused = set(arrays)
        for name, entry in get(description, "tensors", dict).items():
            parts = {part: arrays.get(_key(name, part)) for part in get(entry, "crc32", dict)}
            unused -= {_key(name, part) for part in parts}
            try:
                tensors[name] = _restore(entry if "carried" in entry else common | entry, parts)
            except (XoroptError, ValueError) as error:
                raise FormatError(f"tensor '{name}': {str(error).rstrip('.')}") from None
        if unused:
            raise FormatError(f"holds the array '{min(unused)}', which its description does not name")
        extra = get(description, "metadata", dict)
        if not all(isinstance(value, str) for value in extra.values()):
            raise FormatError("the description's metadata is not text")
    except FormatError as error:
        raise FormatError(f"{path}: {error}.") from None
    except (ValueError, RecursionError):
        raise FormatError(f"{path}: the description is not valid JSON.") from None
    return CompressedModel(tensors, extra)


def _key(name: str, part: str) -> str:
    """The array's name; never the same for two parts, since only carried tensors without "::" keep their own name."""
    return name if part == "raw" and "::" not in name and name != "__metadata__" else f"{name}::{part}"


def _crc(array: np.ndarray) -> str:
    """CRC-32 of "DTYPE shape" and the bytes, so that a changed dtype or shape is found too."""
    head = f"{name_of(array.dtype)} {','.join(map(str, array.shape))}".encode()
    return f"{zlib.crc32(np.require(array, requirements='C').reshape(-1).view(np.uint8), zlib.crc32(head)):08x}"


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _describe(tensor: CompressedTensor | CarriedTensor) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A tensor's entry in the description and its arrays by part."""
    if isinstance(tensor, CarriedTensor):
        return {"carried": tensor.reason}, {"raw": tensor.array}
    levels = tensor.levels
    coded_entry, coded_parts = describe(tensor.encoded)
    entry: dict[str, Any] = {
        "shape": list(tensor.shape),
        "dtype": name_of(levels.dtype),
        "mask": tensor.mask_codec,
    } | coded_entry
    if tensor.value_entropy < 0.99 * len(tensor.encoded.seeds):
        entry["entropy"] = round(tensor.value_entropy, 3)
    if tensor.quantization is not None:
        entry["quantization"] = tensor.quantization
    parts = tensor.mask_parts | coded_parts
    if isinstance(levels, Scales):
        return entry, parts | {"scales": levels.alpha}
    return entry, parts | {"codebook": levels.values}


def _restore(entry: dict[str, Any], parts: dict[str, np.ndarray | None]) -> CompressedTensor | CarriedTensor:
    """The tensor of an entry; everything that a decoder relies on is checked here, before anything is decoded."""
    sums = get(entry, "crc32", dict)
    held: dict[str, np.ndarray] = {}
    for part, array in parts.items():
        if array is None:
            raise FormatError(f"its part '{part}' is missing")
        if sums[part] != _crc(array):
            raise FormatError(f"its part '{part}' is damaged (its checksum differs); get the file again")
        held[part] = array
    if "carried" in entry:
        return CarriedTensor(take(held, "raw", None, None), get(entry, "carried", str))
    shape = tuple(whole(n, "shape") for n in get(entry, "shape", list))
    if math.prod(side for side in shape if side) > 2**48:
        raise FormatError("its shape is too large")
    if len(shape) > 32:
        raise FormatError(f"it has {len(shape)} dimensions; at most 32 are allowed")
    planes = whole(entry.get("planes"), "planes")
    dtype = dtype_of(get(entry, "dtype", str))
    if planes > 8:
        raise FormatError(f"it has {planes} planes; at most 8 are allowed")
    encoded = restore(entry, held, shape, planes)
    levels: Scales | Codebook
    if "scales" in held:
        alpha = take(held, "scales", None, None)
        rows = alpha.shape[1] if alpha.ndim == 2 else 0
        if alpha.dtype not in (np.float32, np.float64) or alpha.shape != (planes, rows):
            raise FormatError("its scales have the wrong shape or dtype")
        if dtype.kind in "biuc":
            raise FormatError(f"its scales can't make weights of the dtype {dtype}")
        if rows != 1 and rows != (shape or (0,))[0]:
            raise FormatError(f"its {rows} rows of scales do not fit its shape")
        levels = Scales(alpha, dtype)
    else:
        values = take(held, "codebook", dtype, None)
        if values.ndim != 1 or len(values) > 1 << planes:
            raise FormatError(f"its codebook does not fit {planes} planes")
        levels = Codebook(values)
    quantization = entry.get("quantization")
    if quantization is not None:
        values = get(entry, "quantization", dict).values()
        if not all(type(value) in (int, float, str) for value in values):
            raise FormatError("the description lacks a valid 'quantization'")
    entropy = entry.get("entropy", float(planes))
    if type(entropy) not in (int, float) or not 0 <= entropy <= planes:
        raise FormatError("the description lacks a valid 'entropy'")
    mask_parts = {part: array for part, array in held.items() if part.startswith("mask")}
    return CompressedTensor(shape, levels, get(entry, "mask", str), mask_parts, encoded, quantization, entropy)
