"""A file of JSON, a line for each object, that a killed process leaves whole but for its last line."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["AppendedLines"]


class AppendedLines:
    """A file that is read once and then appended to, each line on the disk before the next one.

    A killed process leaves at most one unfinished line, the last; it is cut off when the file is opened again.
    """

    def __init__(self, path: Path, take: Callable[[dict[str, Any]], None]) -> None:
        """Open the file, or make it, and pass on what it holds.

        Args:
            path: the file.
            take: gets each line's object; it raises ValueError, TypeError, KeyError or AttributeError for another.

        Raises:
            OSError: the file cannot be opened or written.
            ValueError: a line is none; the text is the file and the line.
        """
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            data = path.read_bytes()
            whole = data.rfind(b"\n") + 1
            for number, line in enumerate(data[:whole].splitlines(), 1):
                try:
                    take(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
                    raise ValueError(f"{path}: line {number}") from None
            os.ftruncate(self._file, whole)
        except BaseException:
            self.close()
            raise

    def append(self, line: dict[str, Any]) -> None:
        """Write a line.

        Raises:
            OSError: it was not written whole.
        """
        assert self._file is not None
        data = (json.dumps(line) + "\n").encode()
        if os.write(self._file, data) != len(data):
            raise OSError(errno.ENOSPC, "no space left")
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
