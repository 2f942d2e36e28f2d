"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xoropt_solvers.errors import FileFormatError

__all__ = ["Place", "replacing", "write_lines"]

Place = str | os.PathLike[str]


def write_lines(path: Place, lines: list[str]) -> None:
    with replacing(path) as temporary:
        Path(temporary).write_text("\n".join([*lines, ""]), encoding="utf-8")


@contextmanager
def replacing(path: Place) -> Iterator[str]:
    """Yield a file beside `path` that replaces it when the body is done: the output appears whole or not at all."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be written: {error.strerror or error}.") from error
    os.close(handle)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
