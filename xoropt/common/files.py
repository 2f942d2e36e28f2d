"""Files in general: what may be written where, whole or not at all; texts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from safetensors import SafetensorError
from xoropt_solvers.absent import reason_of_reading

from xoropt.common.errors import FormatError, XoroptError

__all__ = ["check_new", "check_readable", "place", "read_text", "reason_of", "unfinished", "whole_file"]


WHOLE = " (in Python open_checkpoint, verify_checkpoint and decompress_checkpoint take a folder)"


def check_readable(path: Path) -> None:
    """Raise XoroptError unless the path is a file; reading a pipe would block, and it can't be read twice."""
    try:
        if path.is_file():
            return
        if not path.exists():
            path.stat()  # which says why
        reason = "is not a file but a device or a pipe; name a file"
        if path.is_dir():
            within = next(iter(sorted(inner.name for inner in path.glob("*.safetensors"))), None)
            reason = "is not a file but a folder; name a file" + (f" in it, such as {within}{WHOLE}" if within else "")
    except OSError as error:
        reason = reason_of_reading(error, path)
    except (RuntimeError, ValueError) as error:  # a circle of links; a name with a null character
        reason = f"is no name of a file ({error})"
    raise XoroptError(f"{path}: {reason}.")


def read_text(path: str | os.PathLike[str], otherwise: str) -> str:
    """Read a UTF-8 text file.

    Args:
        path: the file.
        otherwise: the message where it is not text: what the file should be, and how to fix it.

    Raises:
        XoroptError: the file cannot be read.
        FormatError: it is not text.
    """
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of_reading(error, path)}.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path}: {otherwise}") from None


def check_new(path: str | os.PathLike[str], overwrite: bool) -> None:
    """Check that `path` can become a new file.

    Args:
        path: where the file is to be.
        overwrite: allow a file that exists to be replaced.

    Raises:
        XoroptError: it exists, is no plain file, or its folder is missing.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise XoroptError(f"{path}: is a folder; name a file.")
        if path.exists() and not path.is_file():
            raise XoroptError(f"{path}: is a device or a pipe; name a file.")
        if os.path.lexists(path) and not overwrite:
            raise XoroptError(
                f"{path}: exists already; name another file or pass --force (overwrite=True) to replace it."
            )
        if not path.parent.is_dir():
            raise XoroptError(f"{path.parent}: no such folder; make it first or name another.")
        if path.is_symlink():
            with suppress(FileNotFoundError):  # a link stays, what it points to is replaced
                path.stat()  # which tells a circle of links; `resolve` does so before Python 3.13 alone
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}; name another file.") from None
    except (RuntimeError, ValueError) as error:  # a circle of links; a name with a null character
        raise XoroptError(f"{path}: is no name of a file ({error}); name another file.") from None


_COUNT = count()


@contextmanager
def unfinished(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a place beside `path` for a file or folder that is still being written.

    The place is unique to this process and has a short name. The block moves what it made there to `path` as its last
    step; what is left there when the block ends, well or not, is removed.

    Raises:
        XoroptError: a write within the block failed (a full disk, no permission); the message names `path`.
    """
    part = Path(path).absolute().parent / f".xoropt-{os.getpid()}-{next(_COUNT)}.part"
    try:
        yield part
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of(error)}; nothing was written.") from None
    except SafetensorError as error:
        raise XoroptError(f"{path}: could not be written ({error}); nothing was written.") from None
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


@contextmanager
def whole_file(path: str | os.PathLike[str], overwrite: bool = False) -> Iterator[Path]:
    """Give a place beside `path` to write a file to, which becomes `path` when the block ends well.

    Raises:
        XoroptError: `path` can't become a new file, see `check_new`, or a write failed (a full disk, no permission).
    """
    check_new(path, overwrite)
    path = Path(path).resolve()
    with unfinished(path) as part:
        part.touch()
        mode = part.stat().st_mode
        yield part
        part.chmod(mode)  # safetensors makes its files readable by their owner alone
        place(part, path, overwrite)


def place(part: Path, path: Path, overwrite: bool) -> None:
    """Move a finished file to its place, as the last step of writing it.

    Args:
        part: the file, in the same file system.
        path: where it is to be.
        overwrite: replace a file that is there. Without it the step fails where one has appeared since the output was
            checked, so that of several programs that write one output only one succeeds.

    Raises:
        XoroptError: `path` has appeared in the meantime.
        OSError: the system refuses.
    """
    if overwrite:
        os.replace(part, path)
        return
    try:
        try:
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: claim the name, which fails where it exists, and replace that
            path.touch(exist_ok=False)
            os.replace(part, path)
    except FileExistsError:
        raise XoroptError(
            f"{path}: has appeared in the meantime; name another file or pass --force (overwrite=True) to replace it."
        ) from None


def reason_of(error: OSError) -> str:
    """Say in a few words why the system refused: the text that follows a file's name in a message."""
    return error.strerror or str(error) or type(error).__name__
