"""Tensors as a file holds them: their entries, and parts that are read when they are needed.

Large parts are arrays by themselves. Small ones lie in pools, one array for each part and dtype with tensor after
tensor, so that a tensor of a few hundred bytes does not pay for headers of its own.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.dtypes import name_of
from xoropt.common.errors import FormatError
from xoropt.common.tensor_files import Piece
from xoropt.model.file.description import from_columns, pack_description, to_columns, unpack_description
from xoropt.model.file.tensor_entries import Parts, array_name, checksum, describe_tensor
from xoropt.model.tensors import CompressedTensor, UncompressedTensor

__all__ = ["DESCRIPTION", "StoredTensor", "split_pieces", "stored_form", "tie_to", "to_pieces"]

DESCRIPTION = "xoropt::description"
MAX_PART_AXES = 8
"""The most axes of a part in a pool; the parts that are written have at most two."""
LARGE = 1 << 16
"""The bytes from which on a part is an array by itself."""


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor as a file holds it.

    Attributes:
        entry: in the description.
        pieces: its parts, by name.
        crc32: of its parts.
    """

    entry: dict[str, Any]
    pieces: dict[str, Piece]
    crc32: int

    def parts(self) -> Parts:
        """Read all parts.

        Raises:
            FormatError: the checksum differs.
        """
        parts = {part: piece.read() for part, piece in self.pieces.items()}
        if checksum(parts) != self.crc32:
            raise FormatError("is damaged or lacks a part (its checksum differs); get the file again")
        return parts


def stored_form(tensor: CompressedTensor | UncompressedTensor) -> StoredTensor:
    """Return the form in which a tensor is stored.

    Raises:
        DecodeError: its parts do not fit together.
    """
    entry, parts = describe_tensor(tensor)
    return StoredTensor(entry, {part: Piece.of(array) for part, array in parts.items()}, checksum(parts))


def tie_to(name: str) -> StoredTensor:
    """Return the form of a tensor that is the same as an earlier one."""
    return StoredTensor({"same": name}, {}, checksum({}))


def to_pieces(
    tensors: Mapping[str, StoredTensor], metadata: Mapping[str, str], source: Mapping[str, Any] | None = None
) -> dict[str, Piece]:
    """Make the arrays of a file, the description among them.

    Args:
        tensors: by name, in order.
        metadata: of the original file.
        source: what else there is to say of the original file, JSON.
    """
    arrays: dict[str, Piece] = {}
    pools: dict[str, list[Any]] = {}
    pooled: dict[str, list[np.ndarray]] = {}
    for number, (name, tensor) in enumerate(tensors.items()):
        for part, piece in tensor.pieces.items():
            if part == "raw" or piece.nbytes >= LARGE:
                arrays[array_name(name, part)] = piece
            else:
                pool = f"{part}::{name_of(piece.dtype)}"
                shapes = pools.setdefault(pool, [None] * len(tensors))
                shapes[number] = piece.size if len(piece.shape) == 1 else list(piece.shape)
                pooled.setdefault(pool, []).append(piece.read().reshape(-1))
    arrays |= {pool: Piece.of(np.concatenate(some)) for pool, some in pooled.items()}
    description = to_columns({name: tensor.entry for name, tensor in tensors.items()})
    description |= {"pools": pools, "metadata": dict(metadata), "source": dict(source or {})}
    description["crc32"] = [tensor.crc32 for tensor in tensors.values()]
    return arrays | {DESCRIPTION: Piece.of(pack_description({k: v for k, v in description.items() if v}))}


def split_pieces(arrays: Mapping[str, Piece]) -> tuple[dict[str, Any], dict[str, StoredTensor]]:
    """Return the description of a file of version 2 or 3, and its tensors; nothing but the pools is read.

    Raises:
        FormatError: the description is not valid or does not fit the arrays.
    """
    if DESCRIPTION not in arrays:
        raise FormatError(f"holds no array '{DESCRIPTION}'")
    description = unpack_description(arrays[DESCRIPTION].read())
    entries = from_columns({"names": [], "common": {}, "columns": {}} | description)
    pools = get({"pools": {}} | description, "pools", dict)
    parts: dict[str, dict[str, Piece]] = {name: {} for name in entries}
    for pool, shapes in pools.items():
        if pool not in arrays or type(shapes) is not list or len(shapes) != len(entries):
            raise FormatError(f"the description of the array '{pool}' is not valid")
        part = pool.rpartition("::")[0]
        for name, piece in _split_pool(pool, arrays[pool], dict(zip(entries, shapes, strict=True))):
            parts[name][part] = piece
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
    stored = zip(entries, sums, strict=True)
    return description, {name: StoredTensor(entries[name], parts[name], crc) for name, crc in stored}


def _split_pool(pool: str, stored: Piece, shapes: Mapping[str, Any]) -> Iterator[tuple[str, Piece]]:
    """Cut a pool into the parts of the tensors.

    Args:
        pool: the name of the array, "PART::DTYPE".
        stored: the array.
        shapes: of each tensor's part, in order; None where it has none.

    Raises:
        FormatError: the shapes are not valid, or they do not fit the array.
    """
    if len(stored.shape) != 1 or name_of(stored.dtype) != pool.rpartition("::")[2]:
        raise FormatError(f"the array '{pool}' has the wrong shape or dtype")
    held = stored.read()
    at = 0
    for name, shape in shapes.items():
        if shape is None:
            continue
        sides = [non_negative_int(n, pool) for n in (shape if type(shape) is list else [shape])]
        if len(sides) > MAX_PART_AXES:
            raise FormatError(f"the description of the array '{pool}' is not valid")
        size = math.prod(sides)
        if at + size > len(held):
            raise FormatError(f"the array '{pool}' ends too early")
        yield name, Piece.of(held[at : at + size].reshape(sides))
        at += size
    if at != len(held):
        raise FormatError(f"the array '{pool}' goes on after its end")
