"""The files of a folder, and what is wrong with them as files: links that lead out, names that others cannot have."""

import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from xoropt.checkpoints.manifest import MANIFEST, FileRecord, fault_of_path
from xoropt.common.errors import FormatError, XoroptError, XoroptWarning
from xoropt.common.files import reason_of
from xoropt.common.foreign_text import listed

__all__ = ["list_files", "warn_of_strangers"]

LEFT_OUT = (".git",)
"""Folders that are no part of a checkpoint."""
TO_NOTHING = "has symbolic links to nothing", "remove them or get the files"
OUT = "has symbolic links out of the folder", "copy the folder with 'cp -rL' and name that"
NO_FILE = "has what is no plain file", "leave it out of the folder"


def list_files(folder: Path, to_copy: bool = True) -> list[str]:
    """Return the paths of all files within a folder, sorted.

    Args:
        folder: the folder.
        to_copy: whether its files are to be copied, and stored under their names; otherwise they are only read, and
            names of every kind and links to files elsewhere are all right.

    Raises:
        FormatError: there are links to nothing or out of the folder, devices, or names that another system can't have;
            the message lists all of the first kind that is found.
        XoroptError: a folder cannot be read.
    """
    found = []
    faults: dict[tuple[str, str], list[str]] = {}
    root = folder.resolve()
    for within in _walk(folder):
        fault = _fault_of_file(folder / within, root, to_copy)
        if fault is None and to_copy and within != MANIFEST and (wrong := fault_of_path(within)):
            fault = f"has names with {wrong}", "rename those files"
        if fault is None:
            found.append(within)
        else:
            faults.setdefault(fault, []).append(within)
    for (what, mend), names in faults.items():
        raise FormatError(f"{folder}: {what}: {listed(sorted(names))}; {mend}.")
    return sorted(found)


def _walk(folder: Path) -> Iterator[str]:
    """Yield the paths of all files within a folder, and of links to folders."""

    def refuse(error: OSError) -> None:
        raise XoroptError(f"{error.filename or folder}: {reason_of(error)}.")

    for place, inner, files in os.walk(folder, onerror=refuse):
        inner[:] = [name for name in inner if name not in LEFT_OUT]
        for name in [*files, *(name for name in inner if (Path(place) / name).is_symlink())]:
            yield (Path(place) / name).relative_to(folder).as_posix()


def warn_of_strangers(folder: Path, records: Iterable[FileRecord]) -> None:
    """Warn of files in a compressed folder that are not its own: nothing is done with them.

    Args:
        folder: the compressed folder.
        records: its files.

    Warns:
        XoroptWarning: there are some; all are named.
    """
    own = {MANIFEST, *(record.stored_path for record in records)}
    if strangers := sorted(path for path in _walk(folder) if path not in own):
        text = f"{folder}: holds files that were not there when it was compressed, left out: {listed(strangers)}."
        warnings.warn(text, XoroptWarning, stacklevel=3)


def _fault_of_file(path: Path, root: Path, to_copy: bool) -> tuple[str, str] | None:
    """Say what is wrong with a file, and how to mend it.

    Links of a Hugging Face cache lead out of the folder, to its own `blobs`, and are all right.
    """
    if path.is_symlink():
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            return TO_NOTHING
        cached = root.parent.name == "snapshots" and target.parent == root.parent.parent / "blobs"
        if to_copy and not cached and not target.is_relative_to(root):
            return OUT
        if not to_copy and target.is_dir():
            return OUT
    return None if path.is_file() else NO_FILE
