"""The file: one safetensors file whose description says how its arrays make up each tensor.

Format version 2; version 1 is read too. Parts of some size are arrays by themselves, small ones lie, tensor after
tensor, in one array for each part and dtype, so that a tensor of a few hundred bytes does not pay for headers of its
own. docs/format.md is the specification, written so that another program can be made from it.
"""

import json
import math
import os
import zlib
from itertools import accumulate
from typing import Any

import numpy as np

from xoropt.codec.stored import describe, restore
from xoropt.description import (
    from_columns,
    pack_description,
    sealed,
    to_columns,
    unpack_description,
    unseal,
)
from xoropt.dtypes import dtype_of, name_of
from xoropt.errors import FormatError, XoroptError
from xoropt.files import read_safetensors, write_safetensors
from xoropt.masks.prefix import PLANE
from xoropt.masks.version_1 import modernized
from xoropt.model import CarriedTensor, CompressedModel, CompressedTensor
from xoropt.quantize import Codebook, Scales
from xoropt.validation import get, take, whole

__all__ = ["VERSION", "added_bits", "header_bits", "load", "save"]

VERSION = 2
KEY = "xoropt"
DESCRIPTION = "xoropt::description"
SMALL = 1 << 16
"""Bytes below which a part lies in a pool with those of other tensors."""

Parts = dict[str, np.ndarray]


def save(model: CompressedModel, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a model as one file, whole or not at all.

    Raises:
        XoroptError: the file exists and `overwrite` is not set, its folder is missing, or the disk is full.
    """
    write_safetensors(path, _arrays(model), {KEY: sealed({"version": VERSION})}, overwrite)


def _arrays(model: CompressedModel) -> Parts:
    """The arrays of the file, the description among them."""
    entries, arrays = {}, {}
    pools: dict[str, list[Any]] = {}
    pooled: dict[str, list[np.ndarray]] = {}
    for number, (name, tensor) in enumerate(model.tensors.items()):
        entry, parts = _describe(tensor)
        entries[name] = entry | {"crc32": _crc(parts)}
        for part, array in parts.items():
            if part == "raw" or array.nbytes >= SMALL:
                arrays[_key(name, part)] = array
            else:
                pool = f"{part}::{name_of(array.dtype)}"
                shapes = pools.setdefault(pool, [None] * len(model.tensors))
                shapes[number] = array.size if array.ndim == 1 else list(array.shape)
                pooled.setdefault(pool, []).append(array.reshape(-1))
    arrays |= {pool: np.concatenate(some) for pool, some in pooled.items()}
    description = to_columns(entries) | {"pools": pools, "metadata": model.metadata}
    return arrays | {DESCRIPTION: pack_description({k: v for k, v in description.items() if v})}


def header_bits(model: CompressedModel) -> dict[str, int]:
    """What the description and the headers of arrays take in a file of the compressed tensors alone, in bits.

    Every compressed tensor bears an equal share.
    """
    tensors: dict[str, CompressedTensor | CarriedTensor] = {
        name: tensor for name, tensor in model.tensors.items() if isinstance(tensor, CompressedTensor)
    }
    if not tensors:
        return {}
    arrays = _arrays(CompressedModel(tensors))
    # As the library lays them out: by alignment, then by name.
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    ends = accumulate(arrays[name].nbytes for name in order)
    header: dict[str, Any] = {"__metadata__": {KEY: sealed({"version": VERSION})}}
    for name, end in zip(order, ends, strict=True):
        array = arrays[name]
        offsets = [end - array.nbytes, end]
        header[name] = {"dtype": name_of(array.dtype), "shape": list(array.shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    octets = 8 + -(-len(text) // 8) * 8 + arrays[DESCRIPTION].nbytes
    shares = {name: 8 * octets // len(tensors) for name in tensors}
    shares[next(iter(tensors))] += 8 * octets % len(tensors)
    return shares


def added_bits(tensor: CompressedTensor, tensors: int) -> float:
    """What a tensor adds to the headers of a file with so many compressed tensors, about: others of its kind share what
    they have in common.
    """
    alone, both = (sum(header_bits(CompressedModel(dict.fromkeys(names, tensor))).values()) for names in ("a", "ab"))
    return both - alone + (2 * alone - both) / tensors


def load(path: str | os.PathLike[str]) -> CompressedModel:
    """Read a file that `save` wrote; every checksum is verified.

    Raises:
        FormatError: not such a file, a newer version, damaged, or parts that do not fit together (the tensor is named).
        XoroptError: the file cannot be read.
    """
    arrays, metadata = read_safetensors(path)
    if KEY not in metadata:
        raise FormatError(f"{path}: holds no xoropt description; compress it first with 'xoropt compress'.")
    try:
        seal = unseal(metadata[KEY])
        version = get(seal, "version", int)
        if version > VERSION:
            raise FormatError(f"is of format version {version}, newer than {VERSION}; upgrade xoropt to read it")
        if version < 1:
            raise FormatError(f"has the unknown format version {version}")
        description, held = _split_1(seal, arrays) if version == 1 else _split_2(arrays)
        tensors: dict[str, CompressedTensor | CarriedTensor] = {}
        for name, (entry, parts) in held.items():
            try:
                tensors[name] = _restore(entry, parts)
            except (XoroptError, ValueError) as error:
                raise FormatError(f"tensor '{name}': {str(error).rstrip('.')}") from None
        extra = description.get("metadata", {})
        if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
            raise FormatError("the description's metadata is not text")
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).rstrip('.')}.") from None
    return CompressedModel(tensors, extra)


Held = dict[str, tuple[dict[str, Any], Parts]]
"""Every tensor's entry and its parts, checked."""


def _split_2(arrays: Parts) -> tuple[dict[str, Any], Held]:
    """The description and the tensors' entries and parts; every checksum is verified."""
    if DESCRIPTION not in arrays:
        raise FormatError(f"holds no array '{DESCRIPTION}'")
    description = unpack_description(arrays[DESCRIPTION])
    entries = from_columns({"names": [], "common": {}, "columns": {}} | description)
    parts: dict[str, Parts] = {name: {} for name in entries}
    pools = get({"pools": {}} | description, "pools", dict)
    for pool, shapes in pools.items():
        part, _, dtype = pool.rpartition("::")
        if pool not in arrays or type(shapes) is not list or len(shapes) != len(entries):
            raise FormatError(f"the description of the array '{pool}' is not valid")
        stored, at = arrays[pool], 0
        if stored.ndim != 1 or name_of(stored.dtype) != dtype:
            raise FormatError(f"the array '{pool}' has the wrong shape or dtype")
        for name, shape in zip(entries, shapes, strict=True):
            if shape is not None:
                sides = [whole(n, pool) for n in (shape if type(shape) is list else [shape])]
                size = math.prod(sides)
                if at + size > len(stored):
                    raise FormatError(f"the array '{pool}' ends too early")
                parts[name][part] = stored[at : at + size].reshape(sides)
                at += size
        if at != len(stored):
            raise FormatError(f"the array '{pool}' goes on after its end")
    for key, array in arrays.items():
        name, cut, part = key.rpartition("::")
        if not cut:
            name, part = part, "raw"
        if key in pools or key == DESCRIPTION:
            continue
        if name not in parts or part in parts[name]:
            raise FormatError(f"holds the array '{key}', which its description does not name")
        parts[name][part] = array
    for name, entry in entries.items():
        if get(entry, "crc32", str) != _crc(parts[name]):
            raise FormatError(f"tensor '{name}': is damaged or lacks a part (its checksum differs); get the file again")
    return description, {name: (entry, parts[name]) for name, entry in entries.items()}


def _split_1(description: dict[str, Any], arrays: Parts) -> tuple[dict[str, Any], Held]:
    """The same of a file of version 1: entries by name, a checksum for each part, prefix masks in one piece."""
    common = get(description, "common", dict)
    held: Held = {}
    unused = set(arrays)
    for name, own in get(description, "tensors", dict).items():
        parts: Parts = {}
        for part, digits in get(own, "crc32", dict).items():
            key = _key(name, part)
            if key not in arrays:
                raise FormatError(f"tensor '{name}': its part '{part}' is missing")
            parts[part] = arrays[key]
            unused.discard(key)
            head = f"{name_of(parts[part].dtype)} {','.join(map(str, parts[part].shape))}".encode()
            if digits != f"{zlib.crc32(_octets(parts[part]), zlib.crc32(head)):08x}":
                raise FormatError(
                    f"tensor '{name}': its part '{part}' is damaged (its checksum differs); get the file again"
                )
        entry = own if "carried" in own else common | own
        try:
            parts |= modernized(str(entry.get("mask")), parts)
        except (XoroptError, ValueError) as error:
            raise FormatError(f"tensor '{name}': {error}") from None
        held[name] = (entry, parts)
    if unused:
        raise FormatError(f"holds the array '{min(unused)}', which its description does not name")
    return description, held


def _key(name: str, part: str) -> str:
    """The array's name; never the same for two parts, since only carried tensors without "::" keep their own name."""
    return name if part == "raw" and "::" not in name and name != "__metadata__" else f"{name}::{part}"


def _crc(parts: Parts) -> str:
    """CRC-32 over a tensor's parts by name: of each "PART DTYPE n,m", so that another dtype or shape is found too, and
    the bytes.
    """
    crc = 0
    for part in sorted(parts):
        array = parts[part]
        head = f"{part} {name_of(array.dtype)} {','.join(map(str, array.shape))}"
        crc = zlib.crc32(_octets(array), zlib.crc32(head.encode(), crc))
    return f"{crc:08x}"


def _octets(array: np.ndarray) -> np.ndarray:
    return np.require(array, requirements="C").reshape(-1).view(np.uint8)


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
        entry["entropy"] = round(tensor.value_entropy, 2)
    if tensor.quantization is not None:
        entry["quantization"] = tensor.quantization
    parts = tensor.mask_parts | coded_parts
    if PLANE in parts:
        plane = json.loads(parts.pop(PLANE).tobytes())
        entry |= {f"mask_{key}": value for key, value in plane.items()}
    if isinstance(levels, Scales):
        return entry, parts | {"scales": levels.alpha}
    return entry, parts | {"codebook": levels.values}


def _restore(entry: dict[str, Any], held: Parts) -> CompressedTensor | CarriedTensor:
    """The tensor of an entry; everything that a decoder relies on is checked here, before anything is decoded."""
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
    plane = {key[5:]: value for key, value in entry.items() if key.startswith("mask_")}
    if plane:
        mask_parts[PLANE] = np.frombuffer(json.dumps(plane).encode(), dtype=np.uint8)
    return CompressedTensor(shape, levels, get(entry, "mask", str), mask_parts, encoded, quantization, entropy)
