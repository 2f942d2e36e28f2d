"""Files of version 1: the same tensors, described and named in another way."""

import zlib
from typing import Any

from xoropt.common.dtypes import name_of
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.fields import get
from xoropt.masks.version_1 import modernize_parts
from xoropt.model.file.tensor_entries import Held, Parts, array_name, octets

__all__ = ["split_version_1"]


def split_version_1(description: dict[str, Any], arrays: Parts) -> Held:
    """The tensors' entries and parts as they are now.

    Entries stood by name, with a checksum for each part, and prefix masks were in one piece.

    Args:
        description: the file's.
        arrays: all of the file.

    Raises:
        FormatError: a part is missing or damaged, or an array belongs to no tensor.
    """
    common = get(description, "common", dict)
    held: Held = {}
    unused = set(arrays)
    for name, own in get(description, "tensors", dict).items():
        parts: Parts = {}
        for part, digits in get(own, "crc32", dict).items():
            key = array_name(name, part)
            if key not in arrays:
                raise FormatError(f"tensor '{name}': its part '{part}' is missing")
            parts[part] = arrays[key]
            unused.discard(key)
            head = f"{name_of(parts[part].dtype)} {','.join(map(str, parts[part].shape))}".encode()
            if digits != f"{zlib.crc32(octets(parts[part]), zlib.crc32(head)):08x}":
                raise FormatError(
                    f"tensor '{name}': its part '{part}' is damaged (its checksum differs); get the file again"
                )
        entry = own if "carried" in own else common | own
        try:
            parts |= modernize_parts(str(entry.get("mask")), parts)
        except (XoroptError, ValueError) as error:
            raise FormatError(f"tensor '{name}': {error}") from None
        held[name] = (entry, parts)
    if unused:
        raise FormatError(f"holds the array '{min(unused)}', which its description does not name")
    return held
