"""A safetensors file as it is: its layout, its tensors as arrays, read one by one, and its SHA-256."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from xoropt.checkpoints.layout import Layout, parse_layout
from xoropt.common.dtypes import from_stored
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import refuse_other_kinds
from xoropt.common.files import check_readable, reason_of
from xoropt.common.tensor_files import fault_of

__all__ = ["Shard", "array_of_octets", "read_shard", "sha256_of"]

AT_ONCE = 1 << 22
"""Bytes that are read at once for a checksum."""


@dataclass(frozen=True)
class Shard:
    """A safetensors file. It is not mapped, so that what is read of it is all that takes memory.

    Attributes:
        path: of the file.
        layout: its header.
    """

    path: Path
    layout: Layout

    def octets(self, name: str, first: int = 0, size: int | None = None) -> np.ndarray:
        """Read bytes of a tensor, uint8: `size` of them from number `first` on, or all behind that.

        Raises:
            FormatError: the file was cut in the meantime.
            XoroptError: the file cannot be read.
        """
        place = self.layout.places[name]
        data = np.empty(place.last - place.first - first if size is None else size, dtype=np.uint8)
        try:
            with self.path.open("rb", buffering=0) as file:
                file.seek(self.layout.head_bytes + place.first + first)
                at = 0
                while at < len(data) and (got := file.readinto(memoryview(data)[at:])):
                    at += got
        except OSError as error:
            raise XoroptError(f"{self.path}: {reason_of(error)}.") from None
        if at < len(data):
            raise FormatError(f"{self.path}: was cut while it was read; get the file again.")
        return data

    def array(self, name: str) -> np.ndarray:
        """Read a tensor; one of a dtype that NumPy lacks as its bytes, uint8."""
        place = self.layout.places[name]
        return array_of_octets(self.octets(name), place.dtype, place.shape)


def array_of_octets(octets: np.ndarray, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return bytes as an array of a safetensors dtype; as they are where NumPy lacks it."""
    try:
        return from_stored(octets, dtype, shape)
    except FormatError:
        return octets


def read_shard(path: Path) -> Shard:
    """Read the header of a safetensors file, and check it and the file's length.

    Raises:
        FormatError: not a safetensors file, damaged, or cut short.
        XoroptError: the file cannot be read.
    """
    check_readable(path)
    refuse_other_kinds(path)
    try:
        with safe_open(path, framework="numpy") as checked:
            checked.metadata()
        with path.open("rb") as file:
            layout = parse_layout(file.read(int.from_bytes(file.read(8), "little")).decode())
        size = path.stat().st_size
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except SafetensorError as error:
        raise FormatError(f"{path}: {fault_of(error)}") from None
    except (FormatError, ValueError) as error:
        raise FormatError(f"{path}: the header of this safetensors file is damaged ({error}); get it again.") from None
    if layout.size != size:
        raise FormatError(f"{path}: has {size} bytes, its header says {layout.size}; get it again.")
    return Shard(path, layout)


def sha256_of(path: str | os.PathLike[str], progress: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits.

    Args:
        path: the file.
        progress: called with the number of bytes after each piece.

    Raises:
        XoroptError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as file:
            while part := file.read(AT_ONCE):
                digest.update(part)
                if progress is not None:
                    progress(len(part))
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    return digest.hexdigest()
