"""Where numba keeps compiled kernels: a place is found where neither the packages' folders nor HOME can be written.

Without a place numba refuses to make a kernel at all. A folder for temporary files takes its place, one for each user,
which later runs use again; where there is none either, kernels are compiled anew in every process.
"""

import atexit
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

__all__ = ["ensure_place", "found_instead", "writable"]

VARIABLE = "NUMBA_CACHE_DIR"
_SAID: list[str] = []


def found_instead() -> str | None:
    """Return what to say about a place that was made by this process, or that there is none; None: all is as usual."""
    return _SAID[0] if _SAID else None


def ensure_place(package: Path) -> None:
    """Tell numba another folder for its cache, unless it finds one by itself.

    Args:
        package: the folder of a package whose kernels are cached; numba looks beside each kernel first.
    """
    if os.environ.get(VARIABLE) or writable(package / "__pycache__") or writable(_users_folder()):
        return
    folder = _temporary_folder()
    if folder is None:
        _do_not_cache()
        _SAID.append("compiled kernels can't be kept: no folder can be written; each run compiles anew, for seconds.")
        return
    os.environ[VARIABLE] = str(folder)  # for the processes that this one starts, too
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = str(folder)


def _users_folder() -> Path:
    """The folder for caches in the user's home, as numba chooses it on Linux; elsewhere home itself tells as much."""
    kept = os.environ.get("XDG_CACHE_HOME")
    return Path(kept or os.path.expanduser("~/.cache")) / "numba"


def writable(folder: Path) -> bool:
    """Tell whether files can be made in a folder, or the folder itself where it is not there yet."""
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    except (OSError, StopIteration):
        return False


def _temporary_folder() -> Path | None:
    """Make or find the user's own folder among the temporary files; None where nothing can be written."""
    try:
        folder = Path(tempfile.gettempdir()) / f"xoropt-numba-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        try:
            folder.mkdir(mode=0o700)
            _SAID.append(f"compiled kernels are kept in {folder}: neither the package nor HOME can be written.")
        except FileExistsError:
            if not _is_own(folder):  # someone else could put code there: numba runs what it finds in its cache
                folder = Path(tempfile.mkdtemp(prefix="xoropt-numba-"))
                atexit.register(shutil.rmtree, folder, ignore_errors=True)
    except OSError:
        return None
    return folder


def _is_own(folder: Path) -> bool:
    """Tell whether a folder belongs to this user alone, and is no link."""
    found = os.lstat(folder)
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISDIR(found.st_mode) and mine and not found.st_mode & 0o077 and os.access(folder, os.W_OK | os.X_OK)


def _do_not_cache() -> None:
    """Let numba ignore that kernels ask to be cached, as it would refuse them."""
    from numba.core import dispatcher

    setattr(dispatcher.Dispatcher, "enable_caching", lambda self: None)  # noqa: B010 (a method, for type checkers)
