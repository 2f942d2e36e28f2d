"""Encodings as bytes: one safetensors file in memory, whose description has a checksum of all of it."""

import json
import zlib
from dataclasses import replace
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from xoropt.common.arguments import check_kind
from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.errors import FormatError

__all__ = ["Storable", "Stored", "pack", "restored", "unpack"]

DESCRIPTION = "description"
VERSION = 1
LARGEST = 1 << 25
"""The most bytes of a description."""

Stored = tuple[dict[str, Any], dict[str, np.ndarray], tuple[int, ...], int | None]
"""The entry, the arrays by part, the shape of a plane, and the planes; None where there is no axis that counts them."""


class Storable:
    """What encodings share: they become bytes, and come back."""

    def to_bytes(self) -> bytes:
        """Return the encoding as bytes, the same for the same encoding; `xoropt.from_bytes` reads them.

        Raises:
            DecodeError: its parts do not fit together, so that it could not be read again.
        """
        encoded: Any = self
        encoded.check_parts()
        entry, parts = encoded.describe()
        return pack(entry, parts, encoded.shape, encoded.planes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` of this class wrote; `xoropt.from_bytes` reads every class.

        Raises:
            FormatError, ArgumentError, DecodeError: the data are damaged, or they hold another kind of encoding.
        """
        encoded: Self = restored(cls, unpack(data))
        return encoded


def restored(scheme: Any, stored: Stored) -> Any:
    """Restore an encoding of a class, and check everything that a decoder relies on."""
    entry, parts, shape, planes = stored
    if not scheme.describes(entry):
        raise FormatError(f"the data hold no {scheme.__name__}; read them with xoropt.from_bytes.")
    parts = {"patches": np.zeros(0, dtype=np.uint8)} | parts
    encoded = scheme.restore(entry, parts, shape, 1 if planes is None else planes)
    if planes is None:
        encoded = replace(encoded, planes=None)
    if encoded.check_parts() is None:
        encoded.flips(0, encoded.outputs)
    return encoded


def pack(entry: dict[str, Any], parts: dict[str, np.ndarray], shape: tuple[int, ...], planes: int | None) -> bytes:
    """Pack what an encoding's `describe` returned."""
    parts = {part: np.ascontiguousarray(array) for part, array in parts.items() if array.nbytes or part == "seeds"}
    said = {"version": VERSION, "shape": list(shape), "planes": planes, "entry": entry}
    text = json.dumps(said, separators=(",", ":")).encode()
    described = _checksum(text, parts).to_bytes(4, "little") + text
    data: bytes = save(parts | {DESCRIPTION: np.frombuffer(described, dtype=np.uint8)})
    return data


def unpack(data: bytes) -> Stored:
    """Unpack what `pack` packed.

    Raises:
        FormatError: the data are damaged, of another kind, or of a newer version.
    """
    check_kind("data", data, (bytes, bytearray, memoryview), "bytes, as to_bytes returns them")
    try:
        parts = load(bytes(data))
    except (SafetensorError, TypeError, ValueError, KeyError):
        raise FormatError("the data are no encoding, cut short or damaged; store it again with to_bytes.") from None
    described = parts.pop(DESCRIPTION, np.zeros(0, dtype=np.uint8))
    if described.dtype != np.uint8 or described.ndim != 1 or not 4 < len(described) <= LARGEST:
        raise FormatError("the data hold no encoding; store one with to_bytes.")
    text = described[4:].tobytes()
    if described[:4].tobytes() != _checksum(text, parts).to_bytes(4, "little"):
        raise FormatError("the data are damaged (their checksum differs); get them again.")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    version = get(said, "version", int)
    if version != VERSION:
        raise FormatError(f"the data are of version {version}, not {VERSION}; upgrade xoropt to read them.")
    shape = tuple(non_negative_int(side, "shape") for side in get(said, "shape", list))
    planes = said.get("planes")
    entry = get(said, "entry", dict)
    return entry, parts, shape, None if planes is None else non_negative_int(planes, "planes", 64)


def _checksum(text: bytes, parts: dict[str, np.ndarray]) -> int:
    """Compute the CRC-32 of a description and the parts, sorted by name, with the form of each."""
    crc = zlib.crc32(text)
    for part in sorted(parts):
        array = parts[part]
        crc = zlib.crc32(f"{part} {array.dtype.str} {array.shape}".encode(), crc)
        crc = zlib.crc32(array.reshape(-1).view(np.uint8), crc)
    return crc
