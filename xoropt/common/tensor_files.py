"""Files of tensors, safetensors and .npz: read as arrays by name, and written."""

import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader, FileIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from xoropt_solvers.inflating import fault_of_inflating

from xoropt.common.dtypes import as_stored, dtype_of, from_stored, name_of, stored_bytes
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.file_kinds import is_npz, kind_of, refuse_other_kinds
from xoropt.common.files import check_readable, reason_of, whole_file

__all__ = [
    "Piece",
    "check_inflating",
    "fault_of",
    "pieces_in",
    "read_arrays",
    "read_safetensors",
    "safetensors_header",
    "stream_safetensors",
    "without_twins",
    "write_safetensors",
]

MOST_READ = 1 << 30
"""The bytes of a file up to which it is read; larger ones are mapped, so that a model need not fit into memory."""


@dataclass(frozen=True, eq=False)
class Piece:
    """An array of a file, which is read when it is needed.

    Attributes:
        shape, dtype: of the array.
        read: returns the array.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]

    @classmethod
    def of(cls, array: np.ndarray) -> "Piece":
        """Return an array in memory as a piece."""
        return cls(array.shape, array.dtype, lambda: array)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes in memory."""
        return self.size * self.dtype.itemsize


FAULTS = (
    ("byte boundary", "a tensor of 4- or 6-bit numbers does not fill whole bytes"),
    ("unknown variant", "a tensor has a dtype that such files do not have"),
    ("not fully covered", "it is longer or shorter than its header says"),
    ("invalid shape", "a tensor's bytes in it do not fit its shape and dtype"),
    ("invalid offset", "its tensors overlap or leave a gap"),
    ("JSON", "its header is no JSON"),
    ("UTF-8", "its header is no text"),
    ("header", "it does not begin with the length of a header"),
)
"""What the safetensors library says is wrong with a file, by a word of it, and how it is told here."""


def fault_of(error: SafetensorError) -> str:
    """Say what is wrong with a file that the safetensors library refuses, as the end of a message."""
    said = str(error)
    fault = next((fault for word, fault in FAULTS if word in said), said.split("\n")[0])
    named = re.search(r"unknown variant `(\w+)`", said)
    fault = f"{fault}, {named[1]}" if named else fault
    return f"not a readable safetensors file ({fault}); was it cut short or damaged?"


def pieces_in(path: str | os.PathLike[str]) -> tuple[dict[str, Piece], dict[str, str]]:
    """Read the header of a safetensors file, and none of its arrays.

    Returns:
        The arrays by name, in the order of the header, each of which is read from the file when it is asked for; the
        metadata.

    Raises:
        FormatError, XoroptError: as for `read_safetensors`; reading a piece raises them too.
    """
    path = Path(path)
    with _reading(path):
        header, begin = _read_header(path)
        metadata = header.pop("__metadata__", {})
        found = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            shape, dtype = tuple(entry["shape"]), dtype_of(entry["dtype"])
            if last - first != stored_bytes(dtype, math.prod(shape)):
                raise FormatError(f"tensor '{name}': its entry in the header is not valid")
            found[name] = Piece(shape, dtype, partial(_read_piece, path, begin + first, last - first, dtype, shape))
    return found, metadata


def _read_piece(path: Path, at: int, size: int, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    with _reading(path), path.open("rb", buffering=0) as file:
        file.seek(at)
        return from_stored(_read_exactly(file, size), name_of(dtype), shape)


def read_safetensors(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read the arrays of a safetensors file and its metadata; a file of more than a GiB is mapped instead.

    The safetensors library checks the file; the bytes are then read here, because its NumPy view lacks some dtypes.

    Returns:
        The arrays by name, read-only, in the order of the file's header; the metadata.

    Raises:
        FormatError: not a safetensors file, damaged, truncated, or with a dtype that is not supported.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    with _reading(path):
        header, begin = _read_header(path)
        metadata = header.pop("__metadata__", {})
        with path.open("rb") as file:
            file.seek(begin)
            data = _read_or_map(file, max((entry["data_offsets"][1] for entry in header.values()), default=0))
        arrays = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            arrays[name] = from_stored(data[first:last].view(np.ndarray), entry["dtype"], tuple(entry["shape"]))
    return arrays, metadata


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file in what goes wrong while it is read."""
    try:
        yield
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except SafetensorError as error:
        raise FormatError(f"{path}: {fault_of(error)}") from None
    except FormatError as error:
        where = "" if str(error).startswith(f"{path}: ") else f"{path}: "
        raise FormatError(f"{where}{str(error).rstrip('.')}.") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, XoroptError):
            raise
        raise FormatError(f"{path}: the header of this safetensors file is damaged.") from None


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file, which the library has checked, and where its data begin."""
    check_readable(path)
    refuse_other_kinds(path)
    with safe_open(path, framework="numpy") as checked:
        checked.metadata()  # whose order is another one every time
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(length), object_pairs_hook=without_twins), 8 + length


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs of a JSON object as a dictionary, for `json.loads`.

    Raises:
        FormatError: a name is there twice, of which one reader could take the first and another the second.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise FormatError(f"'{twice}' stands in the header twice")
    return found


def _read_or_map(file: BufferedReader, size: int) -> np.ndarray:
    """Return the rest of a file, of so many bytes, read-only.

    It is read into memory unless it is too large: where another program cuts a mapped file, the system ends this one.

    Raises:
        FormatError: the file is shorter: it was cut after its header had been checked.
    """
    if size > MOST_READ:
        return np.memmap(file, dtype=np.uint8, mode="r", offset=file.tell(), shape=(size,))
    data = _read_exactly(file, size)
    data.flags.writeable = False
    return data


def _read_exactly(file: BufferedReader | FileIO, size: int) -> np.ndarray:
    """Read so many bytes, uint8.

    Raises:
        FormatError: there are fewer.
    """
    data = np.empty(size, dtype=np.uint8)
    at = 0
    while at < size:
        got = file.readinto(data[at:].data)
        if not got:
            raise FormatError("was cut while it was read; get the file again")
        at += got
    return data


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a .npz file, recognized by its first bytes, or any other file as `read_safetensors` does.

    Returns:
        The arrays by name, in the machine's byte order; the metadata, which a .npz file does not have.

    Raises:
        FormatError: not such a file, damaged, truncated, or with a dtype that is not supported.
        XoroptError: the file cannot be read.
    """
    path = Path(path)
    check_readable(path)
    if not is_npz(path):
        kind = kind_of(path) if path.suffix == ".npz" else None
        if kind is not None:
            raise FormatError(f"{path}: not a readable .npz file of plain arrays; it {kind}.")
        return read_safetensors(path)
    check_inflating(path)
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except Exception:  # a damaged archive can raise almost anything, from zlib's errors to the tokenizer's
        raise FormatError(f"{path}: not a readable .npz file of plain arrays; was it cut short or damaged?") from None
    for name, array in arrays.items():
        try:
            if not isinstance(array, np.ndarray):
                raise FormatError("is not an array")
            name_of(array.dtype)
            arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
        except FormatError as error:
            raise FormatError(f"{path}: tensor '{name}': {error}.") from None
    return arrays, {}


def check_inflating(path: Path) -> None:
    """Raise FormatError where an archive of NumPy's would inflate to far more than it is.

    Raises:
        XoroptError: it cannot be read.
    """
    try:
        fault = fault_of_inflating(path)
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    if fault is not None:
        raise FormatError(f"{path}: {fault}.")


def write_safetensors(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str], overwrite: bool = False
) -> None:
    """Write arrays and metadata as a safetensors file, whole or not at all.

    Args:
        path: where the file is to be.
        arrays: by name.
        metadata: of the file; empty: none is written.
        overwrite: replace a file that exists.

    Raises:
        XoroptError: `path` can't become a new file, a name is not allowed, or a write failed.
    """
    _check_names(arrays)
    ready = {name: np.require(array, requirements="C") for name, array in arrays.items()}
    with whole_file(path, overwrite) as part:
        save_file(ready, part, metadata=dict(metadata) or None)


def stream_safetensors(
    path: str | os.PathLike[str],
    forms: Mapping[str, tuple[tuple[int, ...], np.dtype]],
    array_of: Callable[[str], np.ndarray],
    metadata: Mapping[str, str],
    overwrite: bool = False,
) -> None:
    """Write a safetensors file array by array, so that only one of them is in memory; whole or not at all.

    Args:
        path: where the file is to be.
        forms: the shape and dtype of every array, by name, in the order of the file's header.
        array_of: returns an array by its name; called once for each that is not empty.
        metadata: of the file; empty: none is written.
        overwrite: replace a file that exists.

    Raises:
        XoroptError: as for `write_safetensors`, and what `array_of` raises.
    """
    _check_names(forms)
    header = safetensors_header(forms, metadata)
    with whole_file(path, overwrite) as part, part.open("wb") as file:
        file.write(header)
        for name in _widest_first(forms):
            if math.prod(forms[name][0]):
                file.write(as_stored(array_of(name)).data)


def safetensors_header(
    forms: Mapping[str, tuple[tuple[int, ...], np.dtype]], metadata: Mapping[str, str] | None = None
) -> bytes:
    """Make the bytes of a safetensors file that come before its data: the header's length and the header.

    The data that the header describes has the arrays with the widest items first, so that every one lies at a multiple
    of its item size; those of one width in the order of `forms`.

    Args:
        forms: the shape and dtype of every array, by name, in the order of the header.
        metadata: of the file; None or empty: none is written.

    Raises:
        FormatError: a dtype that safetensors files do not have.
    """
    sizes = {name: stored_bytes(dtype, math.prod(shape)) for name, (shape, dtype) in forms.items()}
    order = _widest_first(forms)
    ends = dict(zip(order, accumulate(sizes[name] for name in order), strict=True))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for name, (shape, dtype) in forms.items():
        offsets = [ends[name] - sizes[name], ends[name]]
        header[name] = {"dtype": name_of(dtype), "shape": list(shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _widest_first(forms: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> list[str]:
    return sorted(forms, key=lambda name: -forms[name][1].itemsize)


def _check_names(names: Iterable[str]) -> None:
    if "__metadata__" in names:
        raise XoroptError("a tensor named '__metadata__' can't stand in a safetensors file; rename or leave it out.")
