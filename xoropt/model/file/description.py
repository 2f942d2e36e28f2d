"""The description of a file: deflated JSON, with one list for each key of the tensors' entries.

Neighbouring entries differ in few digits, so that a small tensor's share of the description is some twenty bytes.
"""

import json
import zlib
from typing import Any

import numpy as np

from xoropt.common.description_checks import get
from xoropt.common.errors import FormatError, XoroptError
from xoropt.model.file.information import check_text

__all__ = ["from_columns", "pack_description", "seal", "to_columns", "unpack_description", "unseal"]

SEAL = '{"crc32":"'
"""The text before the checksum that seals a JSON object."""
LARGEST = 1 << 25
"""The most bytes of a description's text, enough for some 100,000 tensors.

When it is parsed, a hostile text takes thirty times as much memory.
"""
LEAST = 1 << 20
"""The bytes of a text that every description may have."""
EXPANSION = 200
"""Further bytes of the text for each byte that is stored; those of many tensors alike take some 30."""
MOST_KEYS = 64
"""The most keys that entries have in common; those of all encodings are half as many."""

Entries = dict[str, dict[str, Any]]


def to_columns(entries: Entries) -> dict[str, Any]:
    """Turn the entries of tensors into columns.

    Returns:
        `names`; `common`, the keys and values that the entries of all compressed tensors share; `columns`, for each
        other key a list of its values, None where a tensor's entry lacks the key.
    """
    shared: dict[str, Any] | None = None
    for entry in entries.values():
        if not _stands_alone(entry):
            shared = entry if shared is None else {k: v for k, v in shared.items() if entry.get(k) == v}
    common = {} if shared is None or len(entries) < 2 else dict(shared)
    keys = dict.fromkeys(key for entry in entries.values() for key in entry)
    columns = {}
    for key in keys:
        column = [None if key in common and not _stands_alone(e) else e.get(key) for e in entries.values()]
        if any(value is not None for value in column):
            columns[key] = column
    return {"names": list(entries), "common": common, "columns": columns}


def _stands_alone(entry: dict[str, Any]) -> bool:
    """Return whether an entry has nothing in common with those of other compressed tensors."""
    return "carried" in entry or "same" in entry


def from_columns(description: dict[str, Any]) -> Entries:
    """Turn columns back into the entries of tensors.

    Raises:
        FormatError: the description lacks what `to_columns` returns, or holds something else.
    """
    names, common, columns = (get(description, *k) for k in (("names", list), ("common", dict), ("columns", dict)))
    if not all(type(name) is str for name in names) or len(set(names)) != len(names):
        raise FormatError("the description lacks valid 'names'")
    sums = description.get("crc32")
    if sums is not None and len(sums) != len(names):  # so that the entries are no more than the file has room for
        raise FormatError(f"the description has {len(sums)} checksums for {len(names)} tensors")
    if len(common) > MOST_KEYS:
        raise FormatError("the description lacks valid 'common'")
    if not all(type(column) is list and len(column) == len(names) for column in columns.values()):
        raise FormatError("the description lacks valid 'columns'")
    entries = {}
    for i, name in enumerate(names):
        own = {key: column[i] for key, column in columns.items() if column[i] is not None}
        entries[name] = own if _stands_alone(own) else common | own
    return entries


def pack_description(description: dict[str, Any]) -> np.ndarray:
    """Pack a description as it is stored.

    Args:
        description: without empty values. `crc32` is a list with one number below 2^32 for each tensor, which is stored
            apart because it can't be deflated.

    Returns:
        uint8: the CRC-32 of what follows, the JSON text deflated (zlib's form), and the tensors' checksums.

    Raises:
        XoroptError: it is too large to be read again, with too many tensors or too much metadata.
    """
    others = {key: value for key, value in description.items() if key != "crc32"}
    text = json.dumps(others, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > LARGEST:
        raise XoroptError(
            f"The file's description would take {len(text)} bytes, more than {LARGEST}; store it as several files."
        )
    sums = np.array(description.get("crc32", []), dtype="<u4").tobytes()
    stored = zlib.compress(text, 9) + sums
    if len(text) > most_text(len(stored)):
        stored = zlib.compress(text, 0) + sums
    return np.frombuffer(zlib.crc32(stored).to_bytes(4, "little") + stored, dtype=np.uint8)


def most_text(stored: int) -> int:
    """Return the most bytes that the text of a description may have which takes so many bytes in a file."""
    return min(LARGEST, LEAST + EXPANSION * stored)


def unpack_description(data: np.ndarray) -> dict[str, Any]:
    """Unpack what `pack_description` packed.

    Raises:
        FormatError: the data are damaged, or the text is too large.
    """
    if data.dtype != np.uint8 or data.ndim != 1:
        raise FormatError("the description is not an array of bytes")
    stored = data.tobytes()
    if zlib.crc32(stored[4:]) != int.from_bytes(stored[:4], "little"):
        raise FormatError("the description is damaged (its checksum differs); get the file again")
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(stored[4:], most_text(len(stored) - 4))
    except zlib.error:
        raise FormatError("the description can't be inflated") from None
    if not inflate.eof or len(inflate.unused_data) % 4:
        raise FormatError("the description is too long or ends too early")
    return parse_object(text) | {"crc32": np.frombuffer(inflate.unused_data, dtype="<u4").tolist()}


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        FormatError: the text is no JSON object.
    """
    try:
        description = json.loads(text)
    except (ValueError, RecursionError):
        description = None
    if not isinstance(description, dict):
        raise FormatError("the description is not valid JSON")
    check_text(text, description)
    return description


def seal(values: dict[str, Any]) -> str:
    """Write JSON whose first key, `crc32`, is the CRC-32 of the text with zeros in its place.

    The file's metadata have one key for all, because safetensors writes several keys in no fixed order and a model
    should give the same file every time.
    """
    text = json.dumps({"crc32": "00000000", **values}, separators=(",", ":"), ensure_ascii=False)
    return _with_sum(text, f"{zlib.crc32(text.encode()):08x}")


def unseal(text: str) -> dict[str, Any]:
    """Read what `seal` wrote.

    Raises:
        FormatError: the checksum differs, or the text is no JSON object.
    """
    digits = text[len(SEAL) : len(SEAL) + 8]
    if not text.startswith(SEAL) or f"{zlib.crc32(_with_sum(text, '0' * 8).encode()):08x}" != digits:
        raise FormatError("the description is damaged (its checksum differs); get the file again")
    return parse_object(text)


def _with_sum(text: str, digits: str) -> str:
    return f"{SEAL}{digits}{text[len(SEAL) + 8 :]}"
