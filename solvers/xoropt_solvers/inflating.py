"""NumPy's archives that would inflate to far more than they are: found before any of their bytes is unpacked."""

import zipfile
from pathlib import Path

__all__ = ["fault_of_inflating"]

LEAST = 1 << 30
"""The bytes to which every archive may inflate."""
FACTOR = 200
"""How many times its own size a larger one may: deflate stores a number at most 1,032 times smaller, zeros alone."""


def fault_of_inflating(path: Path) -> str | None:
    """Say what is wrong with an archive that inflates to more than 1 GiB and 200 times its size; None where it doesn't.

    What is damaged has no such fault: whoever reads it says so.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    size = path.stat().st_size
    if total <= max(LEAST, FACTOR * size):
        return None
    return (
        f"would inflate from {size} to {total} bytes; if you trust it, save its arrays anew with numpy.savez, which "
        "does not deflate them"
    )
