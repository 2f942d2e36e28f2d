"""NumPy's archives (.npz): what is in one beside its numbers, and how its bytes are made again.

An archive is a zip file of .npy files, stored as they are or deflated. What lies between their data, headers and the
directory, is kept as it is. Deflated data is made again by zlib with the level that gives the same bytes; `numpy.savez`
and `numpy.savez_compressed` leave nothing else to be kept. Another library's deflated data cannot always be made again.

Sources: PKWARE's APPNOTE 6.3.10, sections 4.3.7 and 4.3.12; NumPy's format specification, versions 1.0 to 3.0.
"""

import base64
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.dtypes import name_of
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.files import check_readable, reason_of
from xoropt.common.tensor_files import check_inflating

__all__ = ["Archive", "Member", "archive_from", "as_archived", "describe_archive", "open_archive", "read_archive"]

LEVELS = (6, 9, 1, 5, 4, 3, 2, 7, 8)
"""Levels of zlib in the order in which they are tried: the usual one first."""
AT_ONCE = 1 << 20
"""Bytes that are deflated at once."""
LOCAL = 30
"""Bytes of a member's local header before its name."""
LARGEST = 1 << 28
"""The most bytes of an archive beside its data."""
LEAST = 1 << 24
"""Those that every file may say."""
EXPANSION = 200
"""Further ones for each byte that they take deflated."""


@dataclass(frozen=True)
class Member:
    """An array of an archive.

    Attributes:
        name: of the array.
        at: how many bytes of the archive's `frame` come before its data.
        head: the header of the .npy file.
        level: of zlib, with which it is deflated; None: it is stored as it is.
    """

    name: str
    at: int
    head: bytes = field(repr=False)
    level: int | None = None

    @property
    def form(self) -> tuple[tuple[int, ...], bool, np.dtype]:
        """The shape, whether it lies column by column, and the dtype.

        Raises:
            ValueError: the header is not valid.
        """
        file = io.BytesIO(self.head)
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return read(file)


@dataclass(frozen=True)
class Archive:
    """What is in an archive beside the numbers.

    Attributes:
        frame: all bytes but the members' data.
        members: the arrays, in the order of their data.
        again: whether its bytes can be made again.
    """

    frame: bytes = field(repr=False)
    members: tuple[Member, ...]
    again: bool = True


def read_archive(path: Path) -> Archive:
    """Read an archive but for its numbers, and find out how its data is deflated.

    Raises:
        FormatError: it is no archive of plain arrays, damaged, or has a dtype that is not supported.
        XoroptError: it cannot be read.
    """
    check_readable(path)
    check_inflating(path)
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            frame, members, end, again = bytearray(), [], 0, True
            for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
                begin = _data_begin(file, info)
                if begin < end:
                    raise FormatError("members overlap")
                frame += _read(file, end, begin - end)
                end = begin + info.compress_size
                head = _npy_head(archive, info)
                member = Member(info.filename.removesuffix(".npy"), len(frame), head)
                _check_dtype(member)
                if info.compress_type != zipfile.ZIP_STORED:
                    level = _level(archive, info, file, begin)
                    again = again and level is not None
                    member = Member(member.name, member.at, head, level)
                members.append(member)
            file.seek(end)
            frame += file.read(LARGEST)
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except FormatError as error:
        raise FormatError(f"{path}: not a readable .npz file of plain arrays ({str(error).rstrip('.')}).") from None
    except Exception:  # a damaged archive can raise almost anything
        raise FormatError(f"{path}: not a readable .npz file of plain arrays; was it cut short or damaged?") from None
    if len({member.name for member in members}) < len(members):
        raise FormatError(f"{path}: holds two arrays of one name; rename one.")
    return Archive(bytes(frame), tuple(members), again)


def _check_dtype(member: Member) -> None:
    _, _, dtype = member.form
    try:
        name_of(dtype)
    except FormatError as error:
        raise FormatError(f"tensor '{member.name}': {error}") from None


def _data_begin(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where a member's data begins: behind its local header, whose name and extra field have own lengths."""
    local = _read(file, info.header_offset, LOCAL)
    return info.header_offset + LOCAL + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    if not 0 <= size <= LARGEST:
        raise FormatError("too much lies between its members")
    file.seek(at)
    data = file.read(size)
    if len(data) != size:
        raise FormatError("it was cut short")
    return data


def _npy_head(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the header of a .npy file."""
    if not info.filename.endswith(".npy") or info.flag_bits & 1:
        raise FormatError(f"'{info.filename}' is no plain .npy file")
    with archive.open(info) as member:
        start = member.read(8)
        width = 2 if start[6:7] == b"\x01" else 4
        length = member.read(width)
        return start + length + member.read(int.from_bytes(length, "little"))


def _level(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO, begin: int) -> int | None:
    """Return the level with which zlib makes a member's data again; None where none does."""
    return next((level for level in LEVELS if _makes_again(archive, info, file, begin, level)), None)


def _makes_again(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO, begin: int, level: int) -> bool:
    if info.compress_type != zipfile.ZIP_DEFLATED:
        return False
    at, end = begin, begin + info.compress_size
    with archive.open(info) as member:
        for made in _deflated(iter(lambda: member.read(AT_ONCE), b""), level):
            if at + len(made) > end or _read(file, at, len(made)) != made:
                return False
            at += len(made)
    return at == end


def _deflated(data: Iterator[bytes], level: int) -> Iterator[bytes]:
    """Yield deflated bytes, as Python's `zipfile` makes them."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    for some in data:
        yield deflate.compress(some)
    yield deflate.flush()


@contextmanager
def open_archive(path: Path) -> Iterator[Callable[[Member], np.ndarray]]:
    """Open an archive, and give what reads an array of it, in the machine's byte order.

    Raises:
        FormatError: the archive is damaged.
        XoroptError: it cannot be read.
    """

    def read(member: Member) -> np.ndarray:
        with _reading(path, f"array '{member.name}' "):
            array = np.asarray(archive[f"{member.name}.npy"])
        return array.astype(array.dtype.newbyteorder("="), copy=False)

    with _reading(path, ""):
        archive = np.load(path, allow_pickle=False)
    with archive:
        yield read


@contextmanager
def _reading(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except Exception:  # as above
        raise FormatError(f"{path}: {what}cannot be read; was the file damaged?") from None


def as_archived(member: Member, array: np.ndarray) -> Iterator[bytes]:
    """Yield the bytes of a member's data.

    Args:
        member: where it was.
        array: its numbers, in the machine's byte order.

    Raises:
        FormatError: the member's header is not valid, or of another array.
    """
    try:
        shape, by_columns, dtype = member.form
    except Exception:  # a forged header can raise almost anything, from the tokenizer's errors on
        raise FormatError(f"array '{member.name}': its header is not valid") from None
    if array.shape != shape or array.dtype != dtype.newbyteorder("="):
        raise FormatError(f"array '{member.name}': its header is of another array")
    ordered = np.ravel(array.astype(dtype, copy=False), order="F" if by_columns else "C")

    def data() -> Iterator[bytes]:
        yield member.head
        step = max(1, AT_ONCE // max(1, dtype.itemsize))
        for first in range(0, ordered.size, step):
            yield ordered[first : first + step].tobytes()

    yield from data() if member.level is None else _deflated(data(), member.level)


def describe_archive(archive: Archive) -> dict[str, Any]:
    """Return an archive's frame and members as a file says them, JSON."""
    members = [
        {"name": member.name, "at": member.at, "head": _text(member.head)}
        | ({} if member.level is None else {"level": member.level})
        for member in archive.members
    ]
    frame = zlib.compress(archive.frame, 9)
    if len(archive.frame) > _most(frame):
        frame = zlib.compress(archive.frame, 0)
    said = {"frame": _text(frame), "members": members}
    return said if archive.again else said | {"again": False}


def archive_from(said: Any) -> Archive:
    """Return an archive as a file describes it.

    Raises:
        FormatError: the description is not valid.
    """
    frame = zlib.decompressobj()
    try:
        deflated = _octets(get(said, "frame", str))
        data = frame.decompress(deflated, _most(deflated))
        members = tuple(_member(entry) for entry in get(said, "members", list))
    except (ValueError, zlib.error) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError("the description lacks a valid 'archive'") from None
    ends = [member.at for member in members]
    if ends != sorted(ends) or (ends and ends[-1] > len(data)) or not frame.eof:
        raise FormatError("the description lacks a valid 'archive'")
    return Archive(data, members, get({"again": True} | said, "again", bool))


def _member(said: Any) -> Member:
    level = get(said, "level", int) if "level" in said else None
    if level is not None and level not in LEVELS:
        raise FormatError("the description lacks a valid 'level'")
    at = non_negative_int(get(said, "at", int), "at", LARGEST)
    return Member(get(said, "name", str), at, _octets(get(said, "head", str)), level)


def _most(deflated: bytes) -> int:
    """Return the most bytes that these are inflated to."""
    return min(LARGEST, LEAST + EXPANSION * len(deflated))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
