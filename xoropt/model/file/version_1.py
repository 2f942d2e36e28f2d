"""Files of format version 1: the same tensors, with other descriptions and names of arrays."""

import zlib
from collections.abc import Mapping
from typing import Any

from xoropt.common.description_checks import get
from xoropt.common.dtypes import name_of
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.tensor_files import Piece
from xoropt.masks.version_1 import modernize_parts
from xoropt.model.file.description import MOST_KEYS
from xoropt.model.file.stored import StoredTensor
from xoropt.model.file.tensor_entries import Parts, array_name, bytes_of, checksum

__all__ = ["split_version_1"]


def split_version_1(
    description: dict[str, Any], arrays: Mapping[str, Piece]
) -> tuple[dict[str, Any], dict[str, StoredTensor]]:
    """Bring the tensors' entries and parts into the form of version 2.

    Version 1 had the entries by name, with a checksum for each part, and prefix masks in one piece.

    Args:
        description: of the file.
        arrays: all arrays of the file.

    Returns:
        The description, and the tensors.

    Raises:
        FormatError: a part is missing or damaged, or an array belongs to no tensor.
    """
    common = get(description, "common", dict)
    if len(common) > MOST_KEYS:
        raise FormatError("the description lacks valid 'common'")
    stored: dict[str, StoredTensor] = {}
    unused = set(arrays)
    for name, own in get(description, "tensors", dict).items():
        parts: Parts = {}
        for part, digits in get(own, "crc32", dict).items():
            key = array_name(name, part)
            if key not in arrays:
                raise FormatError(f"tensor '{name}': its part '{part}' is missing")
            parts[part] = arrays[key].read()
            unused.discard(key)
            head = f"{name_of(parts[part].dtype)} {','.join(map(str, parts[part].shape))}".encode()
            if digits != f"{zlib.crc32(bytes_of(parts[part]), zlib.crc32(head)):08x}":
                raise FormatError(
                    f"tensor '{name}': its part '{part}' is damaged (its checksum differs); get the file again"
                )
        entry = own if "carried" in own else common | own
        try:
            parts |= modernize_parts(str(entry.get("mask")), parts)
        except (XoroptError, ValueError) as error:
            raise FormatError(f"tensor '{name}': {error}") from None
        pieces = {part: Piece.of(array) for part, array in parts.items()}
        stored[name] = StoredTensor(entry, pieces, checksum(parts))
    if unused:
        raise FormatError(f"holds the array '{min(unused)}', which its description does not name")
    return description, stored
