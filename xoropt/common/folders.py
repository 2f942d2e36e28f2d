"""Several text files in one folder, all or none."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from xoropt.common.errors import XoroptError
from xoropt.common.files import part_beside

__all__ = ["check_folder", "write_folder"]


def check_folder(folder: str | os.PathLike[str], names: Iterable[str], overwrite: bool = False) -> None:
    """XoroptError when files of these names can't be new in the folder: one is there already, or `folder` is a file,
    or the folder that it would lie in is missing."""
    folder = Path(folder)
    try:
        if os.path.lexists(folder) and not folder.is_dir():
            raise XoroptError(f"{folder}: is a file; name a folder.")
        if not folder.absolute().parent.is_dir():
            raise XoroptError(f"{folder.parent}: no such folder; make it first or name another.")
        for name in names:
            if (folder / name).is_dir():
                raise XoroptError(f"{folder / name}: is a folder; name another folder.")
            if os.path.lexists(folder / name) and not overwrite:
                raise XoroptError(
                    f"{folder / name}: exists already; name another folder or pass --force (overwrite=True)."
                )
    except OSError as error:
        raise XoroptError(f"{folder}: {error.strerror or error}; name another folder.") from None


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, str], overwrite: bool = False) -> None:
    """Write text files, by name, into a folder, which is made if it is not there.

    They are written beside it first, so that on a full disk none appears.

    Raises:
        XoroptError: as `check_folder`, or the write fails.
    """
    folder = Path(folder)
    check_folder(folder, files, overwrite)
    part = part_beside(folder.absolute())
    try:
        part.mkdir()
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        if folder.exists():
            for name in files:
                os.replace(part / name, folder / name)
        else:
            os.replace(part, folder)
    except OSError as error:
        raise XoroptError(f"{folder}: {error.strerror or error}; nothing was written.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
