"""The manifest of a compressed folder: which files it holds, what each of them was, and their checksums."""

import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from xoropt.common.description_checks import get, non_negative_int
from xoropt.common.errors import FormatError, XoroptError
from xoropt.common.files import read_text, reason_of
from xoropt.common.foreign_text import shown
from xoropt.model.file.description import seal, unseal

__all__ = [
    "MANIFEST",
    "SHA256",
    "FileRecord",
    "check_path",
    "fault_of_path",
    "is_compressed_folder",
    "read_manifest",
    "within",
    "write_manifest",
]

MANIFEST = "xoropt.json"
"""The name of the manifest, which no file of the original may have."""
VERSION = 1
LARGEST = 1 << 26
"""The most bytes of a manifest."""
LONGEST = 255
"""The most bytes of a file's name."""
LONGEST_PATH = 4096
"""The most bytes of a path, as systems have them."""
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class FileRecord:
    """A file of the folder.

    Attributes:
        path: within the folder, with "/" between its parts.
        compressed: whether it is stored compressed; otherwise it is a copy.
        size, sha256: of the original.
        stored_size, stored_sha256: of what is stored.
    """

    path: str
    compressed: bool
    size: int
    sha256: str
    stored_size: int
    stored_sha256: str

    @property
    def stored_path(self) -> str:
        """The path of what is stored."""
        return stored_name(self.path) if self.compressed else self.path


def stored_name(path: str) -> str:
    """Return the path under which a shard is stored compressed.

    It is another one than that of the original, so that no other program takes a compressed folder for a plain one.
    """
    return path.removesuffix(".safetensors") + ".xoropt.safetensors"


def fault_of_path(path: str) -> str | None:
    """Say what keeps a path from leading to a file within a folder on every system; None where nothing does."""
    if len(path.encode("utf-8", "surrogatepass")) > LONGEST_PATH:
        return f"more than {LONGEST_PATH} bytes"
    parts = path.split("/")
    if any(ord(letter) < 32 for letter in path):
        return "control characters"
    if any(0xD800 <= ord(letter) < 0xE000 for letter in path):
        return "bytes that are no UTF-8"
    if any(letter in path for letter in "\\:"):
        return "a backslash or a colon"
    if any(len(part.encode()) > LONGEST for part in parts):
        return f"more than {LONGEST} bytes"
    return "parts that lead elsewhere" if any(part in ("", ".", "..") for part in parts) else None


def check_path(path: str) -> str:
    """Return a path if it can only lead to a file within a folder.

    Raises:
        FormatError: it is absolute, leads upwards, is that of the manifest, or has another separator, a control
            character or bytes that are no UTF-8.
    """
    if path == MANIFEST or (fault := fault_of_path(path)):
        why = "is the manifest's own" if path == MANIFEST else f"has {fault}"
        raise FormatError(f"the name '{shown(path)}' is none of a file within the folder: it {why}")
    return path


def within(folder: Path, path: str) -> Path:
    """Return where a file of a folder lies.

    Raises:
        FormatError: it is missing, no plain file, or a symbolic link leads to it.
    """
    at = folder
    for part in PurePosixPath(path).parts:
        at = at / part
        if at.is_symlink():
            raise FormatError(f"{at}: is a symbolic link; put the file itself there.")
    if not at.is_file():
        raise FormatError(f"{at}: is missing, though '{MANIFEST}' names it; get the folder again.")
    return at


def is_compressed_folder(folder: Path) -> bool:
    """Tell whether a folder holds a manifest."""
    return (folder / MANIFEST).is_file()


def write_manifest(folder: Path, records: Iterable[FileRecord]) -> None:
    """Write the manifest of a folder.

    Raises:
        OSError: the system refuses.
    """
    files = [asdict(record) for record in sorted(records, key=lambda record: record.path)]
    (folder / MANIFEST).write_text(seal({"version": VERSION, "files": files}) + "\n", encoding="utf-8")


def read_manifest(folder: str | os.PathLike[str]) -> list[FileRecord]:
    """Read the manifest of a compressed folder, and check that all it names is there.

    Raises:
        FormatError: there is none, it is damaged or newer, a name leads out of the folder, or a file is missing or has
            another size.
        XoroptError: it cannot be read.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise FormatError(
            f"{folder}: holds no '{MANIFEST}' and is no compressed folder; compress it first with 'xoropt compress'."
        )
    try:
        if path.stat().st_size > LARGEST:
            raise FormatError("is too large for a manifest")
        said = unseal(read_text(path, "is no manifest; get the folder again.").rstrip("\n"))
        version = get(said, "version", int)
        if version != VERSION:
            raise FormatError(f"is of version {version}, not {VERSION}; upgrade xoropt to read it")
        records = [_record(entry) for entry in get(said, "files", list)]
        _check_twins([record.path for record in records])
        _check_twins([record.stored_path for record in records])
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}.") from None
    except FormatError as error:
        raise FormatError(f"{path}: {str(error).rstrip('.').removeprefix(f'{path}: ')}.") from None
    for record in records:
        try:
            size = within(folder, record.stored_path).stat().st_size
        except OSError as error:  # its path, with the folder's before it, may be too long
            raise XoroptError(f"{folder}: '{shown(record.stored_path)[:80]}': {reason_of(error)}.") from None
        if size != record.stored_size:
            raise FormatError(
                f"{folder / record.stored_path}: has {size} bytes, not {record.stored_size}; get it again."
            )
    return records


def _check_twins(paths: list[str]) -> None:
    named = set(paths)
    if len(named) != len(paths):
        raise FormatError("names a file twice")
    for path in paths:
        if any(str(parent) in named for parent in PurePosixPath(path).parents):
            raise FormatError(f"names '{shown(path)}' within a file")


def _record(entry: Any) -> FileRecord:
    sums = get(entry, "sha256", str), get(entry, "stored_sha256", str)
    if not all(SHA256.fullmatch(value) for value in sums):
        raise FormatError("the description lacks a valid 'sha256'")
    sizes = (non_negative_int(get(entry, key, int), key) for key in ("size", "stored_size"))
    size, stored = sizes
    compressed = get(entry, "compressed", bool)
    if not compressed and (size != stored or sums[0] != sums[1]):
        raise FormatError("a copy differs from its original")
    return FileRecord(check_path(get(entry, "path", str)), compressed, size, sums[0], stored, sums[1])
