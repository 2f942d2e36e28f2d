"""The file: one safetensors file whose description says how its arrays make up each tensor.

Format version 3 is written; versions 1 and 2 are read as well. Large parts are arrays by themselves. Small ones lie in
pools, one array for each part and dtype with tensor after tensor, so that a tensor of a few hundred bytes does not pay
for headers of its own. docs/format.md specifies the format, for programs written from the specification alone.
"""

import json
import math
import os
from typing import Any

import numpy as np

from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.dtypes import name_of
from xoropt.common.errors import DecodeError, FormatError, XoroptError
from xoropt.common.tensor_files import read_safetensors, safetensors_header, write_safetensors
from xoropt.model.checks import check_metadata, check_names, check_shape
from xoropt.model.file.description import (
    from_columns,
    pack_description,
    seal,
    to_columns,
    unpack_description,
    unseal,
)
from xoropt.model.file.limits import check_work
from xoropt.model.file.tensor_entries import Parts, StoredTensors, array_name, checksum, describe_tensor, restore_tensor
from xoropt.model.file.ties import resolve_ties, ties_in
from xoropt.model.file.version_1 import split_version_1
from xoropt.model.tensors import CompressedModel, CompressedTensor, UncompressedTensor, shape_and_dtype

__all__ = ["VERSION", "header_bits", "load", "save"]

VERSION = 3
KEY = "xoropt"
DESCRIPTION = "xoropt::description"
MAX_PART_AXES = 8
"""The most axes of a part in a pool; the parts that are written have at most two."""
LARGE = 1 << 16
"""The bytes from which on a part is an array by itself."""


def save(model: CompressedModel, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write a model as one file, whole or not at all.

    Args:
        model: the model.
        path: the file to write.
        overwrite: replace a file that exists.

    Raises:
        ArgumentError: names or metadata that are no text, or a tensor that `load` would refuse (it is named).
        DecodeError: a tensor's parts do not fit together.
        XoroptError: the file exists and `overwrite` is not set, its folder is missing, or the disk is full.
    """
    check_model(model)
    write_safetensors(path, _arrays(model), {KEY: seal({"version": VERSION})}, overwrite)


def check_model(model: CompressedModel) -> None:
    """Run the reader's checks of each tensor, so that what can't be read is not written.

    Raises:
        ArgumentError, FormatError, DecodeError: see `save`.
    """
    check_names(model.tensors)
    check_metadata(model.metadata)
    entries: dict[str, dict[str, Any]] = {}
    octets = 0
    ties = ties_in(model)
    for name, tensor in model.tensors.items():
        try:
            entry, parts = describe_tensor(tensor)
            if name in ties:
                entries[name] = entries[ties[name]]
                continue
            entries[name], octets = entry, octets + sum(part.nbytes for part in parts.values())
            shape, dtype = shape_and_dtype(tensor)
            check_shape(shape)
            name_of(dtype)
            restore_tensor(json.loads(json.dumps(entry)), parts)
        except XoroptError as error:
            raise type(error)(f"tensor '{name}': {error}") from None
    check_work(entries, octets)


def _arrays(model: CompressedModel) -> Parts:
    """Make the arrays of the file, the description among them."""
    entries, arrays, sums = {}, {}, []
    pools: dict[str, list[Any]] = {}
    pooled: dict[str, list[np.ndarray]] = {}
    ties = ties_in(model)
    for number, (name, tensor) in enumerate(model.tensors.items()):
        try:
            entry, parts = ({"same": ties[name]}, {}) if name in ties else describe_tensor(tensor)
        except DecodeError as error:
            raise DecodeError(f"tensor '{name}': {error}") from None
        entries[name] = entry
        sums.append(checksum(parts))
        for part, array in parts.items():
            if part == "raw" or array.nbytes >= LARGE:
                arrays[array_name(name, part)] = array
            else:
                pool = f"{part}::{name_of(array.dtype)}"
                shapes = pools.setdefault(pool, [None] * len(model.tensors))
                shapes[number] = array.size if array.ndim == 1 else list(array.shape)
                pooled.setdefault(pool, []).append(array.reshape(-1))
    arrays |= {pool: np.concatenate(some) for pool, some in pooled.items()}
    description = to_columns(entries) | {"pools": pools, "metadata": model.metadata, "crc32": sums}
    return arrays | {DESCRIPTION: pack_description({k: v for k, v in description.items() if v})}


def header_bits(model: CompressedModel) -> dict[str, int]:
    """Count the bits that the description and the headers of arrays take in a file of the compressed tensors alone.

    Returns:
        By name, the shares of the compressed tensors, which are equal but for a remainder that the first one bears.
    """
    tensors: dict[str, CompressedTensor | UncompressedTensor] = {
        name: tensor for name, tensor in model.tensors.items() if isinstance(tensor, CompressedTensor)
    }
    if not tensors:
        return {}
    arrays = _arrays(CompressedModel(tensors))
    # The safetensors library lays arrays of one item size out by name.
    forms = {name: (arrays[name].shape, arrays[name].dtype) for name in sorted(arrays)}
    header = safetensors_header(forms, {KEY: seal({"version": VERSION})})
    bits = 8 * (len(header) + arrays[DESCRIPTION].nbytes)
    shares = {name: bits // len(tensors) for name in tensors}
    shares[next(iter(tensors))] += bits % len(tensors)
    return shares


def load(path: str | os.PathLike[str]) -> CompressedModel:
    """Read a file that `save` wrote, and verify every checksum.

    Raises:
        FormatError: `save` did not write the file, it has a newer format, it is damaged, or its parts do not fit
            together; the message names the tensor where it can.
        XoroptError: the file cannot be read.
    """
    arrays, metadata = read_safetensors(path)
    if KEY not in metadata:
        raise FormatError(f"{path}: holds no xoropt description; compress it first with 'xoropt compress'.")
    try:
        sealed = unseal(metadata[KEY])
        version = get(sealed, "version", int)
        if version > VERSION:
            raise FormatError(f"is of format version {version}, newer than {VERSION}; upgrade xoropt to read it")
        if version < 1:
            raise FormatError(f"has the unknown format version {version}")
        if version == 1:
            description, stored = sealed, split_version_1(sealed, arrays)
        else:
            description, stored = _split_arrays(arrays)
        firsts = resolve_ties(stored)
        check_work({name: entry for name, (entry, _) in stored.items()}, os.stat(path).st_size)
        tensors: dict[str, CompressedTensor | UncompressedTensor] = {}
        for name, (entry, parts) in stored.items():
            try:
                first = firsts.get(name)
                tensors[name] = restore_tensor(entry, parts) if first is None else tensors[first]
            except (XoroptError, ValueError) as error:
                raise FormatError(f"tensor '{name}': {str(error).rstrip('.')}") from None
        extra = description.get("metadata", {})
        if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
            raise FormatError("the description's metadata is not text")
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).rstrip('.')}.") from None
    return CompressedModel(tensors, extra)


def _split_arrays(arrays: Parts) -> tuple[dict[str, Any], StoredTensors]:
    """Return the description of a file of version 2 or 3, and the tensors' entries and parts.

    Raises:
        FormatError: the description is not valid or does not fit the arrays, or a checksum differs.
    """
    if DESCRIPTION not in arrays:
        raise FormatError(f"holds no array '{DESCRIPTION}'")
    description = unpack_description(arrays[DESCRIPTION])
    entries = from_columns({"names": [], "common": {}, "columns": {}} | description)
    pools = get({"pools": {}} | description, "pools", dict)
    parts: dict[str, Parts] = {name: {} for name in entries}
    for pool, shapes in pools.items():
        if pool not in arrays or type(shapes) is not list or len(shapes) != len(entries):
            raise FormatError(f"the description of the array '{pool}' is not valid")
        _split_pool(pool, arrays[pool], shapes, parts)
    for key, array in arrays.items():
        name, cut, part = key.rpartition("::")
        if not cut:
            name, part = part, "raw"
        if key in pools or key == DESCRIPTION:
            continue
        if name not in parts or part in parts[name]:
            raise FormatError(f"holds the array '{key}', which its description does not name")
        parts[name][part] = array
    sums = description["crc32"]
    if len(sums) != len(entries):
        raise FormatError(f"the description has {len(sums)} checksums for {len(entries)} tensors")
    for name, stored_sum in zip(entries, sums, strict=True):
        if stored_sum != checksum(parts[name]):
            raise FormatError(f"tensor '{name}': is damaged or lacks a part (its checksum differs); get the file again")
    return description, {name: (entry, parts[name]) for name, entry in entries.items()}


def _split_pool(pool: str, stored: np.ndarray, shapes: list[Any], parts: dict[str, Parts]) -> None:
    """Cut a pool into the parts of the tensors.

    Args:
        pool: the name of the array, "PART::DTYPE".
        stored: the array.
        shapes: for each tensor the shape of its part, None where it has none.
        parts: of each tensor, in order; the parts from the pool are added.

    Raises:
        FormatError: the shapes are not valid, or they do not fit the array.
    """
    part, _, dtype = pool.rpartition("::")
    if stored.ndim != 1 or name_of(stored.dtype) != dtype:
        raise FormatError(f"the array '{pool}' has the wrong shape or dtype")
    at = 0
    for name, shape in zip(parts, shapes, strict=True):
        if shape is None:
            continue
        sides = [non_negative_int(n, pool) for n in (shape if type(shape) is list else [shape])]
        if len(sides) > MAX_PART_AXES:
            raise FormatError(f"the description of the array '{pool}' is not valid")
        size = math.prod(sides)
        if at + size > len(stored):
            raise FormatError(f"the array '{pool}' ends too early")
        parts[name][part] = stored[at : at + size].reshape(sides)
        at += size
    if at != len(stored):
        raise FormatError(f"the array '{pool}' goes on after its end")
