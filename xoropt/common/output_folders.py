"""Several text files in one folder, which appear together or not at all."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from xoropt.common.errors import XoroptError
from xoropt.common.files import place, reason_of, unfinished

__all__ = ["check_folder", "write_folder"]


def check_folder(folder: str | os.PathLike[str], names: Iterable[str], overwrite: bool = False) -> None:
    """Check that files of these names can be new in a folder.

    Args:
        folder: the folder, which need not exist.
        names: of the files.
        overwrite: allow files that exist to be replaced.

    Raises:
        XoroptError: one is there already, `folder` is a file, or the folder that it would lie in is missing.
    """
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
        raise XoroptError(f"{folder}: {reason_of(error)}; name another folder.") from None
    except (RuntimeError, ValueError) as error:  # a circle of links; a name with a null character
        raise XoroptError(f"{folder}: is no name of a folder ({error}); name another one.") from None


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, str], overwrite: bool = False) -> None:
    """Write text files into a folder, which is made if it is not there.

    They are written to another place first, so that on a full disk none appears.

    Args:
        folder: where the files are to be.
        files: their texts, by name.
        overwrite: replace files that exist.

    Raises:
        XoroptError: files of these names can't be new there, see `check_folder`, or a write failed.
    """
    folder = Path(folder)
    check_folder(folder, files, overwrite)
    with unfinished(folder) as part:
        part.mkdir()
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        if not folder.exists():
            try:
                os.replace(part, folder)
                return
            except OSError:
                if not folder.exists():  # otherwise it has appeared in the meantime
                    raise
        _move_into(part, folder, [*files], overwrite)


def _move_into(part: Path, folder: Path, names: list[str], overwrite: bool) -> None:
    """Move files into a folder that is there; where one has appeared in the meantime, take those before it back."""
    done: list[Path] = []
    try:
        for name in names:
            place(part / name, folder / name, overwrite)
            done.append(folder / name)
    except XoroptError:
        for path in done:
            path.unlink(missing_ok=True)
        raise
